"""Lists are chosen, frozen, handed over and taken without a script; every page of it under axe-core, on a phone."""

import csv
from pathlib import Path

import pytest

from app.attendees.wanted import Wanted
from app.core.clock import utc_now
from app.core.i18n import Texts
from app.exports import handing_over, layouts, schedules, venue
from app.exports.columns import Column
from app.exports.queries import layout
from app.history.service import Actor
from app.registrations.models import Purpose, QuestionKind, RegistrationState
from app.registrations.queries import all_questions_of
from app.registrations.rules import token_of
from tests.journeys.test_axe_organizers import LOCALES, Looking, enter
from tests.registrations.test_purposes import ID_CARD
from tests.support.factories import add_question, sign_up_as
from tests.support.world import organizer_named

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)

BASE = "/organizer/events/meetup/exports"
MEALS = [
    {"value": "vegan", "label": {"zh": "纯素", "en": "Vegan"}},
    {"value": "halal", "label": {"zh": "清真", "en": "Halal"}},
]


@pytest.fixture
def event(make_event):
    event = make_event("meetup", capacity=3)
    add_question(event, "company", purpose=Purpose.COMPANY, label=Texts(zh="公司", en="Company"))
    add_question(
        event,
        "id",
        purpose=Purpose.ID_NUMBER,
        is_after_acceptance=True,
        is_masked=True,
        is_required=True,
        keep_days=7,
        label=Texts(zh="证件号码", en="ID number"),
    )
    add_question(
        event,
        "meal",
        kind=QuestionKind.ONE_CHOICE,
        purpose=Purpose.DIET,
        options=MEALS,
        label=Texts(zh="你吃什么？", en="What do you eat?"),
    )
    add_question(event, "words", purpose=Purpose.DIET, label=Texts(zh="还有什么不能吃？", en="Anything else?"))
    add_question(
        event,
        "acme",
        purpose=Purpose.SPONSOR_CONSENT,
        label=Texts(zh="可以把我的信息给 Acme", en="Acme may have my details"),
    )
    return event


@pytest.fixture
def people(event):
    ids = {question.key: question.id for question in all_questions_of(event.id)}
    answers = {ids["company"]: "云原生科技", ids["id"]: ID_CARD, ids["meal"]: "vegan", ids["acme"]: True}
    return [sign_up_as(event, "wang", full_name="王芳", answers=answers), sign_up_as(event, "bob", full_name="Bob")]


def test_axe_finds_nothing_on_the_pages_of_exports(app, event, people, make_server, page_at, axe):
    found = {}
    with make_server() as server:
        for locale in LOCALES:
            looking = Looking(page_at(375, locale=locale, base_url=server.base_url, javascript=True), axe, locale)
            enter(looking.page)
            paths = prepared(event)
            for name, path in paths.items():
                looking.visit(name, path)
            looking.page.goto(BASE)
            looking.page.locator("[name=use]").first.uncheck()
            looking.page.locator("#name").fill("")
            looking.press(".keep-as button")
            assert looking.page.get_by_role("alert").is_visible()
            looking.look("a layout without a name")
            looking.page.goto(f"{BASE}/venue/1")
            looking.page.locator("#label").fill("前台 / Front desk")
            looking.press("#links ~ form button")
            assert looking.page.locator("code.long").is_visible()
            looking.look("a link that was made")
            for number, registration in enumerate(people):
                looking.visit(f"own page {number}", f"/r/{token_of(registration)}")
            found |= looking.found

    assert found == {}


def prepared(event):
    """Return the pages to look at, with whatever they can show."""
    by = Actor(organizer_id=organizer_named("ada@example.com").id)
    layout_id = layouts.save(event.id, "Door", [Column("name"), Column("email")], "csv", by=by, now=utc_now())
    wanted = Wanted(states=(RegistrationState.CONFIRMED,), ticket_types=(event.ticket_types[0].id,))
    schedules.add(event, layout(event.id, layout_id), wanted, by=by, now=utc_now())
    frozen = venue.frozen_list(
        event.id, venue.freeze(event, {"q_company", "q_id"}, language="zh", by=by, now=utc_now())
    )
    secret = handing_over.make_link(frozen, "Front desk", days=3, by=by, now=utc_now())
    sign_up_as(event, f"later-{frozen.version}")
    return {
        "exports": BASE,
        "filtered, with a layout": f"{BASE}?status=confirmed&lacks=answers&q=a&layout={layout_id}",
        "a daily list": f"{BASE}/schedules/1",
        "venue lists": f"{BASE}/venue",
        "a frozen list": f"{BASE}/venue/{frozen.version}",
        "sponsors": f"{BASE}/sponsors",
        "kitchen": f"{BASE}/kitchen?names=yes",
        "a list handed over": f"/lists/{secret}",
        "a made-up link": "/lists/made-up",
        "a new question": "/organizer/events/meetup/sign-up/questions/new",
    }


