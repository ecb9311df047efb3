"""What the dashboard reads: every event with its numbers, in the same few statements however many there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import load_only, raiseload

from app.accounts.models import Organizer
from app.attendees import queries as attendees
from app.core.db import db
from app.events.models import Event, EventRole, TicketType
from app.events.queries import Cursor
from app.registrations.models import RegistrationState

PER_PAGE: Final = 25

When = Literal["upcoming", "past"]


@dataclass(frozen=True, slots=True)
class Line:
    """An event and its numbers.

    `capacity` is None without a limit; `takes_sign_ups` is false for an event whose list was kept elsewhere.
    """

    event: Event
    confirmed: int
    waiting: int
    cancelled: int
    capacity: int | None
    takes_sign_ups: bool


@dataclass(frozen=True, slots=True)
class EventPage:
    """One page of a list, and where the next one begins."""

    lines: Sequence[Line]
    next_page: Cursor | None


def events(when: When, organizer: Organizer, *, cursor: Cursor | None = None, now: datetime) -> EventPage:
    """Return 25 events that are not over (the soonest first) or that are (the latest first), drafts among them.

    All of them for whoever has a role for the whole site, else those where the organizer has one. Three statements.
    """
    rows = db.session.scalars(_listed(when, organizer, cursor, now).limit(PER_PAGE + 1)).all()
    shown = rows[:PER_PAGE]
    next_page = None
    if len(rows) > PER_PAGE:
        last = shown[-1]
        next_page = Cursor(last.starts_at if when == "upcoming" else last.ends_at, last.id)
    ids = [event.id for event in shown]
    numbers, seats = attendees.counts(ids), _capacities(ids)
    return EventPage([_line(event, numbers[event.id], seats) for event in shown], next_page)


def _listed(when: When, organizer: Organizer, cursor: Cursor | None, now: datetime) -> Select[Any]:
    statement = select(Event).options(
        load_only(
            Event.slug, Event.state, Event.title, Event.starts_at, Event.ends_at, Event.is_all_day, Event.zone,
            raiseload=True,
        ),
        raiseload("*"),
    )  # fmt: skip
    if organizer.role is None:
        statement = statement.where(
            Event.id.in_(select(EventRole.event_id).where(EventRole.organizer_id == organizer.id))
        )
    if when == "upcoming":
        statement = statement.where(Event.ends_at > now).order_by(Event.starts_at, Event.id)
        if cursor:
            later = and_(Event.starts_at == cursor.at, Event.id > cursor.event_id)
            statement = statement.where(or_(Event.starts_at > cursor.at, later))
        return statement
    statement = statement.where(Event.ends_at <= now).order_by(Event.ends_at.desc(), Event.id.desc())
    if cursor:
        earlier = and_(Event.ends_at == cursor.at, Event.id < cursor.event_id)
        statement = statement.where(or_(Event.ends_at < cursor.at, earlier))
    return statement


def _capacities(event_ids: Sequence[int]) -> Mapping[int, int | None]:
    """Return the seats of each event that has ticket types; None where one of them has no limit."""
    rows = db.session.execute(
        select(TicketType.event_id, func.count(), func.count(TicketType.capacity), func.sum(TicketType.capacity))
        .where(TicketType.event_id.in_(event_ids))
        .group_by(TicketType.event_id)
    )
    return {event_id: int(seats or 0) if types == limited else None for event_id, types, limited, seats in rows}


def _line(event: Event, numbers: Mapping[RegistrationState, int], seats: Mapping[int, int | None]) -> Line:
    return Line(
        event,
        confirmed=numbers[RegistrationState.CONFIRMED],
        waiting=numbers[RegistrationState.WAITING],
        cancelled=numbers[RegistrationState.CANCELLED],
        capacity=seats.get(event.id),
        takes_sign_ups=event.id in seats,
    )
