"""What organizers type into any long form is kept until it is saved, and for themselves alone; in a real browser."""

from dataclasses import dataclass

import pytest
from playwright.sync_api import expect

from app.accounts import service
from app.accounts.models import Organizer
from app.core.addresses import normalise
from app.core.clock import utc_now
from app.core.i18n import Texts
from app.core.versions import Seen
from app.events import pictures
from app.events.cover_choice import set_cover
from app.events.models import EventState, TicketType
from app.history.service import Actor
from app.registrations.models import Question
from tests.events.test_views_pictures import jpeg
from tests.journeys.test_editing import kept, kept_soon
from tests.support.factories import LONG_AGO, sign_up_as

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)

TYPED = "Typed for an hour"


@dataclass(frozen=True)
class Long:
    """A long form: where it stands, the field that is typed into, and what that holds at first and once saved."""

    path: str
    field: str
    first: str = ""
    saved: str | None = TYPED
    typed: str = TYPED
    is_shown_first: bool = False


def long_forms(ticket_type_id, question_id):
    """Return every form that is long to fill in, besides those of tests/journeys/test_editing.py."""
    base, sign_up = "/organizer/events/meetup", "/organizer/events/meetup/sign-up"
    return {
        "new ticket type": Long(f"{sign_up}/ticket-types/new", "#name-en", saved=""),
        "ticket type": Long(f"{sign_up}/ticket-types/{ticket_type_id}", "#name-en", "On site"),
        "new question": Long(f"{sign_up}/questions/new", "#label-en", saved=""),
        "question": Long(f"{sign_up}/questions/{question_id}", "#label-en", "Question 0"),
        "settings": Long(sign_up, "#opens", saved="2019-01-01T10:00", typed="2019-01-01T10:00"),
        "recap": Long("/organizer/events/past/recap", "#recap-en"),
        "words of a cover": Long("/organizer/events/pictured/cover", "#cover_alt-en", "A hall"),
        "move with a note": Long(f"{base}/schedule", "#note-en", saved="", is_shown_first=True),
        "cancellation": Long("/organizer/events/off/cancellation", "#reason-en", saved=None),
        "taken back": Long("/organizer/events/cancelled/cancellation", "#note-en", saved=None),
    }


@pytest.fixture
def forms(db, make_event):
    """The forms, and what they stand on."""
    sign_up_as(make_event("meetup", questions=[{}]), "guest")
    make_event("past", starts_at=LONG_AGO)
    pictured = make_event("pictured")
    make_event("off")
    make_event("cancelled", state=EventState.CANCELLED)
    service.add_organizer(normalise("olga@example.com"), name="Olga", now=utc_now())
    by = Actor(db.query(Organizer).one().id, None)
    words = Texts(en="A hall")
    set_cover(pictured.id, pictures.encode(jpeg()), words, seen=Seen.of({"cover_alt": Texts()}), by=by, now=utc_now())
    first = db.query(TicketType).order_by(TicketType.id).first()
    return long_forms(first.id, db.query(Question).one().id)


@pytest.fixture
def page(forms, make_server, page_at):
    """A page in which Olga is signed in."""
    with make_server() as server:
        page = page_at(1280, base_url=server.base_url)
        enter(page, "olga")
        yield page


def enter(page, name):
    address = normalise(f"{name}@example.com")
    service.add_organizer(address, name=name, now=utc_now())
    page.goto(f"/organizer/sign-in/{service.link_for_command(address, now=utc_now())}")
    with page.expect_navigation():
        page.locator("main button").click()


def save(page, form):
    if form.is_shown_first:
        page.locator("#starts").fill(page.locator("#starts").input_value().replace("T13:00", "T14:00"))
        with page.expect_navigation():
            page.locator("form[data-keep] button[type=submit]").last.click()
        expect(page.locator(form.field)).to_have_value(form.typed)
        expect(note_on(page)).to_have_count(0)
    with page.expect_navigation():
        page.locator("form[data-keep] button[type=submit]").nth(0 if form.is_shown_first else -1).click()


def note_on(page):
    return page.locator("form[data-keep] > .notice:has(button)")


def test_what_was_saved_is_kept_no_longer_and_the_next_visit_shows_what_is_there(page, forms):
    for name, form in forms.items():
        page.goto(form.path)
        page.locator(form.field).fill(form.typed)
        assert kept_soon(page), name

        save(page, form)

        expect(page.locator("[data-saved]")).to_be_visible()
        assert kept(page) == [], name
        page.goto(form.path)
        expect(note_on(page)).to_have_count(0)
        if form.saved is not None:
            expect(page.locator(form.field)).to_have_value(form.saved)


def test_what_was_typed_and_not_saved_is_offered_to_who_typed_it_and_to_nobody_else(page, forms):
    for number, form in enumerate(forms.values(), start=1):
        page.goto(form.path)
        page.locator(form.field).fill(form.typed)
        page.wait_for_function("number => localStorage.length === number", arg=number)

    # Somebody else at the same browser, where nobody signed out.
    enter(page, "eve")
    for form in forms.values():
        page.goto(form.path)
        expect(page.locator(form.field)).to_have_value(form.first)
        expect(note_on(page)).to_have_count(0)

    enter(page, "olga")
    for form in forms.values():
        page.goto(form.path)
        expect(note_on(page)).to_have_text("What you typed here before was not saved. It has been put back. Discard it")
        expect(page.locator(form.field)).to_have_value(form.typed)
        note_on(page).get_by_role("button").click()
        expect(page.locator(form.field)).to_have_value(form.first)
    assert kept(page) == []


def test_page_that_answers_a_form_offers_nothing(page, forms):
    page.goto(forms["new question"].path)
    page.locator("#label-en").fill("Drink?")
    page.locator("input[name=kind][value=one_choice]").check()

    with page.expect_navigation():
        page.get_by_role("button", name="More rows").click()

    expect(page.locator("#label-en")).to_have_value("Drink?")
    expect(note_on(page)).to_have_count(0)
    # Left there, it was not saved.
    page.goto(forms["new question"].path)
    expect(note_on(page)).to_be_visible()
    expect(page.locator("#label-en")).to_have_value("Drink?")
