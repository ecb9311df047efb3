"""A tag on many attendees: written down so that it is taken back as one step, however many there were.

Of some, at once, the entry of the history names them. Of many, which are long work, each person's own entry names the
work (`_work`), where erasing them finds it; the entry of the whole only says between which entries they stand.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select

from app.attendees import marking
from app.core.db import db, require_transaction
from app.core.i18n import current_language
from app.history.models import Entry
from app.history.service import Actor, record
from app.registrations.marks import tag_key
from app.work import service as work
from app.work.models import Task

UNDO_KIND: Final = "attendees.bulk_undo"
STEP: Final = 200
_WHOLE: Final = {True: "attendees.tagged", False: "attendees.untagged"}
_EACH: Final = {True: marking.TAGGED[True], False: marking.UNTAGGED[True]}


def mark(ids: Sequence[int], tag: str, *, puts_on: bool, by: Actor, now: datetime, within: str = "") -> Counter[str]:
    """Put a tag on these, or take it off, in the caller's transaction; return what became of how many.

    `within`: the code of the long work that this is a part of.
    """
    act = marking.tag_all if puts_on else marking.untag_all
    changed = act(ids, tag, by=by, now=now, within=within)
    return +Counter({"tagged" if puts_on else "untagged": len(changed), "unchanged": len(ids) - len(changed)})


def latest_entry(event_id: int) -> int:
    """Return the id of the event's latest entry: those of long work that begins now come behind it."""
    return db.session.scalar(select(func.max(Entry.id)).where(Entry.event_id == event_id)) or 0


def close(task: Task, *, puts_on: bool, by: Actor, now: datetime) -> None:
    """Write down what long work has done, now that it does no more; by this it can be taken back."""
    number = task.counts.get("tagged" if puts_on else "untagged", 0)
    if number:
        record(
            _WHOLE[puts_on],
            by=by,
            now=now,
            event_id=task.event_id,
            changes={
                "_thing": (f"work/{task.code}", None),
                "_behind": (task.params.get("entry", 0), None),
                "number": (None, number),
            },
        )


def undo(entry: Entry, *, by: Actor, may: frozenset[str], now: datetime) -> None:
    """Take back a tag on several: at once, or as long work as it was done. In the transaction that is open."""
    if "_people" in entry.changes:
        marking.undo_tags(entry, by=by, may=may, now=now)
        return
    assert entry.event_id is not None  # noqa: S101 - as `close` has written it
    work.begin(
        UNDO_KIND,
        event_id=entry.event_id,
        params={
            "work": entry.changes["_thing"][0].removeprefix("work/"),
            "behind": entry.changes["_behind"][0],
            "until": entry.id,
            "puts_on": entry.action == _WHOLE[True],
        },
        total=entry.changes["number"][1],
        language=current_language(),
        by=by,
        now=now,
    )


def undo_step(task: Task, now: datetime) -> bool:
    """Take the tag back from the next of them, but for those with whom it was changed since; True while more come."""
    session, asked = require_transaction(), task.params
    entries = session.execute(
        select(Entry.id, Entry.registration_id, Entry.changes)
        .where(
            Entry.event_id == task.event_id,
            Entry.action == _EACH[asked["puts_on"]],
            Entry.id > max(task.cursor, asked["behind"]),
            Entry.id < asked["until"],
        )
        .order_by(Entry.id)
        .limit(STEP)
    ).all()
    # Nothing is said of those who were erased since.
    mine = {
        id_: next(name for name in changes["tag"] if name)
        for _entry_id, id_, changes in entries
        if id_ is not None and changes and changes.get("_work") == [asked["work"], None]
    }
    later = _changed_since(mine, asked["until"]) if mine else set()
    back: dict[str, list[int]] = {}
    for id_, name in mine.items():
        if id_ not in later:
            back.setdefault(name, []).append(id_)
    for name, ids in back.items():
        done = mark(ids, name, puts_on=not asked["puts_on"], by=work.actor_of(task), now=now)
        task.counts = dict(Counter(task.counts) + done)
    task.counts = dict(+(Counter(task.counts) + Counter(unchanged=len(later))))
    task.done += len(mine)
    if len(entries) < STEP:
        return False
    task.cursor = entries[-1].id
    return True


def _changed_since(mine: dict[int, str], until: int) -> set[int]:
    """Return those of these people whose tag was put on, or taken off, after the whole was done."""
    rows: Sequence[Any] = db.session.execute(
        select(Entry.registration_id, Entry.changes).where(
            Entry.registration_id.in_(list(mine)), Entry.id > until, Entry.action.in_(marking.PUTS_ON)
        )
    ).all()
    return {
        id_
        for id_, changes in rows
        if changes and tag_key(next(name for name in changes["tag"] if name)) == tag_key(mine[id_])
    }
