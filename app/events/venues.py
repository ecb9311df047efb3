"""Venues as organizers keep them: who may, what is saved, and telling the events that are held there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import asin, cos, radians, sin, sqrt
from typing import Any, Final

from sqlalchemy import and_, func, select
from sqlalchemy.orm import contains_eager, joinedload, raiseload

from app.accounts.models import Organizer
from app.accounts.rights import PERMISSIONS, Permission
from app.core.db import db, require_transaction, transaction
from app.core.errors import BadInputError, NotFoundError, RefusedError
from app.core.i18n import gettext as _
from app.core.versions import Seen, settle
from app.events import places
from app.events.cities import middle_of
from app.events.coordinates import Point
from app.events.create import again_if_taken
from app.events.models import City, Event, EventRole, Venue
from app.events.rules import VenueWords
from app.events.service import touch_events
from app.history.service import Actor, record

PER_PAGE: Final = 100
# Beyond this a place is not in the city, whatever the city's size.
FAR_KM: Final = 100.0
NEIGHBOURS_MAX: Final = 50
DEGREES_KEPT: Final = 6
_EARTH_KM: Final = 6371.0
_TEXTS: Final = ("name", "address", "directions")
# What stands in calendar entries as the place: a change of it is news to those who registered. The pin alone is not.
_NEWS: Final = frozenset({"name", "address"})
_EDITING_ROLES: Final = [role for role, permissions in PERMISSIONS.items() if Permission.EDIT in permissions]


@dataclass(frozen=True, slots=True)
class VenueLine:
    """A venue as the list shows it, with the number of events held there."""

    venue: Venue
    events: int


def venue_lines(*, page: int) -> tuple[list[VenueLine], bool]:
    """Return one page of venues by city and name, and whether more follow; one statement."""
    count = select(func.count()).where(Event.venue_id == Venue.id).correlate(Venue).scalar_subquery()
    rows = db.session.execute(
        select(Venue, count)
        .outerjoin(Venue.city)
        .options(contains_eager(Venue.city), raiseload("*"))
        .order_by(City.slug, Venue.slug)
        .limit(PER_PAGE + 1)
        .offset((page - 1) * PER_PAGE)
    )
    lines = [VenueLine(venue, events) for venue, events in rows]
    return lines[:PER_PAGE], len(lines) > PER_PAGE


def managed_venue(slug: str, organizer: Organizer) -> Venue:
    """Return a venue with its city, to somebody who may edit every event that is held there; one statement.

    Raises NotFoundError, and RefusedError where somebody else's event depends on it.
    """
    mine = select(EventRole.event_id).where(EventRole.organizer_id == organizer.id, EventRole.role.in_(_EDITING_ROLES))
    of_mine = select(Event.id).where(Event.venue_id == Venue.id, Event.id.in_(mine)).exists()
    of_others = select(Event.id).where(Event.venue_id == Venue.id, Event.id.not_in(mine)).exists()
    row = db.session.execute(
        select(Venue, and_(of_mine, ~of_others))
        .where(Venue.slug == slug)
        .options(joinedload(Venue.city), raiseload("*"))
    ).one_or_none()
    if row is None:
        raise NotFoundError(_("There is no such venue."))
    venue, is_mine = row
    if not is_mine and (organizer.role is None or organizer.role not in _EDITING_ROLES):
        raise RefusedError(_("Events of others are held at this venue too, so your role does not include changing it."))
    return venue


def values_of(venue: Venue) -> dict[str, Any]:
    """Return a venue in the shape of its form."""
    return {**{name: getattr(venue, name) for name in _TEXTS}, "city": venue.city.slug if venue.city else ""}


def make_venue(values: Mapping[str, Any], *, by: Actor, now: datetime) -> Venue:
    """Add a venue; sent again, the same one is returned.

    Raises BadInputError, for `name`, when there is another one of this name in this city.
    """

    def write() -> Venue:
        with transaction() as session:
            city = places.city_of(values["city"])
            if (known := places.venue_named(values["name"], city=city)) is not None:
                if all(getattr(known, name) == values[name] for name in _TEXTS):
                    return known
                raise BadInputError(_("There is a venue of this name in this city already."), field="name")
            venue = Venue(
                slug=places.venue_slug(values["name"], city=city),
                city=city,
                revised_at=now,
                **{name: values[name] for name in _TEXTS},
            )
            session.add(venue)
            session.flush()
            record("venue.created", by=by, now=now, subject=_name(venue))
        return venue

    return again_if_taken(write)


def save_venue(venue_id: int, mine: Mapping[str, Any], *, seen: Seen, by: Actor, now: datetime) -> bool:
    """Write what was changed since it was seen, and tell the events held there; return whether anything was.

    Raises ClashError for what somebody else has changed differently.
    """
    with transaction():
        venue = _locked(venue_id)
        write = settle(seen, mine, values_of(venue))
        was = VenueWords.of(venue)
        changes: dict[str, tuple[object, object]] = {}
        if "city" in write:
            city = places.city_of(write.pop("city"))
            changes["city"] = (venue.city, city)
            venue.city = city
        for name, value in write.items():
            changes[name] = (getattr(venue, name), value)
            setattr(venue, name, value)
        _saved(venue, changes, by=by, now=now, news_since=was if changes.keys() & _NEWS else None)
    return bool(changes)


def place_pin(venue_id: int, point: Point | None, *, by: Actor, now: datetime) -> None:
    """Set where the venue is, in WGS-84; None takes the pin away."""
    with transaction():
        venue = _locked(venue_id)
        before = (venue.latitude, venue.longitude)
        after = (round(point.latitude, DEGREES_KEPT), round(point.longitude, DEGREES_KEPT)) if point else (None, None)
        if before == after:
            return
        venue.latitude, venue.longitude = after
        _saved(venue, {"point": (before, after)}, by=by, now=now, news_since=None)


def _locked(venue_id: int) -> Venue:
    statement = (
        select(Venue)
        .where(Venue.id == venue_id)
        .options(joinedload(Venue.city))
        .with_for_update(of=Venue)
        .execution_options(populate_existing=True)
    )
    return require_transaction().scalars(statement).one()


def _saved(
    venue: Venue,
    changes: Mapping[str, tuple[object, object]],
    *,
    by: Actor,
    now: datetime,
    news_since: VenueWords | None,
) -> None:
    """Tell the events held there; those who registered hear of it if it is news since the venue said this."""
    if not changes:
        return
    session = require_transaction()
    venue.revised_at = max(venue.revised_at, now)
    session.flush()
    # Not their keys: a sign-up that is being written refers to its event.
    held_there = select(Event).where(Event.venue_id == venue.id).order_by(Event.id).with_for_update(key_share=True)
    events = session.scalars(held_there).all()
    is_news = news_since is not None
    touch_events(events, "venue", now=now, for_calendars=is_news, before={"venue": news_since} if is_news else None)
    record("venue.changed", by=by, now=now, subject=_name(venue), changes=changes)


def _name(venue: Venue) -> str:
    return venue.name.in_language("zh")


def neighbours(venue: Venue) -> list[Point]:
    """Return where the other venues of the same city are; one statement, if it has a city."""
    if venue.city_id is None:
        return []
    rows = db.session.execute(
        select(Venue.latitude, Venue.longitude)
        .where(Venue.city_id == venue.city_id, Venue.id != venue.id, Venue.latitude.is_not(None))
        .order_by(Venue.id)
        .limit(NEIGHBOURS_MAX)
    )
    return [Point(latitude, longitude) for latitude, longitude in rows if latitude is not None is not longitude]


def km_from_city(venue: Venue, point: Point, around: list[Point]) -> float | None:
    """Return how far a point is from where the city is known to be: its middle, or the nearest of its other venues.

    None where neither is known.
    """
    middle = middle_of(venue.city.name) if venue.city else None
    known = [middle, *around] if middle else around
    return min((km_between(point, other) for other in known), default=None)


def km_between(one: Point, other: Point) -> float:
    """Return the distance of two points on the ground, in kilometres (haversine; half a per cent is enough here)."""
    north, east = radians(other.latitude - one.latitude), radians(other.longitude - one.longitude)
    half = sin(north / 2) ** 2 + cos(radians(one.latitude)) * cos(radians(other.latitude)) * sin(east / 2) ** 2
    return 2 * _EARTH_KM * asin(min(1.0, sqrt(half)))
