"""What the dashboard reads."""

from datetime import UTC, datetime, timedelta

from app.events.models import EventState
from app.organizer import queries
from tests.support.factories import sign_up_as

NOW = datetime(2026, 6, 1, 4, 0, tzinfo=UTC)


def days(number):
    return NOW + timedelta(days=number)


def slugs(page):
    return [line.event.slug for line in page.lines]


def test_upcoming_events_come_soonest_first_with_drafts_and_what_runs_now(make_event):
    make_event("later", starts_at=days(9))
    make_event("draft", starts_at=days(3), state=EventState.DRAFT)
    make_event("running", starts_at=NOW - timedelta(hours=1))
    make_event("over", starts_at=days(-1))

    assert slugs(queries.events("upcoming", now=NOW)) == ["running", "draft", "later"]
    assert slugs(queries.events("past", now=NOW)) == ["over"]


def test_past_events_come_latest_first(make_event):
    for number in (3, 1, 2):
        make_event(f"event-{number}", starts_at=days(-number))

    assert slugs(queries.events("past", now=NOW)) == ["event-1", "event-2", "event-3"]


def test_numbers_of_each_event(make_event):
    full = make_event("full", capacity=1)
    for name in ("ada", "bob", "eve"):
        sign_up_as(full, name)
    make_event("mixed", ticket_types=[{"slug": "room", "capacity": 30}, {"slug": "online", "capacity": None}])
    make_event("sum", ticket_types=[{"slug": "room", "capacity": 30}, {"slug": "staff", "capacity": 5}])
    make_event("elsewhere", ticket_types=[])

    lines = {line.event.slug: line for line in queries.events("upcoming", now=NOW - timedelta(days=3650)).lines}

    assert {
        slug: (line.confirmed, line.waiting, line.cancelled, line.capacity, line.takes_sign_ups)
        for slug, line in lines.items()
    } == {
        "full": (1, 2, 0, 1, True),
        "mixed": (0, 0, 0, None, True),
        "sum": (0, 0, 0, 35, True),
        "elsewhere": (0, 0, 0, None, False),
    }


def test_pages_of_events_have_no_gap_even_at_the_same_moment(make_event):
    for number in range(queries.PER_PAGE + 5):
        make_event(f"up-{number:02}", starts_at=days(1))
        make_event(f"past-{number:02}", starts_at=days(-1))

    for when in ("upcoming", "past"):
        first = queries.events(when, now=NOW)
        second = queries.events(when, cursor=first.next_page, now=NOW)

        assert (len(first.lines), len(second.lines), second.next_page) == (queries.PER_PAGE, 5, None)
        assert len({*slugs(first), *slugs(second)}) == queries.PER_PAGE + 5


def test_dashboard_asks_as_often_for_many_events_as_for_one(make_event, count_statements):
    asked = []
    for _ in range(2):
        make_event()
        with count_statements() as seen:
            queries.events("upcoming", now=NOW - timedelta(days=3650))
        asked.append(len(seen))
        make_event()

    assert asked == [3, 3]
