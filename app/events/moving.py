"""Giving an event another time or place: what would change, said before it is done, and then doing just that."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from app.core.db import db
from app.core.errors import BadInputError, ConflictError
from app.core.i18n import Texts
from app.core.i18n import gettext as _
from app.core.times import NoSuchTimeError, instant_of, local_of
from app.core.tokens import mac
from app.core.versions import Seen, settle
from app.events.life import taking
from app.events.models import City, Event, EventState, Mode, Session, Venue
from app.events.rules import is_over
from app.events.rules_life import Step
from app.events.service import CALENDAR_FIELDS, apply_changes
from app.history.service import Actor

VENUES_MAX: Final = 500
_DAY: Final = timedelta(days=1)
_MINUTE: Final = timedelta(minutes=1)


def loads() -> tuple[Any, ...]:
    """Return the loading of what a move touches."""
    return (joinedload(Event.venue), joinedload(Event.city), selectinload(Event.sessions))


@dataclass(frozen=True, slots=True)
class Wish:
    """What an organizer asks for: the fields of `values_of`, what was seen of them, and how to go about it."""

    values: Mapping[str, Any]
    seen: Seen
    keeps_instant: bool | None = None  # of a new zone: the moment stays, or the time of day; None: not said
    shifts_agenda: bool = True
    note: Texts = field(default_factory=Texts)


@dataclass(frozen=True, slots=True)
class Times:
    """When an event is."""

    starts_at: datetime
    ends_at: datetime
    is_all_day: bool
    zone: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a wish comes to: the event's new attributes, and the agenda's new times by session."""

    values: Mapping[str, Any]
    times: Times
    agenda: Sequence[tuple[Session, datetime | None, datetime | None]]
    is_heard: bool  # whether those who registered are told
    outside: int  # agenda items that would lie outside the event
    closes_late: bool  # sign-up would close after the start
    proof: str  # stands for all of this; a move is done as it was shown, or shown again


class UnreviewedError(ConflictError):
    """What would be done is not what was shown."""


def values_of(event: Event) -> dict[str, Any]:
    """Return the event's time and place as a form holds them: local times, the last day of whole days included."""
    ends = local_of(event.ends_at, event.zone)
    return {
        "starts": local_of(event.starts_at, event.zone),
        "ends": ends - _MINUTE if event.is_all_day else ends,
        "is_all_day": event.is_all_day,
        "zone": event.zone,
        "mode": event.mode.value if event.mode else "",
        "venue": str(event.venue_id or ""),
        "online_url": event.online_url or "",
    }


def times_of(values: Mapping[str, Any], *, read_in: str) -> Times:
    """Return the instants of local times read in a zone. Raises BadInputError (fields `starts`, `ends`)."""
    starts, ends, is_all_day = values["starts"], values["ends"], values["is_all_day"]
    if is_all_day:
        # Whole days: from the first midnight to the one after the last day, whatever hours were typed.
        starts, ends = (local.replace(hour=0, minute=0, second=0, microsecond=0) for local in (starts, ends))
        ends += _DAY
    starts_at, ends_at = _instant(starts, read_in, "starts"), _instant(ends, read_in, "ends")
    if ends_at <= starts_at:
        raise BadInputError(_("The end must be after the start."), field="ends")
    return Times(starts_at, ends_at, is_all_day, values["zone"])


def _instant(local: datetime, zone: str, name: str) -> datetime:
    try:
        return instant_of(local, zone)
    except NoSuchTimeError:
        message = _("This time does not exist there: the clocks are set forward in that hour.")
        raise BadInputError(message, field=name) from None


def shifted(
    sessions: Iterable[Session], *, by: timedelta, read_in: str, zone: str
) -> list[tuple[Session, datetime | None, datetime | None]]:
    """Return the new times of an agenda that moves along: by the wall clock, each item as long as before.

    `read_in` is the zone in which they were local times, `zone` the one in which they are read now.
    """
    moved = []
    for session in sessions:
        length = session.ends_at - session.starts_at if session.starts_at and session.ends_at else None
        starts_at, ends_at = (_along(at, by, read_in, zone) for at in (session.starts_at, session.ends_at))
        if starts_at and length:
            ends_at = starts_at + length
        moved.append((session, starts_at, ends_at))
    return moved


def _along(at: datetime | None, by: timedelta, read_in: str, zone: str) -> datetime | None:
    # A time that the clocks skip becomes the one an hour later: an item of the agenda is no reason to refuse a move.
    return (local_of(at, read_in) + by).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) if at else None


