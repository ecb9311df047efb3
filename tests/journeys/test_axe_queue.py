"""The pages of the queue, of places passed on, of reminders and of one attendee, under axe-core and on a phone."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.core.addresses import normalise
from app.core.clock import utc_now
from app.core.db import db as database
from app.core.i18n import Texts
from app.registrations import transfers
from app.registrations.models import Registration, Transfer
from app.registrations.rules import reminders_token_of, token_of, transfer_token_of
from app.registrations.service import cancel
from app.registrations.transfers import Receiver
from tests.journeys.test_axe import DARK
from tests.support.factories import LONG_AGO, sign_up_as
from tests.support.organizers import signed_in

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)

LIST = "/organizer/events/meetup/attendees"


def own_pages(make_event):
    """Return the addresses of the pages that people open by a link."""
    event = make_event(capacity=2, offer_within_hours=24 * 60, questions=[{"key": "company", "is_required": True}])
    ada, bob, cyd, dan = (sign_up_as(event, name) for name in ("ada", "bob", "cyd", "dan"))
    transfers.pass_on(ada, Receiver("艾达", normalise("x@example.com")), language="zh", now=utc_now())
    transfer = database.session.scalars(select(Transfer)).one()
    cancel(bob, now=utc_now())
    return {
        "on its way": f"/r/{token_of(ada)}",
        "wants to leave": f"/r/{token_of(ada)}?leave=yes",
        "left": f"/r/{token_of(bob)}",
        "offered": f"/r/{token_of(cyd)}",
        "waiting": f"/r/{token_of(dan)}",
        "pass on": f"/r/{token_of(ada)}/transfer",
        "receive": f"/t/{transfer_token_of(transfer)}",
        "reminders": f"/u/{reminders_token_of(ada)}",
    }


def past_events(make_event):
    """Make events that tell how many come."""
    for number in range(3):
        starts_at = LONG_AGO + timedelta(days=30 * number)
        event = make_event(starts_at=starts_at)
        for name in ("ada", "bob", "cyd"):
            sign_up_as(event, name, now=starts_at - timedelta(days=1))
    database.session.execute(
        update(Registration).where(Registration.email_key != "ada@example.com").values(checked_in_at=LONG_AGO)
    )
    database.session.commit()


def look(page, axe, found, name):
    """Remember what is wrong with the page that is open."""
    found[name] = axe(page)
    page.emulate_media(color_scheme="dark")
    found[f"{name}, dark"] = page.evaluate(DARK)
    page.emulate_media(color_scheme="light")
    overhang = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    found[f"{name}, width"] = [overhang] if overhang > 0 else []


@pytest.mark.parametrize(("locale", "width"), [("zh-CN", 320), ("en-GB", 1280)])
def test_axe_finds_nothing_on_the_pages_behind_a_link(make_event, make_server, page_at, axe, locale, width):
    paths, found = own_pages(make_event), {}
    with make_server() as server:
        page = page_at(width, locale=locale, base_url=server.base_url)
        for name, path in paths.items():
            page.goto(path)
            look(page, axe, found, name)
        page.goto(paths["pass on"])
        with page.expect_navigation():
            page.locator("main form button[type=submit]").click()
        look(page, axe, found, "pass on, with mistakes")
        page.goto(paths["receive"])
        with page.expect_navigation():
            page.locator("main form button[type=submit]").click()
        look(page, axe, found, "receive, with mistakes")
        page.goto(paths["reminders"])
        with page.expect_navigation():
            page.locator("main form button[type=submit]").click()
        look(page, axe, found, "reminders stopped")

    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize(("locale", "width"), [("zh-CN", 320), ("en-GB", 1280)])
def test_axe_finds_nothing_on_the_page_of_an_attendee(app, make_event, make_server, page_at, axe, locale, width):
    past_events(make_event)
    kinds = [{"slug": "a", "capacity": 3}, {"slug": "b", "capacity": 1, "name": Texts(zh="线上", en="Online")}]
    event = make_event("meetup", ticket_types=kinds, questions=[{"key": "company"}])
    people = [sign_up_as(event, name) for name in ("ada", "bob", "cyd", "dan")]
    cookie = signed_in(app).get_cookie("juhui_session", path="/organizer")
    found = {}
    with make_server() as server:
        page = page_at(width, locale=locale, base_url=server.base_url)
        page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": f"{server.base_url}/organizer"}])
        page.goto(LIST)
        look(page, axe, found, "list with advice")
        page.goto(f"{LIST}/{people[3].code}")
        for summary in page.locator("details summary").all():
            summary.click()
        look(page, axe, found, "attendee, all decisions open")
        with page.expect_navigation():
            page.locator("form[action$=promotion] button").click()
        look(page, axe, found, "attendee, without a reason")
        page.locator("form[action$=promotion] input[name$=reason]").fill("a speaker's guest")
        page.locator("form[action$=promotion] input[type=checkbox]").check()
        with page.expect_navigation():
            page.locator("form[action$=promotion] button").click()
        look(page, axe, found, "attendee with a history")

    assert {name: lines for name, lines in found.items() if lines} == {}
