"""The team, the history, the search and the keys in a real browser: by hand, by key, without JavaScript, under axe."""

import pytest
from sqlalchemy import select

from app.accounts import service
from app.accounts.models import Organizer, Role
from app.accounts.team import invite
from app.core.addresses import normalise
from app.core.clock import utc_now
from app.core.db import transaction
from app.core.i18n import Texts
from app.events.service import apply_changes
from app.history.service import Actor
from tests.journeys.test_axe import DARK
from tests.support.factories import sign_up_as

EVENT = "/organizer/events/spring"
PAGES = {
    "overview": "/organizer/",
    "team": "/organizer/team",
    "history": "/organizer/history",
    "history, nothing": "/organizer/history?what=event.cancelled",
    "search": "/organizer/search?q=spring",
    "search, nothing": "/organizer/search?q=nothing-of-the-kind",
    "keyboard": "/organizer/keyboard",
    "team of an event": f"{EVENT}/team",
    "history of an event": f"{EVENT}/history",
}

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)


@pytest.fixture
def site(make_event, make_server, db):
    """The running site with an event, an owner, and somebody who was invited."""
    event = make_event("spring", title=Texts(zh="春日会", en="Spring meetup"))
    sign_up_as(event, "guest")
    service.add_organizer(normalise("ada@example.com"), name="Ada", now=utc_now())
    by = Actor(db.scalars(select(Organizer.id)).one(), None)
    invite(normalise("eve@example.com"), Role.EDITOR, name="Eve", language="en", by=by, now=utc_now())
    with transaction():
        apply_changes(event, {"title": Texts(zh="夏日会", en="Spring and summer"), "summary": Texts(en="x" * 500)},
                      by=by, now=utc_now())  # fmt: skip
    with make_server() as server:
        yield server


def enter(page):
    link = service.link_for_command(normalise("ada@example.com"), now=utc_now())
    page.goto(f"/organizer/sign-in/{link}")
    with page.expect_navigation():
        page.locator("main form button").click()


@pytest.mark.parametrize(("locale", "width"), [("zh-CN", 375), ("en-GB", 1280)])
def test_axe_finds_nothing_on_the_organizers_pages(site, page_at, axe, locale, width):
    page = page_at(width, locale=locale, base_url=site.base_url)
    enter(page)
    found = {}

    for name, path in PAGES.items():
        page.goto(path)
        found[name] = axe(page)
        page.emulate_media(color_scheme="dark")
        found[f"{name}, dark"] = page.evaluate(DARK)
        page.emulate_media(color_scheme="light")

    assert {name: lines for name, lines in found.items() if lines} == {}


def test_no_page_for_organizers_scrolls_sideways(site, page_at):
    page = page_at(base_url=site.base_url)
    enter(page)
    too_wide = {}

    for name, path in PAGES.items():
        page.goto(path, wait_until="load")
        for width in (320, 375, 768):
            page.set_viewport_size({"width": width, "height": 800})
            overhang = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if overhang > 0:
                too_wide[f"{name} at {width}"] = overhang

    assert too_wide == {}


# Texts that begin less than four pixels from the frame around them.
TOUCHING = """() => [...document.querySelectorAll("main *, dialog[open]")].filter(frame => {
    const style = getComputedStyle(frame), box = frame.getBoundingClientRect();
    if (style.borderLeftStyle === "none" || parseFloat(style.borderLeftWidth) === 0 || box.width === 0) return false;
    const texts = document.createTreeWalker(frame, NodeFilter.SHOW_TEXT), range = document.createRange();
    while (texts.nextNode()) {
        if (!texts.currentNode.data.trim()) continue;
        range.selectNodeContents(texts.currentNode);
        const text = range.getBoundingClientRect();
        if (text.width > 1 && text.left - box.left < 4) return true;
    }
    return false;
}).map(frame => frame.outerHTML.slice(0, 80))"""


def test_no_text_touches_the_frame_around_it(site, page_at):
    page = page_at(base_url=site.base_url)
    enter(page)
    touching = {}

    for name, path in {**PAGES, "account": "/organizer/account/"}.items():
        page.goto(path)
        touching[name] = page.evaluate(TOUCHING)
    page.keyboard.press("?")
    assert page.locator("dialog").is_visible()
    touching["the list of keys"] = page.evaluate(TOUCHING)

    assert {name: frames for name, frames in touching.items() if frames} == {}


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_the_menu_of_an_event_shows_on_a_phone_where_one_is(site, page_at, locale):
    page = page_at(320, locale=locale, base_url=site.base_url)
    enter(page)

    page.goto(f"{EVENT}/history")

    tab = page.locator(".tabs [aria-current]").bounding_box()
    assert tab["x"] >= 0
    assert tab["x"] + tab["width"] <= 320


def test_keys_lead_to_the_search_and_to_their_list(site, page_at, axe):
    page = page_at(base_url=site.base_url)
    enter(page)
    focused, dialog = page.locator(":focus"), page.locator("dialog")

    page.keyboard.press("?")
    assert dialog.is_visible()
    assert axe(page) == []
    page.keyboard.press("/")
    assert dialog.is_visible()
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
    page.keyboard.press("/")
    assert focused.get_attribute("id") == "search-all"
    page.keyboard.type("a/b?")
    assert page.locator("#search-all").input_value() == "a/b?"
    assert not dialog.is_visible()
    page.keyboard.press("Escape")
    assert focused.count() == 0


def test_keys_can_be_switched_off_and_stay_off(site, page_at):
    page = page_at(base_url=site.base_url)
    enter(page)
    page.goto("/organizer/keyboard")

    page.get_by_label("Use the keys of one letter or sign").uncheck()
    page.goto("/organizer/")
    page.keyboard.press("?")
    page.keyboard.press("/")

    assert not page.locator("dialog").is_visible()
    assert page.locator("#search-all:focus").count() == 0
    page.goto("/organizer/keyboard")
    assert not page.get_by_label("Use the keys of one letter or sign").is_checked()


def test_team_and_undo_work_without_javascript(site, page_at):
    page = page_at(375, javascript=False, base_url=site.base_url)
    enter(page)
    page.goto("/organizer/team")

    page.get_by_role("link", name="Change Eve").click()
    page.get_by_label("Door: check-in only").check()
    page.get_by_role("button", name="Save the role").click()
    changed = page.locator(".team-line", has_text="eve@example.com").locator("strong").inner_text()
    page.get_by_role("status").get_by_role("button", name="Undo").click()
    undone = page.locator(".team-line", has_text="eve@example.com").locator("strong").inner_text()
    told = page.get_by_role("status").inner_text()
    page.locator("#search-all").fill("summer")
    page.locator("#search-all").press("Enter")

    assert (changed, undone, told) == ("Door", "Editor", "Undone · Eve")
    assert page.get_by_role("link", name="Spring and summer").is_visible()
    page.goto("/organizer/keyboard")
    assert not page.get_by_label("Use the keys of one letter or sign").is_visible()
