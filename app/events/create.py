"""A new event, from what one page asks: a draft with one way to attend."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.community.models import Group
from app.core.db import require_transaction, transaction
from app.core.i18n import Texts
from app.core.times import local_of
from app.events import places
from app.events.models import City, Event, EventState, Mode, TicketKind, TicketType, Venue
from app.events.service import create_event
from app.events.slugs import event_slug
from app.history.service import Actor

ATTEMPTS_MAX: Final = 10
# Random once; what a form's key is turned into a UID with.
_KEYS: Final = UUID("5b0f3c7e-2a2c-4f6e-8a55-7d1a0a7c3b10")
_IN_PERSON: Final = Texts(zh="现场", en="In person")
_ONLINE: Final = Texts(zh="线上", en="Online")

_Made = TypeVar("_Made")


@dataclass(frozen=True, slots=True)
class NewEvent:
    """What is known of an event when it is made; `venue` and `city` are slugs, or `+` and a typed name."""

    title: Texts
    starts_at: datetime
    ends_at: datetime
    zone: str
    mode: Mode | None = None
    venue: str = ""
    city: str = ""
    group: str = ""
    capacity: int | None = None


def create(new: NewEvent, *, key: str, by: Actor, now: datetime) -> Event:
    """Make a draft with one ticket type; sent again with the same `key`, the same one is returned."""
    return again_if_taken(lambda: _create(new, uid_of(key, by), by, now))


def _create(new: NewEvent, uid: str, by: Actor, now: datetime) -> Event:
    with transaction() as session:
        if (known := session.scalar(select(Event).where(Event.uid == uid))) is not None:
            return known
        city = places.city_of(new.city)
        venue = places.venue_of(new.venue, city=city, now=now)
        city = _city_of_venue(venue) or city
        event = create_event(
            event_slug(new.title, city=city.slug if city else "", day=local_of(new.starts_at, new.zone).date()),
            {
                "title": new.title,
                "state": EventState.DRAFT,
                "starts_at": new.starts_at,
                "ends_at": new.ends_at,
                "zone": new.zone,
                "mode": new.mode,
                "venue": venue,
                "city": city,
                "groups": list(session.scalars(select(Group).where(Group.slug == new.group))),
            },
            by=by,
            now=now,
            uid=uid,
        )
        session.add(_first_ticket_type(event, new))
    return event


def uid_of(key: str, by: Actor, number: int = 0) -> str:
    """Return the UID of the event that this form makes, or of the so-manieth of a series."""
    return str(uuid5(_KEYS, f"{by.organizer_id} {key} {number}"))


def again_if_taken(write: Callable[[], _Made]) -> _Made:
    """Return what `write` makes; do it again when somebody else took a name in the same moment."""
    for _attempt in range(ATTEMPTS_MAX - 1):
        try:
            return write()
        except IntegrityError:
            continue
    return write()


def _city_of_venue(venue: Venue | None) -> City | None:
    if venue is None or venue.city_id is None:
        return None
    return require_transaction().get(City, venue.city_id)


def _first_ticket_type(event: Event, new: NewEvent) -> TicketType:
    is_online = new.mode == Mode.ONLINE
    return TicketType(
        event_id=event.id,
        slug="online" if is_online else "in-person",
        kind=TicketKind.ONLINE if is_online else TicketKind.IN_PERSON,
        name=_ONLINE if is_online else _IN_PERSON,
        capacity=new.capacity,
    )
