"""Writing to attendees in a real browser: without JavaScript, on a phone, in both languages and themes, under axe."""

from datetime import timedelta

import pytest

from app.accounts import service as accounts
from app.core.addresses import normalise
from app.core.clock import utc_now
from app.history.service import THE_SITE
from app.messages import sending, service
from app.registrations.queries import registrations_of
from app.registrations.rules import news_token_of
from tests.journeys.test_axe import DARK
from tests.messages.sending import VALUES, run
from tests.support.factories import sign_up_as

EVENT = "/organizer/events/meetup"

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)


@pytest.fixture
def settings():
    return {"PUBLIC_URL": "http://127.0.0.1:8000"}


@pytest.fixture
def site(app, make_event, make_server):
    """The running site with messages in each state."""
    event = make_event("meetup", capacity=None)
    for name in ("bob", "cyd"):
        sign_up_as(event, name, language="en")
    now = utc_now()
    sent, scheduled = (service.create(event.id, VALUES, by=THE_SITE, now=now) for _ in range(2))
    sending.begin(event, sent, shown=2, revision=1, by=THE_SITE, now=now)
    run()
    noon = (event.starts_at - timedelta(days=1)).replace(hour=4)
    sending.schedule(event, scheduled, at=noon, revision=1, by=THE_SITE, now=now)
    with make_server() as server:
        yield server


def enter(page):
    address = normalise("ada@example.com")
    accounts.add_organizer(address, name="Ada", now=utc_now())
    page.goto(f"/organizer/sign-in/{accounts.link_for_command(address, now=utc_now())}")
    with page.expect_navigation():
        page.locator("main form button").first.click()


def test_a_message_is_written_looked_at_and_sent_without_javascript(site, page_at):
    page = page_at(375, javascript=False, base_url=site.base_url)
    enter(page)
    page.goto(f"{EVENT}/messages")

    page.get_by_role("link", name="New message").click()
    page.locator("#subject-en").fill("Which gate")
    page.locator("#body-en").fill("Hello {nam}")
    page.get_by_role("button", name="Save and preview").click()
    refused = page.get_by_role("alert").inner_text()
    page.locator("#body-en").fill("Hello {name}")
    page.get_by_role("button", name="Save and preview").click()
    shown = page.frame_locator(".letter-frame").locator("body").inner_text()
    page.get_by_role("link", name="Go on to sending").click()
    page.get_by_role("button", name="Send it to 2 people").click()

    assert "there is no placeholder {nam}. Did you mean {name}?" in refused
    assert "Hello bob" in shown
    assert "It is on its way." in page.get_by_role("status").inner_text()
    assert page.get_by_role("button", name="Stop the rest").is_visible()


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_axe_finds_nothing_on_the_pages_of_letters(site, page_at, axe, locale):
    page = page_at(375, locale=locale, base_url=site.base_url)
    enter(page)
    token = news_token_of(registrations_of("bob@example.com")[0])
    pages = {
        "a message on its way": f"{EVENT}/messages/1",
        "a message that is scheduled": f"{EVENT}/messages/2",
        "its preview": f"{EVENT}/messages/2/preview?who=nobody",
        "letters that wait": f"{EVENT}/letters?state=waiting",
        "no such letters": f"{EVENT}/letters?q=nobody",
        "letters of a message": f"{EVENT}/letters?message=1",
        "no more news": f"/n/{token}",
    }
    found = {}

    for name, path in pages.items():
        page.goto(path)
        found[name] = axe(page)
        page.emulate_media(color_scheme="dark")
        found[f"{name}, dark"] = page.evaluate(DARK)
        page.emulate_media(color_scheme="light")
        if (width := page.evaluate("document.documentElement.scrollWidth")) > 375:
            found[f"{name}, width"] = [str(width)]

    assert {name: lines for name, lines in found.items() if lines} == {}
