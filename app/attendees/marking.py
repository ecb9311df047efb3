"""Tags and notes that organizers put on attendees. Each change stands in the history, and goes with the person."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from app.accounts.models import Organizer
from app.core.db import db, require_transaction, transaction
from app.core.errors import BadInputError, ConflictError
from app.core.i18n import gettext as _
from app.history.models import Entry
from app.history.service import Actor, record
from app.registrations.marks import TAG_MAX, AttendeeNote, AttendeeTag, tag_key
from app.registrations.models import Registration

# What the history calls a tag on one attendee: alone, or as one of many of whom another entry speaks as a whole.
TAGGED: Final = {False: "attendee.tagged", True: "attendee.tagged_with_others"}
UNTAGGED: Final = {False: "attendee.untagged", True: "attendee.untagged_with_others"}
# Which of them put a tag on.
PUTS_ON: Final = {**dict.fromkeys(TAGGED.values(), True), **dict.fromkeys(UNTAGGED.values(), False)}
TAGS_MAX: Final = 20  # of one attendee
NOTES_MAX: Final = 50


def tags_on(registration_ids: Sequence[int]) -> dict[int, list[str]]:
    """Return the tags of each of these, in order; one statement."""
    found: dict[int, list[str]] = {}
    rows = db.session.execute(
        select(AttendeeTag.registration_id, AttendeeTag.name)
        .where(AttendeeTag.registration_id.in_(registration_ids))
        .order_by(AttendeeTag.registration_id, AttendeeTag.key)
    )
    for registration_id, name in rows:
        found.setdefault(registration_id, []).append(name)
    return found


def notes_on(registration_id: int) -> Sequence[tuple[AttendeeNote, str]]:
    """Return the notes about one attendee with who wrote them, the newest first."""
    rows = db.session.execute(
        select(AttendeeNote, Organizer.name, Organizer.email)
        .outerjoin(Organizer, Organizer.id == AttendeeNote.organizer_id)
        .where(AttendeeNote.registration_id == registration_id)
        .order_by(AttendeeNote.id.desc())
        .limit(NOTES_MAX)
    )
    return [(note, name or email or "") for note, name, email in rows]


def add_tag(registration_id: int, name: str, *, by: Actor, now: datetime) -> None:
    """Put a tag on an attendee; one that is there already changes nothing. Raises BadInputError for no tag."""
    if not tag_key(name) or len(name) > TAG_MAX:
        raise BadInputError(_("A tag has at most %(max)d characters.", max=TAG_MAX), field="tag")
    with transaction() as session:
        _held(registration_id)
        mine = select(func.count()).where(AttendeeTag.registration_id == registration_id)
        if (session.scalar(mine) or 0) >= TAGS_MAX:
            raise BadInputError(_("An attendee has at most %(max)d tags.", max=TAGS_MAX), field="tag")
        tag_all([registration_id], name, by=by, now=now)


def remove_tag(registration_id: int, name: str, *, by: Actor, now: datetime) -> None:
    """Take a tag off an attendee; one that is not there changes nothing."""
    with transaction():
        _held(registration_id)
        untag_all([registration_id], name, by=by, now=now)


def tag_all(registration_ids: Sequence[int], name: str, *, by: Actor, now: datetime, within: str = "") -> list[int]:
    """Put a tag on these in the caller's transaction; return on whom it was not before. Of one event, not erased.

    `within`: the long work that this is a part of; the entries about each of them say so.
    """
    session = require_transaction()
    rows = session.execute(
        select(Registration.id, Registration.event_id)
        .where(Registration.id.in_(registration_ids), Registration.erased_at.is_(None))
        .order_by(Registration.id)
        .with_for_update()
    ).all()
    if not rows:
        return []
    event_ids: dict[int, int] = {row.id: row.event_id for row in rows}
    key, written = tag_key(name), name.strip()
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    # Of two who put on the same tag at once, the second finds it there.
    statement = insert(AttendeeTag).on_conflict_do_nothing().returning(AttendeeTag.registration_id)
    tags = [
        {"registration_id": id_, "event_id": event_id, "key": key, "name": written}
        for id_, event_id in event_ids.items()
    ]
    tagged = sorted(session.scalars(statement, tags))
    for id_ in tagged:
        _record(TAGGED, id_, event_ids[id_], (None, written), by=by, now=now, within=within)
    return tagged


def untag_all(registration_ids: Sequence[int], name: str, *, by: Actor, now: datetime, within: str = "") -> list[int]:
    """Take a tag off these in the caller's transaction; return on whom it was. `within` as in `tag_all`."""
    session = require_transaction()
    gone = session.execute(
        delete(AttendeeTag)
        .where(AttendeeTag.registration_id.in_(registration_ids), AttendeeTag.key == tag_key(name))
        .returning(AttendeeTag.registration_id, AttendeeTag.event_id, AttendeeTag.name)
    ).all()
    for id_, event_id, was in sorted(gone):
        _record(UNTAGGED, id_, event_id, (was, None), by=by, now=now, within=within)
    return sorted(row[0] for row in gone)


