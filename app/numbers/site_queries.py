"""Reading what the whole community's past events say; a constant number of statements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import exists, func, select
from sqlalchemy.orm import aliased

from app.community.models import Group
from app.core.db import db
from app.core.i18n import Texts
from app.events.models import City, Event, EventState, event_groups
from app.registrations.models import Registration, RegistrationState

# The latest ones; who asks for older figures has the history of the site and not its present.
EVENTS_MAX: Final = 500
RETURNING_MAX: Final = 24
UNCOUNTED_MAX: Final = 5


@dataclass(frozen=True, slots=True)
class Past:
    """One event that is over: who had a place, who was checked in, and what its recap says."""

    id: int
    title: Texts
    starts_at: datetime
    zone: str
    city_id: int | None
    told: int | None
    confirmed: int
    checked_in: int

    @property
    def came(self) -> int | None:
        """How many came: counted at the door, else as told; None where neither is."""
        return self.checked_in or self.told

    @property
    def has_rate(self) -> bool:
        """Tell whether it is known how many of those with a place came."""
        return bool(self.confirmed) and self.came is not None


@dataclass(frozen=True, slots=True)
class Returning:
    """Of one event: who was checked in, and how many of them had been checked in at an earlier one."""

    event_id: int
    came: int
    before: int


def past_events(*, now: datetime) -> list[Past]:
    """Return the latest published events that are over, the first of them first."""
    latest = (
        select(Event.id)
        .where(Event.state == EventState.PUBLISHED, Event.ends_at <= now)
        .order_by(Event.starts_at.desc(), Event.id.desc())
        .limit(EVENTS_MAX)
        .subquery()
    )
    counted = (
        select(
            Registration.event_id,
            func.count().label("confirmed"),
            func.count(Registration.checked_in_at).label("checked_in"),
        )
        .where(Registration.event_id.in_(select(latest.c.id)), Registration.state == RegistrationState.CONFIRMED)
        .group_by(Registration.event_id)
        .subquery()
    )
    rows = db.session.execute(
        select(
            Event.id, Event.title, Event.starts_at, Event.zone, Event.city_id, Event.attendance,
            func.coalesce(counted.c.confirmed, 0), func.coalesce(counted.c.checked_in, 0),
        )
        .join(latest, latest.c.id == Event.id)
        .outerjoin(counted, counted.c.event_id == Event.id)
        .order_by(Event.starts_at, Event.id)
    )  # fmt: skip
    return [Past(*row) for row in rows]


def uncounted(*, now: datetime) -> list[tuple[str, Texts]]:
    """Return the latest public events that are over and counted nobody, by slug and title."""
    came = exists().where(Registration.event_id == Event.id, Registration.checked_in_at.is_not(None))
    rows = db.session.execute(
        select(Event.slug, Event.title)
        .where(Event.state == EventState.PUBLISHED, Event.ends_at <= now, Event.attendance.is_(None), ~came)
        .order_by(Event.starts_at.desc(), Event.id.desc())
        .limit(UNCOUNTED_MAX)
    )
    return [(slug, title) for slug, title in rows]


def returning(events: Sequence[Past]) -> list[Returning]:
    """Return how many of those who came to these events had come to an earlier one, by their address.

    Whoever has asked to be erased has no address any more and is left out.
    """
    this, other, before = Event, aliased(Event), aliased(Registration)
    came_before = exists().where(
        before.email_key == Registration.email_key,
        before.state == RegistrationState.CONFIRMED,
        before.checked_in_at.is_not(None),
        before.event_id == other.id,
        other.starts_at < this.starts_at,
    )
    people = (
        select(Registration.event_id, Registration.email_key, came_before.label("has_come_before"))
        .join(this, this.id == Registration.event_id)
        .where(
            Registration.event_id.in_([each.id for each in events]),
            Registration.state == RegistrationState.CONFIRMED,
            Registration.checked_in_at.is_not(None),
            Registration.erased_at.is_(None),
        )
        .subquery()
    )
    rows = db.session.execute(
        select(people.c.event_id, func.count(), func.count().filter(people.c.has_come_before)).group_by(
            people.c.event_id
        )
    )
    found = {event_id: Returning(event_id, came, again) for event_id, came, again in rows}
    return [found[each.id] for each in events if each.id in found]


def city_names(events: Sequence[Past]) -> Mapping[int, Texts]:
    """Return the names of the cities of these events, by id."""
    ids = {each.city_id for each in events if each.city_id is not None}
    return dict(db.session.execute(select(City.id, City.name).where(City.id.in_(ids))).all())


def groups(events: Sequence[Past]) -> list[tuple[int, Texts]]:
    """Return which groups held these events: the event's id and the group's name; an event may have several."""
    ids = [each.id for each in events]
    statement = (
        select(event_groups.c.event_id, Group.name)
        .join(Group, Group.id == event_groups.c.group_id)
        .where(event_groups.c.event_id.in_(ids))
        .order_by(event_groups.c.event_id, Group.position, Group.id)
    )
    return [(event_id, name) for event_id, name in db.session.execute(statement)]
