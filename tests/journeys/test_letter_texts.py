"""Changing what a letter says, in a real browser: without scripts on a phone, and what it answers under axe."""

import pytest

from app.core.clock import utc_now
from app.core.i18n import Texts
from app.core.versions import Seen
from app.history.service import THE_SITE
from app.wording.kinds import kind_named
from app.wording.queries import text_for, values_of
from app.wording.service import save
from tests.journeys.test_axe_organizers import LOCALES, Looking, enter

BASE = "/organizer/events/meetup/letters/texts"


@pytest.fixture
def event(make_event):
    return make_event("meetup", title=Texts(zh="云原生聚会 上海站", en="Cloud Native Meetup, Shanghai"))


def say(event, kind, **parts):
    present = values_of(event.id, kind_named(kind))
    save(event.id, kind, present | parts, seen=Seen.of(present), by=THE_SITE, now=utc_now())


def test_without_scripts_a_text_is_looked_at_refused_saved_and_given_up(event, make_server, page_at, db):
    with make_server() as server:
        page = page_at(375, javascript=False, base_url=server.base_url)
        enter(page)
        page.goto(BASE)
        page.get_by_role("link", name="Registered", exact=True).click()
        frame = page.frame_locator("iframe[name=letter]")
        frame.get_by_role("heading", name="Your place is confirmed").wait_for()

        # Look: the frame alone changes, what is typed stays.
        page.locator("#body-en").fill("# Welcome, {name}\n\nBring a badge.")
        page.get_by_role("button", name="Preview in English").click()
        frame.get_by_role("heading", name="Welcome, Han Meimei").wait_for()
        assert "Bring a badge." in page.locator("#body-en").input_value()
        page.get_by_role("button", name="Preview in Chinese").click()
        frame.get_by_role("heading", name="你已报名成功").wait_for()

        # A mistake is shown where it is.
        page.locator("#body-en").fill("# Welcome, {nmae}")
        page.get_by_role("button", name="Preview in English").click()
        frame.get_by_text("there is no placeholder {nmae}").wait_for()
        with page.expect_navigation():
            page.locator(".save-bar button").click()
        assert "Line 1, column 12" in page.get_by_role("alert").inner_text()

        page.locator("#body-en").fill("# Welcome, {name}")
        with page.expect_navigation():
            page.locator(".save-bar button").click()
        assert text_for(event.id, "confirmed", "en").body == "# Welcome, {name}"

        with page.expect_navigation():
            page.get_by_role("button", name="English: back to the standard text").click()
        db.rollback()
        assert text_for(event.id, "confirmed", "en") is None
        with page.expect_navigation():
            page.get_by_role("button", name="Undo").click()
        db.rollback()
        assert text_for(event.id, "confirmed", "en").body == "# Welcome, {name}"


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_axe_finds_nothing_on_what_the_pages_answer(event, make_server, page_at, axe):
    say(
        event,
        "confirmed",
        subject=Texts(zh="来吧：{event}", en="Come: {event}"),
        body=Texts(zh="你好 {name}", en="Hi {name}"),
    )
    found = {}

    with make_server() as server:
        for locale in LOCALES:
            looking = Looking(page_at(375, locale=locale, base_url=server.base_url), axe, locale)
            page = looking.page
            enter(page)
            looking.visit("a letter with a text of its own", f"{BASE}/confirmed")
            page.locator("#body-en").fill("{nmae}\n{event")
            looking.press(".save-bar button")
            looking.look("mistakes")
            page.goto(f"{BASE}/waiting")
            page.locator("#body-en").fill(f"Mine {locale}")
            say(event, "waiting", body=Texts(zh=f"他们的 {locale}", en=f"Theirs {locale}"))
            looking.press(".save-bar button")
            assert page.locator(".clashes").is_visible()
            looking.look("two who saved the same letter")
            found |= looking.found

    assert found == {}
