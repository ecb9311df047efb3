"""Changing an agenda. Each function is one transaction under the event's lock, in which everybody else waits.

Whatever changes, all times that follow from durations are reckoned anew, the event's revision rises, and the history
tells of it under `agenda.…`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select

from app.community.models import Person
from app.core.db import require_transaction, transaction
from app.core.errors import BadInputError, ConflictError, RefusedError
from app.core.i18n import Texts
from app.core.i18n import gettext as _
from app.core.times import NoSuchTimeError, instant_of
from app.core.versions import Seen, settle
from app.events.agenda import people, queries
from app.events.agenda.queries import SESSIONS_MAX
from app.events.agenda.times import following, item_of, minutes_of, planned
from app.events.agenda.values import Part, Start, brief, restored, snapshot, values_of
from app.events.models import Event, Session, SessionKind, SessionSpeaker
from app.events.service import apply_changes
from app.history.models import Entry
from app.history.service import Actor

_OUT_OF_THE_WAY: Final = 100_000
_COLUMNS: Final = ("title", "abstract", "speaker_note")


@dataclass(frozen=True, slots=True)
class Pause:
    """An item that fills the day, as it usually is."""

    kind: SessionKind
    title: Texts
    minutes: int


PAUSES: Final[dict[str, Pause]] = {
    "check-in": Pause(SessionKind.CHECK_IN, Texts(zh="签到", en="Check-in"), 30),
    "opening": Pause(SessionKind.OPENING, Texts(zh="开场", en="Opening"), 10),
    "break": Pause(SessionKind.BREAK, Texts(zh="茶歇", en="Coffee break"), 15),
    "lunch": Pause(SessionKind.BREAK, Texts(zh="午餐", en="Lunch"), 60),
    "networking": Pause(SessionKind.NETWORKING, Texts(zh="自由交流", en="Networking"), 30),
    "photo": Pause(SessionKind.NETWORKING, Texts(zh="合影", en="Group photo"), 10),
}


def add(event_id: int, values: Mapping[str, Any], *, after: int | None = None, by: Actor, now: datetime) -> int:
    """Add an item behind another one (at the end by default); return its id.

    `values` are those of the form, with `speakers` as a sequence of Part. Raises BadInputError, RefusedError, and
    NotFoundError for an unknown `after`.
    """
    with transaction():
        event = queries.locked(event_id)
        _make_room(event, 1)
        row = Session(speakers=[])
        place = event.sessions.index(queries.item(event, after)) + 1 if after is not None else len(event.sessions)
        _write(event, row, values, now=now)
        _put(event, [*event.sessions[:place], row, *event.sessions[place:]])
        _finish(event, "agenda.added", (None, brief(row)), subject=row.title, by=by, now=now)
        return row.id


def add_pause(event_id: int, pause: Pause, *, after: int | None = None, by: Actor, now: datetime) -> int:
    """Add a break, the check-in … with its usual duration; a check-in without a place stands first. Return its id."""
    with transaction():
        event = queries.locked(event_id)
        _make_room(event, 1)
        # In an agenda that is a mere list, a pause has no time either.
        follows = not event.sessions or any(session.starts_at for session in event.sessions)
        row = Session(kind=pause.kind, title=pause.title, minutes=pause.minutes, follows=follows, track=0, speakers=[])
        place = event.sessions.index(queries.item(event, after)) + 1 if after is not None else len(event.sessions)
        if after is None and pause.kind is SessionKind.CHECK_IN:
            place = 0
            _let_follow(event)
        _put(event, [*event.sessions[:place], row, *event.sessions[place:]])
        _finish(event, "agenda.added", (None, brief(row)), subject=row.title, by=by, now=now)
        return row.id


def change(event_id: int, session_id: int, values: Mapping[str, Any], *, seen: Seen, by: Actor, now: datetime) -> None:
    """Make an item have these values of the form; `speakers` as a sequence of Part.

    Raises ClashError where somebody else has changed the same fields since they were `seen`.
    """
    with transaction():
        event = queries.locked(event_id)
        row = queries.item(event, session_id)
        present = values_of(row, event)
        mine = dict(values) | {"speakers": [_as_value(part) for part in values["speakers"]]}
        write = settle(seen, mine, present)
        if not write:
            return
        before = {name: present[name] for name in write}
        parts: Sequence[Part] = values["speakers"] if "speakers" in write else _parts_of(row)
        _write(event, row, present | write | {"speakers": parts}, now=now)
        _finish(event, "agenda.changed", (before, write), subject=row.title, by=by, now=now)


def move(event_id: int, session_id: int, place: int, *, is_step: bool = False, by: Actor, now: datetime) -> None:
    """Put an item at this place, counted from 0; with `is_step`, so many places further down (up when negative)."""
    with transaction():
        event = queries.locked(event_id)
        row = queries.item(event, session_id)
        others = [session for session in event.sessions if session is not row]
        before = event.sessions.index(row)
        wanted = max(0, min(before + place if is_step else place, len(others)))
        if wanted == before:
            return
        _put(event, [*others[:wanted], row, *others[wanted:]])
        _finish(event, "agenda.moved", (before + 1, wanted + 1), subject=row.title, by=by, now=now)


def remove(event_id: int, session_id: int, *, by: Actor, now: datetime) -> None:
    """Take an item out of the agenda; the history keeps all of it, so that `restore` can bring it back."""
    with transaction():
        event = queries.locked(event_id)
        row = queries.item(event, session_id)
        kept = snapshot(row)
        _put(event, [session for session in event.sessions if session is not row])
        _finish(event, "agenda.removed", ([kept], None), subject=row.title, by=by, now=now)


def restore(event_id: int, entry_id: int, *, by: Actor, now: datetime) -> None:
    """Bring back what the last step took away. Raises ConflictError when something else was done since."""
    with transaction():
        _bring_back(event_id, entry_id, by=by, now=now)


def bring_back(entry: Entry, *, by: Actor, may: frozenset[str], now: datetime) -> None:  # noqa: ARG001 - as undo calls it
    """Do the same for the history's undo, which has a transaction open."""
    _bring_back(entry.event_id or 0, entry.id, by=by, now=now)