def add_note(registration_id: int, text: str, *, by: Actor, now: datetime) -> None:
    """Write a note about an attendee. What it says stands in no history, so that deleting it deletes it."""
    with transaction() as session:
        registration = _held(registration_id)
        session.add(
            AttendeeNote(registration_id=registration_id, organizer_id=by.organizer_id, text=text, created_at=now)
        )
        record("attendee.note_written", by=by, now=now, event_id=registration.event_id, registration_id=registration_id)


def delete_note(registration_id: int, note_id: int, *, by: Actor, now: datetime) -> None:
    """Delete a note of one's own; a second press changes nothing. Raises ConflictError for somebody else's."""
    with transaction() as session:
        note = session.scalar(
            select(AttendeeNote).where(AttendeeNote.id == note_id, AttendeeNote.registration_id == registration_id)
        )
        if note is None:
            return
        if note.organizer_id != by.organizer_id:
            raise ConflictError(_("This note is somebody else's: only who wrote it can delete it."))
        session.delete(note)
        event_id = session.scalar(select(Registration.event_id).where(Registration.id == registration_id))
        record("attendee.note_deleted", by=by, now=now, event_id=event_id, registration_id=registration_id)


def undo_tags(entry: Entry, *, by: Actor, may: frozenset[str], now: datetime) -> None:  # noqa: ARG001 - as history.undo asks
    """Take back what a tag was put on, or taken off, at once: of these people, no others."""
    people, tagged = entry.changes["_people"][1], entry.action == "attendees.tagged"
    each = require_transaction().scalars(
        select(Entry.changes)
        .where(
            Entry.registration_id.in_(people),
            Entry.action == (TAGGED if tagged else UNTAGGED)[False],
            Entry.at == entry.at,
        )
        .order_by(Entry.id)
    )
    # Nothing is said of those who were erased since.
    names = [was or put_on for was, put_on in (changes["tag"] for changes in each if changes)]
    if names:
        (untag_all if tagged else tag_all)(people, names[0], by=by, now=now)


def with_other_tags(registration_ids: Sequence[int]) -> set[int]:
    """Return those of these whose tags organizers have changed since they were registered, and not changed back."""
    rows = db.session.execute(
        select(Entry.registration_id, Entry.action, Entry.changes)
        .where(Entry.registration_id.in_(registration_ids), Entry.action.in_(PUTS_ON))
        .order_by(Entry.id)
    )
    first: dict[tuple[int, str], bool] = {}
    last: dict[tuple[int, str], bool] = {}
    for registration_id, action, changes in rows:
        if registration_id is None or not changes:
            continue
        was, put_on = changes["tag"]
        tag = (registration_id, tag_key(put_on or was))
        first.setdefault(tag, PUTS_ON[action])
        last[tag] = PUTS_ON[action]
    # One that was put on and taken off again, or the other way round, is as it was.
    return {tag[0] for tag, puts_on in last.items() if puts_on == first[tag]}


def _held(registration_id: int) -> Registration:
    registration = require_transaction().scalar(
        select(Registration)
        .where(Registration.id == registration_id, Registration.erased_at.is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if registration is None:
        raise ConflictError(_("This person has been erased already."))
    return registration


def _record(
    actions: Mapping[bool, str],
    registration_id: int,
    event_id: int,
    tag: tuple[object, object],
    *,
    by: Actor,
    now: datetime,
    within: str,
) -> None:
    changes = {"tag": tag} | ({"_work": (within, None)} if within else {})
    record(actions[bool(within)], by=by, now=now, event_id=event_id, registration_id=registration_id, changes=changes)
