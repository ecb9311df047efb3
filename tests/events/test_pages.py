from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from app.core.i18n import Texts, speaking
from app.events import pages
from app.events.models import EventState, Mode, Venue
from app.events.queries import public_event
from tests.support.people import add_session, give_role, make_group, make_person, make_role

BEFORE = datetime(2019, 12, 2, 4, 0, tzinfo=UTC)
START = datetime(2019, 12, 14, 5, 0, tzinfo=UTC)
HOME = "http://127.0.0.1:8000"

# What is built here does not depend on the database; the gate's own tests run on both.
pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)


@pytest.fixture
def meetup(make_event):
    """The meetup of December 2019, with what a test changes."""

    def make(**values):
        event = make_event(
            "beijing",
            **{
                "starts_at": START,
                "title": Texts(zh="聚会", en="Meetup"),
                "summary": Texts(zh="一个下午", en="An afternoon"),
                "credits": [{"role": "host", "name": {"zh": "社区", "en": "Community"}, "url": "https://example.org"}],
            }
            | values,
        )
        return public_event(event.slug, now=BEFORE)

    return make


def machine_readable(event, language="en"):
    with speaking(language):
        return pages.event_context(event, now=BEFORE)["json_ld"]


def test_search_engines_read_the_whole_event(meetup):
    event = meetup()
    add_session(event, "走近 KubeSphere", make_person("ada", zh="艾达"))

    assert machine_readable(public_event("beijing", now=BEFORE), "zh") == {
        "@context": "https://schema.org",
        "@type": "Event",
        "@id": f"{HOME}/events/beijing",
        "url": f"{HOME}/events/beijing?lang=zh",
        "name": "聚会",
        "description": "一个下午",
        "inLanguage": "zh-Hans",
        "startDate": "2019-12-14T13:00:00+08:00",
        "endDate": "2019-12-14T18:00:00+08:00",
        "eventStatus": "https://schema.org/EventScheduled",
        "eventAttendanceMode": "https://schema.org/OfflineEventAttendanceMode",
        "location": [
            {
                "@type": "Place",
                "name": "歌华大厦 13 层",
                "address": {
                    "@type": "PostalAddress",
                    "streetAddress": "北京市东城区青龙胡同 1 号歌华大厦 13 层",
                    "addressLocality": "北京",
                },
            }
        ],
        "image": [f"{HOME}/events/beijing/cover.png?v=1"],
        "organizer": [{"@type": "Organization", "name": "社区", "url": "https://example.org"}],
        "performer": [{"@type": "Person", "name": "艾达", "url": f"{HOME}/speakers/ada?lang=zh"}],
    }


def test_offsets_are_those_of_the_events_zone_on_its_day(meetup):
    summer = datetime(2021, 7, 1, 16, 0, tzinfo=UTC)

    found = machine_readable(meetup(zone="America/New_York", starts_at=summer))

    assert found["startDate"] == "2021-07-01T12:00:00-04:00"


def test_an_event_of_whole_days_is_told_by_dates_the_last_one_included(meetup):
    midnight = datetime(2020, 6, 30, 16, 0, tzinfo=UTC)

    found = machine_readable(meetup(starts_at=midnight, ends_at=midnight + timedelta(days=2), is_all_day=True))

    assert (found["startDate"], found["endDate"]) == ("2020-07-01", "2020-07-02")


def test_a_cancelled_event_says_so(meetup):
    found = machine_readable(meetup(state=EventState.CANCELLED))

    assert found["eventStatus"] == "https://schema.org/EventCancelled"


def test_the_stream_of_an_online_event_stays_private(meetup):
    event = meetup(mode=Mode.ONLINE, online_url="https://live.example.org/secret")

    found = machine_readable(event)

    assert found["location"] == [{"@type": "VirtualLocation", "url": f"{HOME}/events/beijing?lang=en"}]
    assert "secret" not in str(pages.event_context(event, now=BEFORE))


def test_a_hybrid_event_is_in_two_places(meetup):
    found = machine_readable(meetup(mode=Mode.HYBRID))

    assert [place["@type"] for place in found["location"]] == ["Place", "VirtualLocation"]
    assert found["eventAttendanceMode"] == "https://schema.org/MixedEventAttendanceMode"


def test_coordinates_are_told_when_known(meetup):
    venue = Venue(
        slug="hall", name=Texts(en="Hall"), latitude=39.9432, longitude=116.4142, revised_at=BEFORE, address=Texts()
    )

    (place,) = machine_readable(meetup(venue=venue))["location"]

    assert place["geo"] == {"@type": "GeoCoordinates", "latitude": 39.9432, "longitude": 116.4142}


def test_what_is_not_known_is_left_out(meetup):
    found = machine_readable(meetup(venue=None, city=None, mode=None, summary=Texts(), credits=[]))

    assert {"location", "eventAttendanceMode", "description", "performer"} & found.keys() == set()
    assert found["organizer"] == {"@type": "Organization", "name": "Juhui"}


def test_google_calendar_gets_instants_in_utc(meetup):
    with speaking("zh"):
        url = urlsplit(pages.google_url(meetup()))

    assert url.netloc == "calendar.google.com"
    assert {key: values[0] for key, values in parse_qs(url.query).items()} == {
        "action": "TEMPLATE",
        "text": "聚会",
        "dates": "20191214T050000Z/20191214T100000Z",
        "ctz": "Asia/Shanghai",
        "details": f"{HOME}/events/beijing",
        "location": "歌华大厦 13 层, 北京市东城区青龙胡同 1 号歌华大厦 13 层",
    }


def test_google_calendar_gets_whole_days_by_an_exclusive_end(meetup):
    midnight = datetime(2020, 6, 30, 16, 0, tzinfo=UTC)
    event = meetup(starts_at=midnight, ends_at=midnight + timedelta(days=1), is_all_day=True)

    assert "dates=20200701%2F20200702" in pages.google_url(event)


def test_thanks_come_by_capacity_in_a_fixed_order(meetup):
    lines = [("sponsor", "Acme"), ("host", "Us"), ("sponsor", "Bcme"), ("volunteer", "Ada")]
    event = meetup(credits=[{"role": role, "name": {"en": name}} for role, name in lines])

    with speaking("en"):
        found = [(group.heading, [one.name.en for one in group.names]) for group in pages.credits_of(event)]

    assert found == [("Hosted by", ["Us"]), ("Sponsors", ["Acme", "Bcme"]), ("Volunteers", ["Ada"])]


def test_a_long_summary_is_cut_for_share_cards(meetup):
    with speaking("zh"):
        text = pages.description(meetup(summary=Texts(zh="长\n" * 300)))

    assert (len(text), text[-1], "\n" in text) == (200, "…", False)


def test_a_cover_of_ones_own_is_the_share_image(meetup):
    assert pages.cover_url(meetup(cover_url="https://example.org/cover.jpg")) == "https://example.org/cover.jpg"


def test_a_leader_is_badged_on_the_page_of_the_day(meetup):
    event, leader = meetup(), make_person("ada")
    give_role(leader, make_role("leader", is_leader=True), make_group("north"))
    add_session(event, "one", leader, make_person("bob"))

    speakers = pages.event_context(public_event("beijing", now=BEFORE), now=BEFORE)["speakers"]

    assert [(one.person.slug, one.is_leader) for one in speakers] == [("ada", True), ("bob", False)]
