"""Taking back what was done, as long as nothing newer has touched the same.

A room registers how in its setup: `undo.register("agenda.removed", service.restore, needs={"edit"})`. After a step that
can be undone its view answers `see_other(…, done="")`: the page then offers to undo what this organizer did last.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from sqlalchemy import or_, select

from app.core.db import db, transaction
from app.core.errors import ConflictError, NotFoundError, RefusedError
from app.core.i18n import gettext as _
from app.history.models import Entry
from app.history.service import Actor, record

UNDONE: Final = "history.undone"
# What was long ago has been built upon in ways that no entry tells.
WITHIN: Final = timedelta(days=30)
# Offered on the page that follows the step, and not to whoever opens it from a bookmark.
JUST_NOW: Final = timedelta(minutes=10)
_NEWER_MAX: Final = 500


class Run(Protocol):
    """Takes an entry back, in the transaction that is open; `may` are the permissions of whoever asks.

    Writes its own entry as any change does. Raises ConflictError when the present is not what the entry left behind.
    """

    def __call__(self, entry: Entry, *, by: Actor, may: frozenset[str], now: datetime) -> None:
        """Take it back."""


@dataclass(frozen=True, slots=True)
class Way:
    """How one action is taken back: `needs` names the permissions for it, `can` looks at what the entry says."""

    run: Run
    needs: Callable[[Entry], frozenset[str]]
    can: Callable[[Entry], bool]
    needs_proof: bool = False


@dataclass(frozen=True, slots=True)
class Fate:
    """What can still become of an entry."""

    can_be_undone: bool = False
    is_undone: bool = False


_WAYS: Final[dict[str, Way]] = {}


def register(
    action: str,
    run: Run,
    *,
    needs: Iterable[str] | Callable[[Entry], frozenset[str]],
    can: Callable[[Entry], bool] = lambda _entry: True,
    needs_proof: bool = False,
) -> None:
    """Let this function take back entries of an action; `needs_proof`: only after a fresh proof of who asks."""
    if callable(needs):
        _WAYS[action] = Way(run, needs, can, needs_proof)
        return
    fixed = frozenset(needs)
    _WAYS[action] = Way(run, lambda _entry: fixed, can, needs_proof)


def needs_proof(entry_id: int, *, event_id: int | None) -> bool:
    """Tell whether whoever takes this entry back shows first who they are; for its view to ask before."""
    here = Entry.event_id.is_(None) if event_id is None else Entry.event_id == event_id
    action = db.session.scalar(select(Entry.action).where(Entry.id == entry_id, here))
    return action in _WAYS and _WAYS[action].needs_proof


def touched(entry: Entry) -> frozenset[str]:
    """Return what an entry is about, so that two can be compared.

    That is a thing that it names as `_thing`, a member of a team, or the fields it changed.
    """
    if "_thing" in entry.changes:
        return frozenset({f"{entry.event_id}/thing/{entry.changes['_thing'][0]}"})
    if "_organizer" in entry.changes:
        return frozenset({f"{entry.event_id}/organizer/{entry.changes['_organizer'][0]}"})
    return frozenset(f"{entry.event_id}/{name}" for name in entry.changes if not name.startswith("_"))


def fates(entries: Sequence[Entry], *, may: frozenset[str], now: datetime) -> Mapping[int, Fate]:
    """Return what can become of each entry by its id, for somebody with these permissions; one statement at most."""
    asked = [entry for entry in entries if entry.action in _WAYS]
    newer = _newer(asked)
    last_touched = _last_touched(newer)
    undone = _undone(newer)
    found = {}
    for entry in asked:
        if entry.id in undone:
            found[entry.id] = Fate(is_undone=True)
        elif len(newer) < _NEWER_MAX and _is_possible(entry, last_touched, now=now):
            found[entry.id] = Fate(can_be_undone=_WAYS[entry.action].needs(entry) <= may)
    return found


def last_step(event_id: int | None, by: Actor, *, may: frozenset[str], now: datetime) -> tuple[Entry, bool] | None:
    """Return what this organizer did last, from this sign-in, if it was just now; and whether it can be undone."""
    entry = db.session.scalar(
        select(Entry)
        .where(
            Entry.event_id.is_(None) if event_id is None else Entry.event_id == event_id,
            Entry.organizer_id == by.organizer_id,
            Entry.session_id == by.session_id,
            Entry.at > now - JUST_NOW,
        )
        .order_by(Entry.id.desc())
        .limit(1)
    )
    if entry is None:
        return None
    return entry, fates([entry], may=may, now=now).get(entry.id, Fate()).can_be_undone


def undo(entry_id: int, *, event_id: int | None, by: Actor, may: frozenset[str], now: datetime) -> None:
    """Take an entry back, and write down that it was.

    Raises NotFoundError for an entry that is not one of this event, RefusedError where the permissions do not include
    it, ConflictError when something newer has touched the same.
    """
    with transaction() as session:
        # Locked: of two who press at once, the second finds what the first has written.
        entry = session.scalar(
            select(Entry)
            .where(Entry.id == entry_id, Entry.event_id.is_(None) if event_id is None else Entry.event_id == event_id)
            .with_for_update()
        )
        if entry is None or entry.action not in _WAYS:
            raise NotFoundError(_("There is nothing here that could be undone."))
        way = _WAYS[entry.action]
        if not way.needs(entry) <= may:
            raise RefusedError(_("Your role does not include this. An owner of the site can give you another one."))
        newer = _newer([entry])
        if (
            len(newer) >= _NEWER_MAX
            or entry.id in _undone(newer)
            or not _is_possible(entry, _last_touched(newer), now=now)
        ):
            raise changed_since()
        way.run(entry, by=by, may=may, now=now)
        record(
            UNDONE,
            by=by,
            now=now,
            event_id=entry.event_id,
            registration_id=entry.registration_id,
            subject=entry.subject,
            changes={"_entry": (entry.id, None), "action": (entry.action, None)},
        )


def changed_since() -> ConflictError:
    """Return the refusal for what can no longer be undone."""
    return ConflictError(_("This can no longer be undone: it has been changed again since. The history shows how."))


def _newer(entries: Sequence[Entry]) -> Sequence[Entry]:
    """Return what was recorded after the oldest of these, at their events; one statement, none for no entries."""
    if not entries:
        return []
    events = {entry.event_id for entry in entries}
    at_them = Entry.event_id.in_(sorted(event for event in events if event is not None))
    return db.session.scalars(
        select(Entry)
        .where(
            Entry.id > min(entry.id for entry in entries),
            or_(at_them, Entry.event_id.is_(None)) if None in events else at_them,
        )
        .order_by(Entry.id)
        .limit(_NEWER_MAX)
    ).all()


def _undone(newer: Sequence[Entry]) -> set[int]:
    """Return the ids of what was taken back by one of these."""
    return {entry.changes["_entry"][0] for entry in newer if entry.action == UNDONE and "_entry" in entry.changes}


def _last_touched(entries: Sequence[Entry]) -> Mapping[str, int]:
    """Return which entry touched each thing last; the entries come in the order of their ids."""
    return {thing: entry.id for entry in entries for thing in touched(entry)}


def _is_possible(entry: Entry, last_touched: Mapping[str, int], *, now: datetime) -> bool:
    if entry.at <= now - WITHIN or not entry.changes or not _WAYS[entry.action].can(entry):
        return False
    return all(last_touched.get(thing, 0) <= entry.id for thing in touched(entry))