def test_a_venue_takes_its_list_once_without_a_script(event, people, make_server, page_at):
    with make_server() as server:
        page = page_at(375, javascript=False, base_url=server.base_url)
        enter(page)
        page.goto(f"{BASE}/venue")
        press(page, "Freeze the list now")
        page.get_by_label("For whom").fill("Front desk")
        press(page, "Make a link")
        address = page.locator("code.long").inner_text()
        guest = page_at(375, javascript=False, base_url=server.base_url)
        guest.goto(address.replace("http://127.0.0.1:8000", server.base_url))
        with guest.expect_download() as download:
            guest.get_by_role("button", name="Take the list as CSV").click()
        rows = list(csv.reader(Path(download.value.path()).read_text("utf-8-sig").splitlines()))
        guest.reload()
        again = guest.locator("main").inner_text()

    assert rows[1:] == [["Bob", "", ""], ["王芳", "云原生科技", ID_CARD]]
    assert "has been taken with this link already" in again


def test_columns_are_ordered_kept_and_taken_without_a_script(event, people, make_server, page_at):
    with make_server() as server:
        page = page_at(375, javascript=False, base_url=server.base_url)
        enter(page)
        page.goto(BASE)
        for box in page.locator("[name=use]").all():
            box.uncheck()
        page.locator("#use-name").check()
        page.locator("#use-q_company").check()
        page.locator("#place-name").fill("2")
        page.locator("#place-q_company").fill("1")
        page.get_by_label("CSV").check()
        page.locator("#name").fill("Badges")
        press(page, "Keep as a layout")
        with page.expect_download() as download:
            page.get_by_role("link", name="Download Badges").click()
        rows = list(csv.reader(Path(download.value.path()).read_text("utf-8-sig").splitlines()))

    assert rows == [["Company", "Name"], ["云原生科技", "王芳"], ["", "Bob"]]


def test_columns_are_moved_by_buttons_and_by_their_numbers(event, people, make_server, page_at):
    with make_server() as server:
        page = page_at(1280, locale="en-GB", base_url=server.base_url)
        enter(page)
        page.goto(BASE)
        before = page.locator("[data-columns] li").evaluate_all("rows => rows.map((row) => row.dataset.name)")
        page.get_by_role("button", name=f"Down: {before[0]}", exact=True).press("Enter")
        page.keyboard.press("Enter")
        said = page.locator("[data-live]").inner_text()
        page.get_by_label(f"Place of “{before[1]}”").fill("99")
        page.keyboard.press("Tab")
        after = page.locator("[data-columns] li").evaluate_all("rows => rows.map((row) => row.dataset.name)")
        numbers = page.locator(".place").evaluate_all("fields => fields.map((field) => field.value)")
        page.get_by_label("CSV").check()
        with page.expect_download() as download:
            page.get_by_role("button", name="Download", exact=True).click()
        head = next(csv.reader(Path(download.value.path()).read_text("utf-8-sig").splitlines()))

    assert said == f"{before[0]}: place 3"
    assert after == [before[2], before[0], *before[3:], before[1]]
    assert numbers == [str(number) for number in range(1, len(before) + 1)]
    assert head[:2] == [before[2], before[0]]
    assert head[-1] == before[1]


@pytest.mark.parametrize("javascript", [True, False])
def test_a_phone_speaks_of_numbers_only_where_they_are_what_orders(event, people, make_server, page_at, javascript):
    with make_server() as server:
        page = page_at(375, locale="en-GB", base_url=server.base_url, javascript=javascript)
        enter(page)
        page.goto(BASE)
        spoken_of = page.get_by_text("The numbers say in which order").is_visible()
        shown = page.locator(".place").first.is_visible()

    assert (spoken_of, shown) == (not javascript, not javascript)


def press(page, name):
    with page.expect_navigation():
        page.get_by_role("button", name=name).click()
