"""An event from the idea to its details, in a real browser: without scripts on a phone, and with them."""

import re

import pytest
from playwright.sync_api import Page, expect

from app.accounts import service
from app.core.addresses import normalise
from app.core.clock import utc_now

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)


@pytest.fixture
def organizer_at(site, page_at):
    """A page in which Olga is signed in: `organizer_at(375, javascript=False)`."""

    def open_page(width: int, **options: object) -> Page:
        address = normalise("olga@example.com")
        service.add_organizer(address, name="Olga", now=utc_now())
        page = page_at(width, base_url=site.base_url, **options)
        page.goto(f"/organizer/sign-in/{service.link_for_command(address, now=utc_now())}")
        page.locator("main button").click()
        expect(page).to_have_url(re.compile("/organizer/"))
        return page

    return open_page


@pytest.mark.parametrize(
    ("width", "locale", "scheme", "javascript"),
    [(375, "zh-CN", "dark", False), (320, "en-GB", "light", False), (1280, "en-GB", "dark", True)],
)
def test_from_the_overview_to_a_venue_with_its_pin(organizer_at, axe, width, locale, scheme, javascript):
    page = organizer_at(width, locale=locale, color_scheme=scheme, javascript=javascript)

    def look():
        page.wait_for_load_state()
        if javascript:
            assert axe(page) == [], page.url
        assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url

    # Two fields and a place make a draft.
    page.locator('main a[href*="/organizer/events/new"]').click()
    look()
    page.locator("#title-zh").fill("云原生 Meetup 深圳站")
    page.locator("#starts_at").fill("2099-05-30T14:00")
    page.locator("#new_place").fill("科兴科学园")
    page.locator("#city").fill("深圳")
    page.locator("form.card button[type=submit]").first.click()
    expect(page).to_have_url(re.compile("/organizer/events/shenzhen-20990530/details"))
    look()

    # Its details, with a row more and a preview.
    page.locator("#description-en").fill("**Hello** <script>x</script>")
    if javascript:
        button = page.locator("textarea#description-en ~ button")
        button.click()
        expect(page.locator("#description-en ~ .preview strong")).to_have_text("Hello")
        look()
        button.click()
    else:
        page.locator("button[name=preview]").click()
        expect(page.locator(".previews strong")).to_have_text("Hello")
        look()
    page.locator("#credits-0-name-en").fill("KubeSphere")
    page.locator("#credits button").click()
    expect(page.locator("#credits fieldset.line-of-fields")).to_have_count(4)
    look()
    page.locator(".save-bar button").click()
    expect(page.locator("[data-saved]")).to_be_visible()
    look()

    # The venue, its address and its pin, which is looked at before it is kept.
    page.locator('a[href*="/organizer/venues/"]').last.click()
    look()
    page.locator('a[href*="/pin"]').click()
    look()
    page.locator("#pin").fill("https://uri.amap.com/marker?position=113.943,22.551")
    page.locator("main form button").last.click()
    expect(page.locator("#found")).to_be_visible()
    look()
    page.locator('form[action*="/point"] button').click()
    expect(page.locator("[data-saved]")).to_be_visible()
    look()

    # The copy shows its days first.
    page.goto("/organizer/events/shenzhen-20990530/copy")
    page.locator("#day").fill("2099-06-06")
    page.locator("input[value=weekly]").check()
    page.locator("#series-en").fill("Weekly")
    page.locator("button[name=show]").click()
    expect(page.locator("#days ~ ol li")).to_have_count(6)
    look()
    page.goto("/organizer/events/shenzhen-20990530/cover")
    look()


def details_of_a_draft(page: Page) -> str:
    page.goto("/organizer/events/new")
    page.locator("#title-en").fill("Draft")
    page.locator("#starts_at").fill("2099-05-30T14:00")
    page.locator("form.card button[type=submit]").first.click()
    expect(page).to_have_url(re.compile("/details"))
    return "/organizer/events/draft/details"


def kept(page: Page) -> list[str]:
    return page.evaluate("Object.keys(localStorage)")


def kept_soon(page: Page) -> list[str]:
    """Return what is kept once something is: typing is kept after a short pause."""
    for _time in range(100):
        if found := kept(page):
            return found
        page.wait_for_timeout(50)
    return []


def test_what_is_typed_survives_a_lost_connection_until_it_is_saved_or_discarded(organizer_at):
    page = organizer_at(1280)
    address = details_of_a_draft(page)
    assert kept(page) == []

    # The connection is lost while saving; what was typed is put back when the page is there again.
    page.locator("#lead-en").fill("Typed for an hour")
    page.context.set_offline(True)
    with page.expect_event("requestfailed"):
        page.locator(".save-bar button").click(no_wait_after=True)
    page.context.set_offline(False)
    page.goto(address)
    note = page.locator("form.details > .notice")
    expect(note).to_be_visible()
    expect(page.locator("#lead-en")).to_have_value("Typed for an hour")

    # Discarded: the form is as the server has it, and the next visit says nothing.
    note.locator("button").click()
    expect(page.locator("#lead-en")).to_have_value("")
    page.goto(address)
    expect(note).to_have_count(0)

    # Saved: nothing is kept.
    page.locator("#lead-en").fill("Typed again")
    page.locator(".save-bar button").click()
    expect(page.locator("[data-saved]")).to_be_visible()
    expect(page.locator("#lead-en")).to_have_value("Typed again")
    assert kept(page) == []


def test_what_was_kept_does_not_overwrite_what_others_have_saved_since(organizer_at, page_at):
    page, other = organizer_at(1280), organizer_at(1280)
    address = details_of_a_draft(page)
    page.locator("#title-en").fill("Mine, not saved")
    kept_soon(page)
    other.goto(address)
    other.locator("#title-en").fill("Theirs")
    other.locator(".save-bar button").click()
    expect(other.locator("[data-saved]")).to_be_visible()

    page.goto(address)
    page.locator(".save-bar button").click()

    expect(page.locator(".clashes")).to_be_visible()
    expect(page.locator(".clash-side").first).to_contain_text("Theirs")
    expect(page.locator(".clash-side").last).to_contain_text("Mine, not saved")


def test_whoever_signs_out_leaves_nothing_behind(organizer_at):
    page = organizer_at(1280)
    address = details_of_a_draft(page)
    page.locator("#lead-en").fill("Private")
    assert kept_soon(page) == [f"juhui-draft:1:{address}"]

    page.locator("form.sign-out button").click()

    page.wait_for_load_state()
    assert kept(page) == []
