"""How an event takes sign-ups, in a real browser: organizers set it, visitors meet it; with scripts and without."""

import pytest
from playwright.sync_api import expect

from app.accounts import service
from app.core.addresses import normalise
from app.core.clock import utc_now
from app.core.i18n import Texts
from app.events.invitations import invite
from app.events.models import Visibility
from app.history.service import THE_SITE
from app.registrations.models import Question
from tests.registrations.samples import answers
from tests.registrations.test_conditions import asking
from tests.support.factories import sign_up_as, states

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)

BOTH = pytest.mark.parametrize(("width", "locale", "scheme"), [(375, "zh-CN", "dark"), (1280, "en-GB", "light")])


def sign_in(page):
    address = normalise("olga@example.com")
    service.add_organizer(address, name="Olga", now=utc_now())
    page.goto(f"/organizer/sign-in/{service.link_for_command(address, now=utc_now())}")
    page.locator("main button").click()
    expect(page.locator("h1")).to_be_visible()


@BOTH
def test_pages_of_the_sign_up_are_sound_in_every_state(
    db, make_event, make_server, page_at, axe, width, locale, scheme
):
    event = make_event("open", capacity=2, questions=asking(required=False), needs_approval=True)
    pending = [sign_up_as(event, name) for name in ("ada", "bob")]
    lunch = db.query(Question).filter_by(key="lunch").one().id
    secret = make_event("secret", visibility=Visibility.INVITATION)
    sign_up_as(make_event("full", capacity=1), "ada")
    invite(secret.id, label="Press", uses_max=3, expires_at=None, by=THE_SITE, now=utc_now())
    kind = event.ticket_types[0].id
    base = "/organizer/events/open/sign-up"
    paths = [
        base,
        f"{base}/ticket-types/new",
        f"{base}/ticket-types/{kind}",
        f"{base}/questions/new",
        f"{base}/questions/{lunch}",
        f"{base}/questions/{lunch}/removal",
        "/organizer/events/open/approvals",
        f"/organizer/events/open/approvals/decision?who={pending[0].id}&who={pending[1].id}",
        "/organizer/events/secret/invitations",
        "/organizer/events/open/attendees",
        "/events/secret",
        "/events/open",
    ]
    with make_server() as server:
        page = page_at(width, locale=locale, color_scheme=scheme, base_url=server.base_url)
        sign_in(page)
        found = {}
        for path in paths:
            page.goto(path)
            found[path] = axe(page)
            for narrow in (width, 320):
                page.set_viewport_size({"width": narrow, "height": 800})
                if page.evaluate("document.documentElement.scrollWidth") > narrow:
                    found[path].append(f"scrolls sideways at {narrow}")
            page.set_viewport_size({"width": width, "height": 800})

    assert {path: lines for path, lines in found.items() if lines} == {}


@pytest.mark.parametrize("javascript", [True, False])
def test_questions_that_count_for_some_are_met_with_and_without_scripts(
    db, make_event, make_server, page_at, javascript
):
    event = make_event(questions=asking())
    with make_server() as server:
        page = page_at(375, javascript=javascript, base_url=server.base_url)
        page.goto(f"/events/{event.slug}")
        diet, number = page.locator("#q_diet"), page.locator("#q_number")
        line = page.get_by_text("Only if you answered “Lunch?” with “Yes”.")
        seen = [diet.is_visible(), number.is_visible(), line.is_visible()]
        page.get_by_label("Yes").check()
        seen_after_yes = [diet.is_visible(), number.is_visible()]
        page.get_by_label("Vegan").check()
        page.get_by_label("How many").fill("3")
        seen_after_vegan = number.is_visible()
        page.get_by_label("No", exact=True).check()
        seen_after_no = [diet.is_visible(), number.is_visible()]
        page.locator("#name").fill("Ada")
        page.locator("#email").fill("ada@example.com")
        page.locator("#sign-up button[type=submit]").click()
        page.wait_for_url("**/registered*")

    assert seen == [not javascript, not javascript, not javascript]
    assert seen_after_yes == [True, not javascript]
    assert seen_after_vegan
    assert seen_after_no == [not javascript, not javascript]
    assert answers(db) == {"lunch": "no"}
    assert states(event) == {"ada": "confirmed"}


@pytest.mark.parametrize("javascript", [True, False])
def test_several_are_approved_by_the_keyboard_alone(make_event, make_server, page_at, javascript):
    event = make_event(capacity=1, needs_approval=True, title=Texts(en="Small"))
    for name in ("ada", "bob", "cyd"):
        sign_up_as(event, name)
    with make_server() as server:
        page = page_at(1280, javascript=javascript, base_url=server.base_url)
        sign_in(page)
        page.goto(f"/organizer/events/{event.slug}/approvals")
        boxes = page.locator("input[name=who]")
        for number in range(2):
            boxes.nth(number).focus()
            page.keyboard.press("Space")
        if javascript:
            expect(page.get_by_role("button", name="Decide on those ticked")).to_have_text("Decide on those ticked (2)")
        page.get_by_role("button", name="Decide on those ticked").focus()
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_contain_text("1 person gets a seat.")
        page.get_by_role("button", name="Approve 2 people").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("1 person has a seat.")

    assert states(event) == {"ada": "confirmed", "bob": "waiting", "cyd": "pending"}
