"""Venues: who may change one, and what the events held there hear of it."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from app.accounts.models import Organizer, Role
from app.core.db import transaction
from app.core.errors import BadInputError, NotFoundError, RefusedError
from app.core.i18n import Texts
from app.core.versions import ClashError, Seen
from app.events import venues
from app.events.coordinates import Point
from app.events.models import City, Event, EventRole, Venue
from app.history.models import Entry
from app.history.service import Actor
from app.registrations.models import EventChange
from tests.support.factories import LONG_AGO, soon

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
ADA = Actor(organizer_id=1)


@pytest.fixture
def venue(db, make_event):
    event = make_event()
    return db.get(Venue, event.venue_id)


def make_organizer(role: Role | None, *events: Event) -> Organizer:
    with transaction() as session:
        organizer = Organizer(email="o@example.com", email_key="o@example.com", role=role, created_at=LONG_AGO)
        session.add(organizer)
        session.flush()
        for event in events:
            session.add(EventRole(event_id=event.id, organizer_id=organizer.id, role=Role.EDITOR, created_at=LONG_AGO))
    return organizer


@pytest.mark.parametrize(("role", "may"), [
    (Role.OWNER, True), (Role.ORGANIZER, True), (Role.EDITOR, True), (Role.VIEWER, False), (Role.DOOR, False),
    (None, False),
])  # fmt: skip
def test_venue_is_for_those_who_edit_everywhere(venue, role, may, count_statements):
    organizer = make_organizer(role)

    if may:
        with count_statements() as seen:
            found = venues.managed_venue("gehua", organizer)
        assert (found.id, len(seen)) == (venue.id, 1)
    else:
        with pytest.raises(RefusedError):
            venues.managed_venue("gehua", organizer)


def test_venue_is_for_the_editor_of_the_only_event_there_until_there_is_another(venue, db, make_event):
    organizer = make_organizer(None, db.scalars(select(Event)).one())

    alone = venues.managed_venue("gehua", organizer)
    make_event()

    assert alone.id == venue.id
    with pytest.raises(RefusedError):
        venues.managed_venue("gehua", organizer)


def test_venue_that_is_not_there_is_not_found(app):
    with pytest.raises(NotFoundError):
        venues.managed_venue("nowhere", make_organizer(Role.OWNER))


def test_new_venue_is_kept_and_written_down(app, db):
    values = {"name": Texts(zh="大厦"), "address": Texts(zh="某路 1 号"), "directions": Texts(), "city": "+上海"}

    made = venues.make_venue(values, by=ADA, now=NOW)

    db.expire_all()
    venue = db.get(Venue, made.id)
    entry = db.scalars(select(Entry)).one()
    assert (venue.slug, venues.values_of(venue)) == ("shanghai-venue", values | {"city": "shanghai"})
    assert (entry.action, entry.subject) == ("venue.created", "大厦")


def test_venue_sent_twice_is_added_once_and_another_of_its_name_is_refused(app, db):
    values = {"name": Texts(zh="大厦"), "address": Texts(zh="某路 1 号"), "directions": Texts(), "city": "+上海"}

    first = venues.make_venue(values, by=ADA, now=NOW)
    again = venues.make_venue(values, by=ADA, now=NOW)
    elsewhere = venues.make_venue(values | {"city": "+北京"}, by=ADA, now=NOW)

    with pytest.raises(BadInputError) as refused:
        venues.make_venue(values | {"address": Texts(zh="别处")}, by=ADA, now=NOW)
    assert (again.id, elsewhere.id == first.id, refused.value.field) == (first.id, False, "name")
    assert db.scalars(select(Venue.slug).order_by(Venue.id)).all() == ["shanghai-venue", "beijing-venue"]


def change(venue: Venue, **values: object) -> bool:
    before = venues.values_of(venue)
    return venues.save_venue(venue.id, before | values, seen=Seen.of(before), by=ADA, now=NOW)


def test_new_address_is_news_to_calendars_and_to_those_who_signed_up(venue, db):
    assert change(venue, address=Texts(zh="新地址"))

    db.expire_all()
    event = db.scalars(select(Event)).one()
    assert (db.get(Venue, venue.id).address, event.sequence, event.revision) == (Texts(zh="新地址"), 1, 2)
    assert [row.event_id for row in db.scalars(select(EventChange))] == [event.id]


def test_directions_and_pin_are_no_news_but_pages_are_fresh(venue, db):
    assert change(venue, directions=Texts(en="Exit B"), city="+广州")
    venues.place_pin(venue.id, Point(39.94, 116.4085), by=ADA, now=NOW)
    venues.place_pin(venue.id, Point(39.94, 116.4085), by=ADA, now=NOW)

    db.expire_all()
    event, found = db.scalars(select(Event)).one(), db.get(Venue, venue.id)
    assert (found.directions, found.city.slug, found.latitude, found.longitude) == (
        Texts(en="Exit B"), "guangzhou", 39.94, 116.4085,
    )  # fmt: skip
    assert (event.sequence, event.revision, db.scalars(select(EventChange)).all()) == (0, 3, [])
    assert [entry.action for entry in db.scalars(select(Entry).order_by(Entry.id))][1:] == ["venue.changed"] * 2


def test_pin_can_be_taken_away(venue, db):
    venues.place_pin(venue.id, Point(39.94, 116.4085), by=ADA, now=NOW)

    venues.place_pin(venue.id, None, by=ADA, now=NOW)

    db.expire_all()
    assert (db.get(Venue, venue.id).latitude, db.get(Venue, venue.id).longitude) == (None, None)


def test_two_who_change_the_name_of_a_venue_do_not_overwrite_each_other(venue, db):
    before = venues.values_of(venue)
    seen = Seen.of(before)
    venues.save_venue(venue.id, before | {"name": Texts(zh="甲")}, seen=seen, by=ADA, now=NOW)

    with pytest.raises(ClashError):
        venues.save_venue(venue.id, before | {"name": Texts(zh="乙")}, seen=seen, by=ADA, now=NOW)

    db.expire_all()
    assert db.get(Venue, venue.id).name == Texts(zh="甲")


def test_list_takes_one_statement_however_many_venues_there_are(app, db, make_event, count_statements):
    with transaction() as session:
        city = City(slug="wuhan", name=Texts(zh="武汉"))
        session.add_all(
            Venue(slug=f"v{number:03}", name=Texts(en=f"V{number}"), city=city, revised_at=LONG_AGO)
            for number in range(venues.PER_PAGE)
        )
    make_event(starts_at=soon())
    db.expunge_all()

    with count_statements() as seen:
        lines, more = venues.venue_lines(page=1)
        shown = [(line.venue.slug, line.venue.city and line.venue.city.slug, line.events) for line in lines]
    last, end = venues.venue_lines(page=2)

    assert (len(seen), len(shown), more, len(last), end) == (1, venues.PER_PAGE, True, 1, False)
    assert ("v000", "wuhan", 0) in shown


def test_distance_on_the_ground_is_right_within_a_percent():
    beijing, shanghai = Point(39.9042, 116.4074), Point(31.2304, 121.4737)

    assert venues.km_between(beijing, shanghai) == pytest.approx(1067, rel=0.01)