def plan(event: Event, wish: Wish, *, now: datetime) -> Plan:
    """Return what the wish comes to for the event as it is now, which has been loaded with `loads()`.

    Raises ClashError when others have changed the same fields since, BadInputError for what makes no sense.
    """
    present = values_of(event)
    values = present | settle(wish.seen, wish.values, present)
    if values["zone"] != event.zone and wish.keeps_instant is None and event.state != EventState.DRAFT:
        raise BadInputError(_("Say what a new time zone means for the times above."), field="zone_means")
    read_in = event.zone if wish.keeps_instant else values["zone"]
    times = times_of(values, read_in=read_in)
    if times.ends_at <= now and not is_over(event, now=now):
        raise BadInputError(_("This has passed already. Please choose a date that is still to come."), field="starts")
    if times.ends_at > now and is_over(event, now=now) and event.state != EventState.DRAFT:
        raise BadInputError(_("The event is over. For a new date, duplicate it."), field="starts")
    changes = {name: getattr(times, name) for name in ("starts_at", "ends_at", "is_all_day", "zone")}
    changes |= _place(event, values)
    agenda = event.sessions
    moves = [(session, session.starts_at, session.ends_at) for session in agenda]
    if wish.shifts_agenda:
        by = local_of(times.starts_at, read_in) - local_of(event.starts_at, event.zone)
        moves = shifted(agenda, by=by, read_in=event.zone, zone=read_in)
    different = {name for name, value in changes.items() if getattr(event, name) != value}
    if not different:
        raise BadInputError(_("Nothing is different from before."), field="starts")
    is_heard = bool(different & CALENDAR_FIELDS) and event.state != EventState.DRAFT and times.ends_at > now
    return Plan(
        changes,
        times,
        moves,
        is_heard,
        _outside(moves, times),
        bool(event.sign_up_closes_at and event.sign_up_closes_at > times.starts_at),
        _proof(event, changes, moves, wish.note),
    )


def _place(event: Event, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return venue, city, mode and link; an event that is online has no venue, one in person no link."""
    mode = Mode(values["mode"]) if values["mode"] else None
    venue_id = int(values["venue"]) if values["venue"] and mode != Mode.ONLINE else None
    venue, city = event.venue, event.city
    if venue_id != event.venue_id:
        venue = db.session.get(Venue, venue_id) if venue_id else None
        if venue_id and venue is None:
            raise BadInputError(_("This venue was removed in the meantime. Please choose another one."), field="venue")
        if venue and venue.city_id:
            city = db.session.get(City, venue.city_id)
    link = values["online_url"] if mode != Mode.IN_PERSON else ""
    return {"mode": mode, "venue": venue, "city": city, "online_url": link or None}


def _outside(moves: Iterable[tuple[Session, datetime | None, datetime | None]], times: Times) -> int:
    return sum(
        bool((starts_at and starts_at < times.starts_at) or (ends_at and ends_at > times.ends_at))
        for _session, starts_at, ends_at in moves
    )


def _proof(
    event: Event,
    changes: Mapping[str, Any],
    moves: Iterable[tuple[Session, datetime | None, datetime | None]],
    note: Texts,
) -> str:
    shown = [f"{name}={getattr(value, 'id', value)}" for name, value in sorted(changes.items())]
    shown += [f"{session.id}: {starts_at}–{ends_at}" for session, starts_at, ends_at in moves]
    # With `sequence`, what was shown as the present state is part of it.
    return mac("move", event.id, event.sequence, note.zh, note.en, *shown)


def move(event_id: int, wish: Wish, *, shown: str, by: Actor, now: datetime) -> None:
    """Do what the plan with the proof `shown` says; of a draft, without having shown it.

    Raises UnreviewedError when it would be something else by now; and what `plan` raises.
    """
    with taking(Step.MOVE, event_id, *loads(), now=now) as event:
        what = plan(event, wish, now=now)
        if event.state != EventState.DRAFT and shown != what.proof:
            raise UnreviewedError(_("Please look at what would change once more."))
        first = next((session for session in event.sessions if session.starts_at), None)
        before = first.starts_at if first else None
        is_shifted = False
        for session, starts_at, ends_at in what.agenda:
            is_shifted |= (session.starts_at, session.ends_at) != (starts_at, ends_at)
            session.starts_at, session.ends_at = starts_at, ends_at
        parts = {"agenda": (before, first.starts_at if first else None)} if is_shifted else {}
        apply_changes(event, what.values, by=by, now=now, parts=parts, note=wish.note, action="event.moved")


def venues() -> Sequence[tuple[int, Texts, Texts | None]]:
    """Return the venues there are, each with its city's name: id, name, city; in one statement."""
    statement = (
        select(Venue.id, Venue.name, City.name)
        .outerjoin(City, City.id == Venue.city_id)
        .order_by(City.slug, Venue.slug)
        .limit(VENUES_MAX)
    )
    return [(venue_id, name, city) for venue_id, name, city in db.session.execute(statement)]
