"""Old addresses of an event lead on, whatever one came for; only a miss asks for them."""

import pytest

from app.core.clock import utc_now
from app.core.i18n import Texts
from app.events import life
from app.events.models import EventState
from app.history.service import THE_SITE
from tests.support.factories import LONG_AGO


@pytest.fixture
def moved(make_event):
    event = make_event("before")
    life.change_address(event.id, "after", by=THE_SITE, now=LONG_AGO)
    return event


@pytest.mark.parametrize("page", ["", ".ics", "/registered", "/cover.png"])
def test_old_address_of_each_page_leads_on_with_its_query(moved, client, page):
    answer = client.get(f"/events/before{page}?lang=en&v=1")

    assert (answer.status_code, answer.location) == (301, f"/events/after{page}?lang=en&v=1")
    assert answer.headers["Cache-Control"] == "no-cache"
    assert client.get(answer.location).status_code == 200


def test_drawn_cover_is_there_under_both(moved, client):
    assert [client.get(f"/events/{slug}/cover.svg").status_code for slug in ("before", "after")] == [200, 200]


def test_form_sent_to_the_old_address_is_sent_on_as_it_is(moved, client):
    answer = client.post("/events/before/registrations", data={"name": "Ada"})

    assert (answer.status_code, answer.location) == (308, "/events/after/registrations")


def test_query_of_a_stranger_writes_no_link_of_ours(moved, client):
    answer = client.get("/events/before?_scheme=javascript&_external=1&slug=x")

    assert answer.location == "/events/after?_scheme=javascript&_external=1&slug=x"


def test_two_changes_lead_to_the_last_address_at_once(moved, client):
    life.change_address(moved.id, "last", by=THE_SITE, now=utc_now())

    assert [client.get(f"/events/{slug}").location for slug in ("before", "after")] == ["/events/last"] * 2


def test_back_at_the_old_address_nothing_goes_in_circles(moved, client):
    life.change_address(moved.id, "before", by=THE_SITE, now=utc_now())

    assert client.get("/events/before").status_code == 200
    assert client.get("/events/after").location == "/events/before"


def test_old_address_of_what_is_no_longer_public_is_nothing(moved, client):
    life.unpublish(moved.id, by=THE_SITE, now=LONG_AGO)

    assert client.get("/events/before").status_code == 404


def test_cancelled_event_is_found_by_its_old_address(moved, client):
    life.cancel_event(moved.id, Texts(zh="台风"), by=THE_SITE, now=LONG_AGO)

    assert client.get("/events/before").location == "/events/after"


def test_only_a_miss_asks_once_more(moved, make_event, client, count_statements):
    make_event("plain", state=EventState.PUBLISHED)
    asked = {}

    for slug in ("plain", "nothing-here"):
        client.get(f"/events/{slug}.ics")  # whatever is asked once alone
        with count_statements() as seen:
            client.get(f"/events/{slug}.ics")
        asked[slug] = sum("event_addresses" in statement for statement in seen)

    assert asked == {"plain": 0, "nothing-here": 1}


def test_feed_keeps_the_uid(moved, client):
    feed = client.get("/calendar.ics").text.replace("\r\n ", "")

    assert f"UID:{moved.uid}" in feed
    assert "/events/after" in feed
    assert "/events/before" not in feed
