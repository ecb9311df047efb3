"""What an organizer does, in a real browser against the real site: from the footer's link to the list on the disk."""

import csv

import pytest
from playwright.sync_api import expect

from app.accounts import service
from app.core.addresses import normalise
from app.core.clock import utc_now
from app.events.models import Event
from app.registrations.queries import event_for_sign_up
from tests.journeys.conftest import link_in
from tests.support.factories import sign_up_as

SLUG = "kubesphere-meetup-beijing-demo"


def add_organizer_and_attendees(event: Event) -> None:
    service.add_organizer(normalise("olga@example.com"), name="Olga", now=utc_now())
    online = event.ticket_types[-1].id
    for name in ("王芳", "李伟", "Ada Lovelace"):
        sign_up_as(event, f"guest{len(name)}{name[:1].encode().hex()}", full_name=name, ticket_type_id=online)


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("width", "locale", "scheme"), [(375, "zh-CN", "dark"), (1280, "en-GB", "light")])
def test_from_the_sign_in_to_the_list_on_the_disk(site, page_at, letter, axe, tmp_path, width, locale, scheme):
    add_organizer_and_attendees(event_for_sign_up(SLUG, now=utc_now()))
    page = page_at(width, locale=locale, color_scheme=scheme, base_url=site.base_url)
    looked_at = []

    def look():
        looked_at.append(page.url)
        assert axe(page) == [], page.url
        assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url

    # Whoever is not signed in is asked for an address, and a letter brings the link.
    page.goto("/")
    page.locator("footer").locator('a[href^="/organizer/sign-in"]').click()
    look()
    page.locator("form.card button").click()
    expect(page.get_by_role("alert")).to_be_visible()
    look()
    page.locator("#email").fill("Olga@example.com")
    page.locator("main button").click()
    look()
    letters = [letter(number) for number in range(1, 5)]
    page.goto(next(link_in(one, "/organizer/sign-in/") for one in letters if one.to[0][1] == "olga@example.com"))
    look()
    page.locator("main button").click()

    # The overview leads to the event, that to the list; the search finds somebody; the file holds who was found.
    expect(page.locator("header")).to_contain_text("Olga", use_inner_text=width > 700)
    look()
    page.locator(f'main a[href^="/organizer/events/{SLUG}"]').click()
    expect(page.locator("main dl")).to_contain_text("3")
    look()
    page.locator(f'main a[href^="/organizer/events/{SLUG}/attendees"]').click()
    expect(page.locator("tbody tr")).to_have_count(3)
    look()
    page.locator("#q").fill("王")
    page.locator("form.search button").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    with page.expect_download() as download:
        page.locator(".downloads a").nth(1).click()
    download.value.save_as(tmp_path / "list.csv")
    with (tmp_path / "list.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [row[1] for row in csv.reader(file)][1:] == ["王芳"]

    # Signed out, the door is closed again.
    page.locator("form.sign-out button").click()
    page.goto(looked_at[-1])
    expect(page.locator("#email")).to_be_visible()
    assert len(looked_at) == 7
