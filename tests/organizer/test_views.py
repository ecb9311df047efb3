"""The overview as an organizer sees it."""

from datetime import timedelta

from app.core.clock import utc_now
from app.core.i18n import Texts
from app.events.models import EventState
from app.organizer.queries import PER_PAGE
from tests.support.factories import sign_up_as
from tests.support.organizers import signed_in


def test_overview_shows_every_event_with_its_numbers(app, make_event):
    event = make_event("ahead", capacity=2)
    for name in ("ada", "bob", "eve"):
        sign_up_as(event, name)
    make_event("secret", state=EventState.DRAFT, title=Texts(zh="草稿会"), ticket_types=[])
    make_event("gone", starts_at=utc_now() - timedelta(days=9))

    page = signed_in(app).get("/organizer/?lang=en").text

    assert page.index("/organizer/events/ahead") < page.index("/organizer/events/gone")
    assert "<dt>Confirmed</dt><dd>2</dd>" in page
    assert "<dt>Waiting list</dt><dd>1</dd>" in page
    assert '<span lang="zh-Hans">草稿会</span>' in page
    assert '<span class="badge">Draft</span>' in page
    assert "No sign-up here" in page


def test_overview_of_nothing_says_so(app):
    page = signed_in(app).get("/organizer/?lang=en").text

    assert "No upcoming events." in page
    assert "No event has taken place yet." in page


def test_overview_leads_through_all_pages(app, make_event):
    for number in range(PER_PAGE + 1):
        make_event(f"e-{number:02}")
    browser = signed_in(app)

    first = browser.get("/organizer/?lang=en").text
    onward = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = browser.get(onward).text

    assert f"/organizer/events/e-{PER_PAGE:02}" not in first
    assert f"/organizer/events/e-{PER_PAGE:02}" in second
    assert "First page" in second


def test_overview_takes_a_made_up_cursor_for_none(app, make_event):
    make_event("ahead")

    response = signed_in(app).get("/organizer/?when=upcoming&after=%27%3B--")

    assert response.status_code == 200
    assert "/organizer/events/ahead" in response.text
