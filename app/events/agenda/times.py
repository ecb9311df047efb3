"""When each item of an agenda begins: where the one before it ends, or at a time of its own. Pure reckoning.

Durations are elapsed time: an hour over a change of the clocks is an hour. Track 0 is for everybody; tracks 1 and 2
run side by side, begin where the last common item ended, and the next common item waits for both.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from app.events.models import Session

TRACKS: Final = (1, 2)


@dataclass(frozen=True, slots=True)
class Item:
    """What an item's time depends on. One that follows needs minutes; any other keeps the start it has, or none."""

    track: int = 0
    follows: bool = False
    starts_at: datetime | None = None
    minutes: int | None = None


class Period(NamedTuple):
    """From when to when; each None while it is not known."""

    starts_at: datetime | None
    ends_at: datetime | None


class Clock:
    """How far each track has come; whether that is known, or something has begun of which nobody knows the end."""

    def __init__(self, start: datetime | None) -> None:
        self._ends: dict[int, datetime | None] = dict.fromkeys(TRACKS, start)
        self._is_known = dict.fromkeys(TRACKS, start is not None)

    def free_at(self, track: int) -> datetime | None:
        """Return when the next item of a track can begin; a common one when both tracks are through."""
        tracks = [track] if track else TRACKS
        ends = [end for each in tracks if (end := self._ends[each]) is not None and self._is_known[each]]
        return max(ends) if len(ends) == len(tracks) else None

    def pass_by(self, track: int, period: Period) -> None:
        """Go on to the end of an item; one without a time moves nothing, one without an end leaves it open."""
        if period.starts_at is None:
            return
        end = period.ends_at or period.starts_at
        for each in [track] if track else TRACKS:
            # An item fixed to a time before the present end does not turn the clock back.
            self._ends[each] = max(end, self._ends[each] or end)
            self._is_known[each] = period.ends_at is not None


def minutes_of(session: Session) -> int | None:
    """Return how long an item takes: from its times where both are known, else as it was said."""
    if session.starts_at and session.ends_at:
        return int((session.ends_at - session.starts_at).total_seconds()) // 60 or None
    return session.minutes


def item_of(session: Session) -> Item:
    """Return what the time of a stored item depends on."""
    return Item(session.track, session.follows, session.starts_at, minutes_of(session))


def planned(items: Iterable[Item], *, start: datetime | None) -> list[Period]:
    """Return the period of each item in order; the first follows `start`, which is None where only the day is known."""
    clock = Clock(start)
    return [_passed(clock, item) for item in items]


def _passed(clock: Clock, item: Item) -> Period:
    begin = clock.free_at(item.track) if item.follows else item.starts_at
    if item.follows and item.minutes is None:
        # Without a duration it cannot be told where the next would begin: it has no time, and the others keep theirs.
        begin = None
    end = begin + timedelta(minutes=item.minutes) if begin and item.minutes else None
    period = Period(begin, end)
    clock.pass_by(item.track, period)
    return period


def following(sessions: Iterable[Session], *, start: datetime | None) -> Iterator[tuple[Session, bool]]:
    """Yield each item of an agenda whose times were given, and whether it follows: it begins where it would anyway."""
    clock = Clock(start)
    for session in sessions:
        is_next = session.starts_at is not None and session.starts_at == clock.free_at(session.track)
        yield session, is_next and session.ends_at is not None
        clock.pass_by(session.track, Period(session.starts_at, session.ends_at))
