"""What looks wrong with an agenda. Pointed out, never in the way: an organizer may have good reasons."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import combinations
from typing import Final

from app.core.i18n import Texts
from app.events.agenda.times import TRACKS
from app.events.models import Event, Session, SessionKind

# Kinds that somebody gives.
_GIVEN: Final = frozenset({SessionKind.TALK, SessionKind.LIGHTNING, SessionKind.PANEL, SessionKind.WORKSHOP})
_MINUTE: Final = timedelta(minutes=1)


class Problem(StrEnum):
    """What may be wrong."""

    BEFORE_EVENT = "before_event"
    AFTER_EVENT = "after_event"
    OVERLAP = "overlap"
    CLASH = "clash"
    GAP = "gap"
    NO_SPEAKER = "no_speaker"
    NO_DURATION = "no_duration"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to look at in one item; `other` is the item it is about too, `who` the speaker, `minutes` how much."""

    problem: Problem
    session: Session
    other: Session | None = None
    who: Texts | None = None
    minutes: int = 0


def findings(event: Event, sessions: Sequence[Session]) -> list[Finding]:
    """Return what looks wrong, in the order of the agenda. Reads the sessions' speakers and their names."""
    timed = [session for session in sessions if session.starts_at is not None]
    found = [
        *_outside(event, timed),
        *_overlaps(timed),
        *_gaps(event, timed),
        *_missing(sessions),
    ]
    places = {session.id: place for place, session in enumerate(sessions)}
    order = list(Problem)
    return sorted(found, key=lambda finding: (places[finding.session.id], order.index(finding.problem)))


def _outside(event: Event, timed: Sequence[Session]) -> Iterator[Finding]:
    for session in timed:
        start, end = _start(session), _end(session)
        if start < event.starts_at:
            yield Finding(Problem.BEFORE_EVENT, session, minutes=(event.starts_at - start) // _MINUTE)
        if end > event.ends_at or start >= event.ends_at:
            yield Finding(Problem.AFTER_EVENT, session, minutes=(end - event.ends_at) // _MINUTE)


def _overlaps(timed: Sequence[Session]) -> Iterator[Finding]:
    for first, second in combinations(timed, 2):
        if not (_start(first) < _end(second) and _start(second) < _end(first)):
            continue
        if _share_a_room(first, second):
            yield Finding(Problem.OVERLAP, second, first)
            continue
        people = {part.person_id for part in first.speakers}
        for part in second.speakers:
            if part.person_id in people:
                yield Finding(Problem.CLASH, second, first, who=part.person.name)


def _share_a_room(first: Session, second: Session) -> bool:
    return first.track == second.track or not (first.track and second.track)


def _gaps(event: Event, timed: Sequence[Session]) -> Iterator[Finding]:
    """Yield where nothing happens for a while; also between the event's start and its first item."""
    ends: dict[int, datetime | None] = dict.fromkeys(TRACKS, None if event.is_all_day else event.starts_at)
    for session in sorted(timed, key=lambda one: (_start(one), one.position)):
        tracks = [session.track] if session.track else list(TRACKS)
        known = [end for end in (ends[track] for track in tracks) if end is not None]
        # Days of an event are apart without that being a gap.
        if known and _start(session) > max(known) and _same_day(event, _start(session), max(known)):
            yield Finding(Problem.GAP, session, minutes=(_start(session) - max(known)) // _MINUTE)
        for track in tracks:
            end = ends[track]
            ends[track] = session.ends_at and max(session.ends_at, end or session.ends_at)


def _same_day(event: Event, one: datetime, other: datetime) -> bool:
    return one.astimezone(event.tz).date() == other.astimezone(event.tz).date()


def _missing(sessions: Sequence[Session]) -> Iterator[Finding]:
    for session in sessions:
        if session.kind in _GIVEN and not session.speakers and not session.speaker_note:
            yield Finding(Problem.NO_SPEAKER, session)
        if session.follows and session.starts_at is None and not session.minutes:
            yield Finding(Problem.NO_DURATION, session)


def _start(session: Session) -> datetime:
    if session.starts_at is None:
        message = "an item without a time has no start"
        raise ValueError(message)
    return session.starts_at


def _end(session: Session) -> datetime:
    return session.ends_at or _start(session)
