"""The life of an event in a browser: published, moved, cancelled, taken back, told; on a phone, without JavaScript."""

import re

import pytest
from playwright.sync_api import expect

from app.accounts import service
from app.core.addresses import normalise
from app.core.clock import utc_now
from app.events.models import EventState
from app.registrations.queries import event_for_sign_up
from tests.journeys.test_axe import DARK
from tests.support.factories import sign_up_as, soon

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)


def sign_in(page):
    address = normalise("ada@example.com")
    service.add_organizer(address, name="Ada", now=utc_now())
    page.goto(f"/organizer/sign-in/{service.link_for_command(address, now=utc_now())}")
    with page.expect_navigation():
        page.locator("main button").click()


def press(page, name):
    with page.expect_navigation():
        page.locator("main").get_by_role("button", name=name, exact=True).click()


def follow(page, name):
    with page.expect_navigation():
        page.locator("main").get_by_role("link", name=name, exact=True).click()


def test_event_is_led_through_its_life_on_a_phone_without_javascript(db, make_event, make_server, page_at):
    make_event("meetup", state=EventState.DRAFT, starts_at=soon())
    with make_server() as server:
        page = page_at(375, javascript=False, base_url=server.base_url)
        sign_in(page)

        follow(page, "Cloud native meetup 1")
        page.goto(page.locator(".preview-link a").get_attribute("href"))
        expect(page.get_by_role("note")).to_contain_text("This is a preview.")
        page.goto("/organizer/events/meetup")
        follow(page, "Publish …")
        press(page, "Publish now")
        expect(page.get_by_role("status")).to_have_text("The event is public now.")
        db.expire_all()
        sign_up_as(event_for_sign_up("meetup", now=utc_now()), "bob")

        follow(page, "Date and place")
        page.locator("#starts").fill(page.locator("#starts").input_value().replace("T13:00", "T14:00"))
        page.locator("[name=note-en]").fill("The hall is free at two.")
        press(page, "Show what will change")
        expect(page.locator(".review")).to_contain_text("14:00–18:00")
        press(page, "Save, and tell 1 person")
        expect(page.get_by_role("status")).to_contain_text("Those who registered get an e-mail in 10 minutes.")

        follow(page, "Cancel the event …")
        press(page, "Cancel the event")
        expect(page.locator(".summary")).to_be_visible()
        page.locator("[name=reason-en]").fill("The hall burnt down.")
        press(page, "Cancel the event")
        expect(page.locator("#state")).to_have_text("Cancelled")
        follow(page, "Let it take place after all …")
        press(page, "Let it take place")
        expect(page.locator("#state")).to_have_text("Published")

        follow(page, "Web address")
        page.locator("#slug").fill("beijing-again")
        press(page, "Change the address")
        assert page.url.partition("?")[0].endswith("/organizer/events/beijing-again")
        page.goto("/events/meetup")
        assert re.search(r"/events/beijing-again$", page.url)
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")


@pytest.mark.parametrize(("locale", "width"), [("zh-CN", 375), ("en-GB", 1280)])
def test_axe_finds_nothing_on_any_page_of_an_event_s_life(make_event, make_server, page_at, axe, locale, width):
    make_event("draft", state=EventState.DRAFT, starts_at=soon(), questions=[{}])
    sign_up_as(make_event("public", starts_at=soon()), "bob")
    make_event("cancelled", state=EventState.CANCELLED, starts_at=soon())
    make_event("over", starts_at=soon().replace(year=2025))
    paths = [
        "draft", "draft/publication", "draft/schedule", "draft/deletion", "public", "public/publication",
        "public/schedule", "public/cancellation", "public/withdrawal", "public/address", "cancelled",
        "cancelled/cancellation", "over", "over/recap",
    ]  # fmt: skip
    with make_server() as server:
        page = page_at(width, locale=locale, base_url=server.base_url)
        sign_in(page)
        found = {}

        def look(name):
            found[name] = axe(page)
            found[f"{name}, sideways"] = page.evaluate("document.documentElement.scrollWidth > innerWidth")
            page.emulate_media(color_scheme="dark")
            found[f"{name}, dark"] = page.evaluate(DARK)
            page.emulate_media(color_scheme="light")

        for path in paths:
            page.goto(f"/organizer/events/{path}")
            look(path)
        page.goto("/organizer/events/public/schedule")
        page.locator("#starts").fill(page.locator("#starts").input_value().replace("T13:00", "T14:00"))
        for name in ("a move that is shown", "a move that is wrong"):
            with page.expect_navigation():
                page.locator("main form button").last.click()
            look(name)
            page.locator("#ends").fill("2001-01-01T00:00")
        page.goto("/organizer/events/draft")
        page.goto(page.locator(".preview-link a").get_attribute("href"))
        look("preview")

    assert {name: lines for name, lines in found.items() if lines} == {}
