"""How many may be confirmed for the seats there are, going by who came before; applied only when somebody says so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final

from sqlalchemy import func, select

from app.core.db import db, transaction
from app.core.errors import BadInputError
from app.core.i18n import gettext as _
from app.events.locking import locked_event
from app.events.models import Event, EventState, TicketKind, TicketType
from app.events.service import apply_changes
from app.history.service import Actor
from app.registrations.models import Registration, RegistrationState
from app.registrations.seats import set_capacity

# Fewer events than this are chance.
EVENTS_MIN: Final = 3
EVENTS_MAX: Final = 10
# Events looked at for those that counted who came.
LOOKED_AT_MAX: Final = 40
_PERCENT: Final = 100


@dataclass(frozen=True, slots=True)
class Show:
    """One past event: how many had a place at its end, and how many of them came."""

    confirmed: int
    came: int

    @property
    def rate(self) -> float:
        """The share that came; more than everybody cannot come."""
        return min(1.0, self.came / self.confirmed)


@dataclass(frozen=True, slots=True)
class Rates:
    """What past events tell: how many they were, the share that came, and the share at the fullest of them."""

    events: int
    percent: int
    percent_max: int


@dataclass(frozen=True, slots=True)
class Advice:
    """For one ticket type: the seats there are, and how many might be confirmed so that all who come find one."""

    ticket_type: TicketType
    seats: int
    up_to: int


def rates(shows: Sequence[Show]) -> Rates | None:
    """Return the rates of past events; None while there are too few to go by."""
    if len(shows) < EVENTS_MIN:
        return None
    share = min(1.0, sum(show.came for show in shows) / sum(show.confirmed for show in shows))
    # Rounded up: who is promised a seat must find one.
    highest = -int(-max(show.rate for show in shows) * _PERCENT // 1)
    return Rates(len(shows), round(share * _PERCENT), highest)


def up_to(seats: int, found: Rates) -> int:
    """Return how many may be confirmed for so many seats, even if as many come as at the fullest event."""
    return seats * _PERCENT // found.percent_max if found.percent_max else seats


def advice(ticket_types: Sequence[TicketType], found: Rates | None) -> list[Advice]:
    """Return what could be confirmed beyond the seats, for ticket types that have seats in a room."""
    if found is None:
        return []
    limited = [kind for kind in ticket_types if kind.kind is TicketKind.IN_PERSON and kind.capacity]
    each = [Advice(kind, real_seats(kind), up_to(real_seats(kind), found)) for kind in limited]
    return [one for one in each if one.up_to > (one.ticket_type.capacity or 0)]


def real_seats(ticket_type: TicketType) -> int:
    """Return the seats there are: the capacity, or what it was before more were let in on purpose."""
    capacity, before = ticket_type.capacity or 0, ticket_type.overbooked_from
    return before if before is not None and before < capacity else capacity


def past_shows(*, now: datetime) -> list[Show]:
    """Return the latest events that counted who came: at the door, else by their recap."""
    confirmed = (Registration.event_id == Event.id, Registration.state == RegistrationState.CONFIRMED)
    # Each event by itself: of a join PostgreSQL reads everybody who ever signed up.
    rows = db.session.execute(
        select(
            Event.attendance,
            select(func.count()).where(*confirmed).correlate(Event).scalar_subquery(),
            select(func.count(Registration.checked_in_at)).where(*confirmed).correlate(Event).scalar_subquery(),
        )
        .where(Event.state == EventState.PUBLISHED, Event.ends_at <= now)
        .order_by(Event.starts_at.desc(), Event.id.desc())
        .limit(LOOKED_AT_MAX)
    )
    known = ((had_place, came or attendance) for attendance, had_place, came in rows)
    shows = (Show(had_place, came) for had_place, came in known if had_place and came is not None)
    return list(islice(shows, EVENTS_MAX))


def overbook(event_id: int, ticket_type_id: int, capacity: int, *, by: Actor, now: datetime) -> None:
    """Let more people in than there are seats, up to what the rates advise; who waits gets what is gained.

    Raises BadInputError for a number that is not more than now, or more than the advice.
    """
    found = rates(past_shows(now=now))
    with transaction() as session:
        # All ticket types in their order, and not this one alone: what hears of the change locks the others.
        event = locked_event(event_id)
        kind = session.get(TicketType, ticket_type_id, populate_existing=True)
        offered = advice([kind], found) if kind is not None and kind.event_id == event_id else []
        if kind is None or not offered or not (kind.capacity or 0) < capacity <= offered[0].up_to:
            raise BadInputError(
                _("Please give a number above the present one and within the advice."), field="capacity"
            )
        before, seats = kind.capacity, offered[0].seats
        set_capacity(kind, capacity)
        kind.overbooked_from = seats
        session.flush()
        parts = {"ticket_types": ({kind.slug: {"capacity": before}}, {kind.slug: {"capacity": capacity}})}
        apply_changes(event, {}, by=by, now=now, parts=parts)
