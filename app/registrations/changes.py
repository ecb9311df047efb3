"""Telling those who registered that their event moved or was cancelled: one letter for one cause, whatever dies."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from flask import current_app
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, joinedload

from app.core.db import db, require_transaction, transaction
from app.core.errors import ConflictError
from app.core.i18n import LANGUAGES, Texts
from app.core.i18n import gettext as _
from app.events.models import Event, EventState
from app.history.service import Actor, record
from app.mail import outbox
from app.mail.models import Priority
from app.registrations.letters import letter_to
from app.registrations.models import LIVE, EventChange, Registration
from app.registrations.rules import told

# Letters queued in one transaction: short enough that sign-ups of other events do not wait for it on SQLite.
STEP: Final = 200
_UNFINISHED: Final = EventChange.finished_at.is_(None)


def note_change(event: Event, *, before: Mapping[str, Any], fields: frozenset[str], note: Texts, now: datetime) -> None:
    """Remember that people must hear of this change, together with others of the same minutes.

    Takes part in the transaction of the change. An event that nobody knew, or that is over, is nobody's news.
    """
    session = require_transaction()
    was = told(event, before)
    if was["state"] == EventState.DRAFT or event.ends_at <= now:
        return
    if "venue" in fields and "venue" not in before:
        # The venue's own entry was corrected, and nobody knows what it said: the letter says what it says now.
        was["venue"] = None
    # Everybody who is there must hear of it, also if the clock was set back since they came.
    latest = session.scalar(select(func.max(Registration.created_at)).where(Registration.event_id == event.id))
    changed_at = max(now, latest or now)
    gathering = session.scalar(
        select(EventChange).where(EventChange.event_id == event.id, EventChange.begun_at.is_(None)).with_for_update()
    )
    if gathering is not None:
        gathering.changed_at = max(gathering.changed_at, changed_at)
        gathering.note = _both(gathering.note, note)
        return
    due_at = now + timedelta(seconds=current_app.config["CHANGE_LETTER_DELAY"])
    session.add(EventChange(event_id=event.id, before=was, note=note, changed_at=changed_at, due_at=due_at))


def _both(earlier: Texts, later: Texts) -> Texts:
    """Return two notes as one, in each language that either is written in; a note that is sent again stays one."""
    if not earlier or not later or earlier == later:
        return later or earlier
    both = {
        language: "\n\n".join(dict.fromkeys(note.in_language(language) for note in (earlier, later)))
        for language in LANGUAGES
        if language in earlier.as_dict() | later.as_dict()
    }
    return Texts(**both)


@dataclass(frozen=True, slots=True)
class Gathering:
    """A change that people will be told at `due_at`, or are being told of now; `people` have not heard of it yet."""

    due_at: datetime
    is_begun: bool
    people: int


def gathering(event_id: int) -> Gathering | None:
    """Return what is to be told of this event; None when everybody knows everything. One statement."""
    people = (
        select(func.count())
        .where(
            Registration.event_id == EventChange.event_id,
            Registration.id > EventChange.cursor,
            Registration.state.in_(LIVE),
            Registration.created_at <= EventChange.changed_at,
        )
        .scalar_subquery()
    )
    found = db.session.execute(
        select(EventChange.due_at, EventChange.begun_at, people)
        .where(EventChange.event_id == event_id, _UNFINISHED)
        .order_by(EventChange.id)
        .limit(1)
    ).one_or_none()
    return Gathering(found[0], found[1] is not None, found[2]) if found else None


def announce_now(event_id: int, *, by: Actor, now: datetime) -> None:
    """Tell people at once what was to gather for some minutes. Raises ConflictError when there is nothing to tell."""
    with transaction() as session:
        hastened = session.scalar(
            update(EventChange)
            .where(EventChange.event_id == event_id, EventChange.begun_at.is_(None))
            .values(due_at=now)
            .returning(EventChange.id)
        )
        if hastened is None:
            raise ConflictError(_("There is nothing to tell: the e-mails are on their way already."))
        record("change.announced", by=by, now=now, event_id=event_id)
        outbox.wake_after_commit(session)


def announce(now: datetime) -> int:
    """Queue the next letters of changes that are due; return how many things were done. A duty.

    Any number may run at once, and each may be killed: a step is one transaction, which locks its row.
    """
    due = select(EventChange.id).where(_UNFINISHED, EventChange.due_at <= now).order_by(EventChange.due_at).limit(10)
    change_ids = db.session.scalars(due).all()
    db.session.commit()
    return sum(_step(change_id, now=now) for change_id in change_ids)


def _step(change_id: int, *, now: datetime) -> int:
    with transaction() as session:
        change = session.scalars(
            select(EventChange)
            .where(EventChange.id == change_id, _UNFINISHED)
            .options(joinedload(EventChange.event, innerjoin=True).joinedload(Event.venue))
            .with_for_update(of=EventChange, skip_locked=True)
            .execution_options(populate_existing=True)
        ).one_or_none()
        if change is None:
            return 0
        change.begun_at = change.begun_at or now
        reached = _reach(session, change, now=now) if told(change.event) != change.before else 0
        if reached < STEP:
            change.finished_at = now
        return reached + 1


def _reach(session: Session, change: EventChange, *, now: datetime) -> int:
    """Queue the letters of the next people; return how many there were."""
    kind = "event-cancelled" if change.event.state is EventState.CANCELLED else "event-changed"
    people = session.scalars(
        select(Registration)
        .where(
            Registration.event_id == change.event_id,
            Registration.id > change.cursor,
            Registration.state.in_(LIVE),
            Registration.created_at <= change.changed_at,
        )
        .order_by(Registration.id)
        .limit(STEP)
    ).all()
    outbox.queue_all(
        [
            letter_to(
                person,
                kind,
                event_id=change.event_id,
                key=f"change:{change.id}:{person.id}",
                priority=Priority.BULK,
                ids={"change": change.id},
            )
            for person in people
        ],
        now=now,
    )
    if people:
        change.cursor = people[-1].id
    return len(people)
