"""What the dashboard reads."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from app.accounts.models import Organizer, Role
from app.accounts.service import add_organizer
from app.core.addresses import normalise
from app.core.db import db, transaction
from app.events.models import EventRole, EventState
from app.organizer import queries
from tests.support.factories import sign_up_as

OWNER = Organizer(role=Role.OWNER)
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

    assert slugs(queries.events("upcoming", OWNER, now=NOW)) == ["running", "draft", "later"]
    assert slugs(queries.events("past", OWNER, now=NOW)) == ["over"]


def test_past_events_come_latest_first(make_event):
    for number in (3, 1, 2):
        make_event(f"event-{number}", starts_at=days(-number))

    assert slugs(queries.events("past", OWNER, now=NOW)) == ["event-1", "event-2", "event-3"]


def test_numbers_of_each_event(make_event):
    full = make_event("full", capacity=1)
    for name in ("ada", "bob", "eve"):
        sign_up_as(full, name)
    make_event("mixed", ticket_types=[{"slug": "room", "capacity": 30}, {"slug": "online", "capacity": None}])
    make_event("sum", ticket_types=[{"slug": "room", "capacity": 30}, {"slug": "staff", "capacity": 5}])
    make_event("elsewhere", ticket_types=[])

    lines = {line.event.slug: line for line in queries.events("upcoming", OWNER, now=NOW - timedelta(days=3650)).lines}

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
        first = queries.events(when, OWNER, now=NOW)
        second = queries.events(when, OWNER, cursor=first.next_page, now=NOW)

        assert (len(first.lines), len(second.lines), second.next_page) == (queries.PER_PAGE, 5, None)
        assert len({*slugs(first), *slugs(second)}) == queries.PER_PAGE + 5


def test_dashboard_asks_as_often_for_many_events_as_for_one(make_event, count_statements):
    asked = []
    for _ in range(2):
        make_event()
        with count_statements() as seen:
            queries.events("upcoming", OWNER, now=NOW - timedelta(days=3650))
        asked.append(len(seen))
        make_event()

    assert asked == [3, 3]


def test_who_has_no_role_for_the_site_sees_the_events_of_their_own(make_event):
    mine, _other = make_event("mine"), make_event("other")
    add_organizer(normalise("eve@example.com"), role=None, now=NOW)
    eve = db.session.scalars(select(Organizer)).one()
    with transaction() as session:
        session.add(EventRole(event_id=mine.id, organizer_id=eve.id, role=Role.DOOR, created_at=NOW))

    listed = queries.events("upcoming", eve, now=NOW - timedelta(days=3650))

    assert slugs(listed) == ["mine"]
