"""A new event from one form."""

from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import select

from app.core.i18n import Texts
from app.events.create import NewEvent, create
from app.events.models import City, Event, EventState, Mode, TicketKind, Venue
from app.history.models import Entry
from app.history.service import Actor
from tests.support.people import make_group

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
ADA = Actor(organizer_id=1)
NEW = NewEvent(
    title=Texts(zh="深圳云原生 Meetup"),
    starts_at=datetime(2026, 5, 30, 6, 0, tzinfo=UTC),
    ends_at=datetime(2026, 5, 30, 9, 0, tzinfo=UTC),
    zone="Asia/Shanghai",
)


def test_event_with_title_and_time_is_a_draft_with_one_way_to_attend(app, db):
    event = create(NEW, key="a", by=ADA, now=NOW)

    db.expire_all()
    found = db.scalars(select(Event)).one()
    (kind,) = found.ticket_types
    assert (found.id, found.slug, found.state, found.title) == (
        event.id, "meetup-20260530", EventState.DRAFT, Texts(zh="深圳云原生 Meetup"),
    )  # fmt: skip
    assert (found.starts_at, found.ends_at, found.zone) == (NEW.starts_at, NEW.ends_at, "Asia/Shanghai")
    assert (kind.slug, kind.kind, kind.capacity, kind.name) == (
        "in-person", TicketKind.IN_PERSON, None, Texts(zh="现场", en="In person"),
    )  # fmt: skip
    assert [(entry.action, entry.event_id, entry.organizer_id) for entry in db.scalars(select(Entry))] == [
        ("event.created", event.id, 1)
    ]


def test_place_that_is_new_is_made_with_its_city_by_both_names(app, db):
    group = make_group("shenzhen")

    event = create(
        replace(NEW, mode=Mode.IN_PERSON, venue="+科兴科学园", city="+深圳", group="shenzhen", capacity=80),
        key="a", by=ADA, now=NOW,
    )  # fmt: skip

    db.expire_all()
    assert (event.slug, event.city.slug, event.city.name) == (
        "shenzhen-20260530", "shenzhen", Texts(zh="深圳", en="Shenzhen"),
    )  # fmt: skip
    assert (event.venue.slug, event.venue.name, event.venue.city_id) == (
        "shenzhen-venue", Texts(zh="科兴科学园"), event.city_id,
    )  # fmt: skip
    assert (event.groups, event.ticket_types[0].capacity) == ([db.get(type(group), group.id)], 80)


def test_venue_and_city_that_are_known_are_found(app, db, make_event):
    known = make_event()

    in_it = create(replace(NEW, venue="gehua"), key="a", by=ADA, now=NOW)
    by_its_name = create(replace(NEW, venue="+歌华大厦 13 层"), key="c", by=ADA, now=NOW)
    in_the_city = create(replace(NEW, city="+北京市"), key="b", by=ADA, now=NOW)

    assert (in_it.venue_id, by_its_name.venue_id) == (known.venue_id, known.venue_id)
    assert in_the_city.city_id == known.city_id
    assert (len(db.scalars(select(Venue)).all()), len(db.scalars(select(City)).all())) == (1, 1)


def test_online_event_has_an_online_way_to_attend(app):
    event = create(replace(NEW, mode=Mode.ONLINE), key="a", by=ADA, now=NOW)

    assert (event.ticket_types[0].slug, event.ticket_types[0].kind) == ("online", TicketKind.ONLINE)


def test_form_that_is_sent_twice_makes_one_event(app, db):
    first = create(NEW, key="same", by=ADA, now=NOW)
    again = create(NEW, key="same", by=ADA, now=NOW)
    of_another = create(NEW, key="same", by=Actor(organizer_id=2), now=NOW)

    assert (again.id, of_another.id == first.id) == (first.id, False)
    assert [event.slug for event in db.scalars(select(Event).order_by(Event.id))] == [
        "meetup-20260530", "meetup-20260530-2",
    ]  # fmt: skip