def _bring_back(event_id: int, entry_id: int, *, by: Actor, now: datetime) -> None:
    session = require_transaction()
    event = queries.locked(event_id)
    entry = queries.last_removal(event_id)
    if entry is None or entry.id != entry_id:
        raise ConflictError(_("The agenda has been changed since, so this can no longer be undone."))
    kept: list[dict[str, Any]] = entry.changes["agenda"][0]
    before = len(event.sessions)
    rows = list(event.sessions) if entry.action == "agenda.removed" else []
    ids = {part["person_id"] for one in kept for part in one["speakers"]}
    known = set(session.scalars(select(Person.id).where(Person.id.in_(ids))).all())
    for one in kept:
        row = Session(speakers=[], **restored(one))
        for place, part in enumerate(one["speakers"]):
            if part["person_id"] in known:
                texts = Texts(**part["affiliation"])
                row.speakers.append(SessionSpeaker(person_id=part["person_id"], position=place, affiliation=texts))
        rows.insert(min(one["position"], len(rows)), row)
    _put(event, rows)
    _finish(event, "agenda.restored", (before, len(rows)), by=by, now=now)


def reckon_times(event_id: int, *, by: Actor, now: datetime) -> bool:
    """Let every item that has a duration and no time follow the one before it; return whether any item has a time."""
    with transaction() as session:
        event = queries.locked(event_id)
        before = sum(row.starts_at is not None for row in event.sessions)
        for row in event.sessions:
            row.follows = row.follows or (row.starts_at is None and minutes_of(row) is not None)
        _plan(event)
        timed = sum(row.starts_at is not None for row in event.sessions)
        if timed == before:
            # Nothing to reckon from; what follows then would only wait for a start.
            session.rollback()
        else:
            _finish(event, "agenda.timed", (before, timed), by=by, now=now)
        return timed > 0


def clear_times(event_id: int, *, by: Actor, now: datetime) -> None:
    """Make the agenda a mere list; the durations stay."""
    with transaction():
        event = queries.locked(event_id)
        if not any(row.starts_at for row in event.sessions):
            return
        kept = [snapshot(row) for row in event.sessions]
        for row in event.sessions:
            row.minutes = minutes_of(row)
            row.follows, row.starts_at, row.ends_at = False, None, None
        _finish(event, "agenda.untimed", (kept, None), by=by, now=now)


def take_pasted(event_id: int, items: Sequence[Mapping[str, Any]], *, replace: bool, by: Actor, now: datetime) -> None:
    """Add these items at the end, or instead of what is there; all of them, or none.

    Each is as for `add`. One that has a start of its own follows the one before it where it begins as that ends.
    """
    with transaction():
        event = queries.locked(event_id)
        kept = [snapshot(row) for row in event.sessions] if replace else None
        before = [] if replace else list(event.sessions)
        _make_room(event, len(items) - (len(event.sessions) if replace else 0))
        new = []
        guests: dict[Texts, Part] = {}
        for values in items:
            row = Session(speakers=[])
            _write(event, row, dict(values) | {"speakers": _once(values["speakers"], guests, now=now)}, now=now)
            new.append(row)
        rows = [*before, *new]
        for row in new:
            row.ends_at = row.starts_at + timedelta(minutes=row.minutes) if row.starts_at and row.minutes else None
        if all(row.starts_at for row in rows):
            for row, follows in list(following(rows, start=_start(event))):
                row.follows = row.follows or (follows and row in new)
        _put(event, rows)
        action = "agenda.replaced" if replace and kept else "agenda.imported"
        _finish(event, action, (kept or len(before), len(new)), by=by, now=now)


