"""What follows from an event's state and times; nothing here asks the database."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Final, Self

from app.community.models import Person
from app.community.rules import is_user_group_leader
from app.core.i18n import Texts
from app.events.models import Event, EventState, Session, SessionKind, Venue

PUBLIC_STATES: Final = (EventState.PUBLISHED, EventState.CANCELLED)
_NEVER: Final = datetime.max.replace(tzinfo=UTC)
# Items that fill the day, but are nobody's talk.
PAUSES: Final = frozenset({SessionKind.BREAK, SessionKind.CHECK_IN, SessionKind.OPENING, SessionKind.NETWORKING})


@dataclass(frozen=True, slots=True)
class VenueWords:
    """What letters say of a venue, kept while its entry is corrected."""

    name: Texts
    address: Texts

    @classmethod
    def of(cls, venue: Venue) -> Self:
        """Return what it says now."""
        return cls(venue.name, venue.address)


@dataclass(frozen=True, slots=True)
class Slot:
    """What begins at one time: a single item for everybody, or one or two that run side by side."""

    sessions: list[Session]

    @property
    def is_parallel(self) -> bool:
        """Tell whether this is a choice between tracks."""
        return bool(self.sessions[0].track)

    @property
    def ends_at(self) -> datetime | None:
        """Return when it ends, where that is known and the same for all."""
        ends = {session.ends_at for session in self.sessions}
        return ends.pop() if len(ends) == 1 else None


@dataclass(frozen=True, slots=True)
class AgendaDay:
    """What happens on one day of the event; `day` is None for items without a time."""

    day: date | None
    sessions: list[Session]

    @property
    def slots(self) -> list[Slot]:
        """Return the day's items by when they begin, those of two tracks together."""
        return slots(self.sessions)


@dataclass(frozen=True, slots=True)
class Speaker:
    """Somebody who speaks at one event, with what they give and the affiliation they had on that day."""

    person: Person
    affiliation: Texts
    is_leader: bool
    sessions: list[Session] = field(default_factory=list)


def is_public(event: Event) -> bool:
    """Tell whether anybody may see the event: it is published, or was and is now cancelled."""
    return event.state in PUBLIC_STATES


def is_over(event: Event, *, now: datetime) -> bool:
    """Tell whether the event has ended; the end itself is no longer part of it."""
    return event.ends_at <= now


def is_running(event: Event, *, now: datetime) -> bool:
    """Tell whether the event takes place at this moment."""
    return event.state == EventState.PUBLISHED and event.starts_at <= now < event.ends_at


def is_one_day(event: Event) -> bool:
    """Tell whether the event begins and ends on one day of its zone, so that the day need be said once."""
    return event.starts_at.astimezone(event.tz).date() == event.ends_at.astimezone(event.tz).date()


def by_year(events: Sequence[Event]) -> list[tuple[int, list[Event]]]:
    """Return events under the years they begin in, in their zones; years in the order they come in."""
    years: dict[int, list[Event]] = {}
    for event in events:
        years.setdefault(event.starts_at.astimezone(event.tz).year, []).append(event)
    return list(years.items())


def agenda_days(event: Event) -> list[AgendaDay]:
    """Return the agenda by local day, in order; items without a time stay where they stand in the agenda."""
    days: list[AgendaDay] = []
    for session in event.sessions:
        day = session.starts_at.astimezone(event.tz).date() if session.starts_at else None
        if not days:
            days.append(AgendaDay(day, []))
        elif day is not None and days[-1].day is None:
            days[-1] = AgendaDay(day, days[-1].sessions)
        elif day is not None and days[-1].day != day:
            days.append(AgendaDay(day, []))
        days[-1].sessions.append(session)
    return days


def slots(sessions: Sequence[Session]) -> list[Slot]:
    """Return items in order, those of both tracks that begin together as one; without times, the first with the first.

    Items of the tracks that stand next to each other in the agenda belong together, in whatever order they were put.
    """
    found: list[Slot] = []
    for is_parallel, grouped in groupby(sessions, key=lambda session: bool(session.track)):
        run = list(grouped)
        found += [Slot(each) for each in (_side_by_side(run) if is_parallel else [[one] for one in run])]
    return found


def _side_by_side(run: Sequence[Session]) -> list[list[Session]]:
    counts = {1: 0, 2: 0}
    rows: dict[object, list[Session]] = {}
    is_timed = all(session.starts_at for session in run)
    for session in run:
        counts[session.track] += 1
        rows.setdefault(session.starts_at if is_timed else counts[session.track], []).append(session)
    together = [sorted(row, key=lambda session: session.track) for row in rows.values()]
    return sorted(together, key=lambda row: row[0].starts_at or _NEVER) if is_timed else together


def has_times(sessions: Sequence[Session]) -> bool:
    """Tell whether any item of an agenda has a time, so that the page keeps a column for it."""
    return any(session.starts_at for session in sessions)


def speakers(event: Event, *, today: date) -> list[Speaker]:
    """Return everybody who speaks, once, in the order of the agenda; badged as of today."""
    found: dict[int, Speaker] = {}
    for session in event.sessions:
        for part in session.speakers:
            if part.person_id not in found:
                is_leader = is_user_group_leader(part.person, today=today)
                found[part.person_id] = Speaker(part.person, part.affiliation or part.person.company, is_leader)
            found[part.person_id].sessions.append(session)
    return list(found.values())