def _make_room(event: Event, more: int) -> None:
    if len(event.sessions) + more > SESSIONS_MAX:
        raise RefusedError(_("An agenda can have at most %(max)d items.", max=SESSIONS_MAX))


def _start(event: Event) -> datetime | None:
    return None if event.is_all_day else event.starts_at


def _let_follow(event: Event) -> None:
    """Let what begins with the event begin after what is put before it."""
    for row, follows in list(following(event.sessions, start=_start(event))):
        row.follows = row.follows or follows


def _write(event: Event, row: Session, values: Mapping[str, Any], *, now: datetime) -> None:
    """Give a row the values of the form; its end comes with the reckoning."""
    start = Start(values["start"])
    row.kind = SessionKind(values["kind"])
    for name in _COLUMNS:
        setattr(row, name, values[name])
    row.track = int(values["track"])
    row.slides_url, row.video_url = values["slides_url"] or None, values["video_url"] or None
    row.minutes, row.follows = values["minutes"], start is Start.FOLLOWS
    row.starts_at, row.ends_at = _fixed(event, values["starts"]) if start is Start.FIXED else None, None
    _write_speakers(row, values["speakers"], now=now)


def _fixed(event: Event, local: datetime | None) -> datetime:
    if local is None:
        raise BadInputError(_("Please give date and time, such as 2026-05-30 13:00."), field="starts")
    try:
        return instant_of(local, event.zone)
    except NoSuchTimeError:
        message = _("This time does not exist there: the clocks are set forward in that hour.")
        raise BadInputError(message, field="starts") from None


def _write_speakers(row: Session, parts: Sequence[Part], *, now: datetime) -> None:
    session = require_transaction()
    slugs = [part.person for part in parts if part.person]
    known = {one.slug: one for one in session.scalars(select(Person).where(Person.slug.in_(slugs)))} if slugs else {}
    wanted: dict[int, tuple[Person, Texts]] = {}
    for part in parts:
        person = known.get(part.person) if part.person else people.add_guest(part.guest, part.affiliation, now=now)
        if person is None:
            raise BadInputError(_("One of these speakers no longer exists."), field="speakers")
        wanted.setdefault(person.id, (person, part.affiliation))
    present = {part.person_id: part for part in row.speakers}
    for person_id, speaker in present.items():
        if person_id not in wanted:
            row.speakers.remove(speaker)
    for place, (person_id, (person, affiliation)) in enumerate(wanted.items()):
        speaker = present.get(person_id) or SessionSpeaker(person=person, person_id=person_id)
        speaker.position, speaker.affiliation = place, affiliation
        if person_id not in present:
            row.speakers.append(speaker)
    row.speakers.sort(key=lambda speaker: speaker.position)


def _once(parts: Iterable[Part], guests: dict[Texts, Part], *, now: datetime) -> list[Part]:
    """Return the parts with each new guest added once, though they give several items."""
    known = []
    for part in parts:
        if not part.guest:
            known.append(part)
            continue
        if part.guest not in guests:
            guest = people.add_guest(part.guest, part.affiliation, now=now)
            guests[part.guest] = Part(person=guest.slug)
        known.append(Part(guests[part.guest].person, part.affiliation))
    return known


def _parts_of(row: Session) -> list[Part]:
    return [Part(part.person.slug, part.affiliation) for part in row.speakers]


def _as_value(part: Part) -> dict[str, object]:
    if part.person:
        return {"who": part.person, "affiliation": part.affiliation}
    return {"who": people.in_both(part.guest), "affiliation": part.affiliation, "guest": True}


def _put(event: Event, rows: Sequence[Session]) -> None:
    """Make these the agenda, in this order. Positions are unique at every moment: first out of the way, then home."""
    session = require_transaction()
    stored = [row for row in event.sessions if row in rows]
    for row in [row for row in event.sessions if row not in rows]:
        event.sessions.remove(row)
    places = {id(row): place for place, row in enumerate(rows)}
    for row in stored:
        if row.position != places[id(row)]:
            row.position += _OUT_OF_THE_WAY
    session.flush()
    for row in rows:
        row.position = places[id(row)]
        if row not in stored:
            event.sessions.append(row)
    event.sessions.sort(key=lambda row: row.position)
    session.flush()


def _plan(event: Event) -> None:
    """Reckon every time that follows from others."""
    periods = planned([item_of(row) for row in event.sessions], start=_start(event))
    for row, period in zip(event.sessions, periods, strict=True):
        row.minutes = minutes_of(row)
        # An item without a duration may have kept the end it was given.
        if row.follows or period.ends_at:
            row.starts_at, row.ends_at = period


def _finish(
    event: Event,
    action: str,
    change_: tuple[object, object],
    *,
    subject: Texts | None = None,
    by: Actor,
    now: datetime,
) -> None:
    _plan(event)
    name = (subject or Texts()).in_language("zh")
    apply_changes(event, {}, by=by, now=now, parts={"agenda": change_}, action=action, subject=name)
