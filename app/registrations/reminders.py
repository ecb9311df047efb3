"""Reminding those who come, by day and in time: one letter a person and reminder, whatever dies."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import exists, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.core.db import db, transaction
from app.events.models import Event, EventState
from app.mail import outbox
from app.mail.models import Priority
from app.mail.outbox import Wanted
from app.registrations.letters import letter_to
from app.registrations.models import EventReminder, Registration, RegistrationState, StoppedReminders
from app.registrations.moments import Reminder, due_reminder

# Letters queued in one transaction, as for changes.
STEP: Final = 200
# No reminder goes earlier than this before the start.
HORIZON: Final = timedelta(days=32)
EVENTS_MAX: Final = 500
# A reminder whose moment passed longer ago than this when the event moved is told by the letter about the move.
MOVED_GRACE: Final = timedelta(hours=1)


def remind(now: datetime) -> int:
    """Queue the next letters of reminders that are due; return how many things were done. A duty.

    Any number may run at once, and each may be killed: a step is one transaction, which locks its row.
    """
    upcoming = db.session.execute(
        select(Event.id, Event.starts_at, Event.zone, Event.reminders)
        .where(Event.state == EventState.PUBLISHED, Event.starts_at > now, Event.starts_at <= now + HORIZON)
        .order_by(Event.starts_at, Event.id)
        .limit(EVENTS_MAX)
    ).all()
    due = {
        row.id: reminder
        for row in upcoming
        if (reminder := due_reminder(row.reminders, starts_at=row.starts_at, zone=row.zone, now=now))
    }
    open_ones = _not_done(due, now=now)
    db.session.commit()
    return sum(_step(event_id, due[event_id], now=now) for event_id in open_ones)


def _not_done(due: dict[int, Reminder], *, now: datetime) -> Sequence[int]:
    """Return the events whose due reminder has not been queued to its end, and that was not overtaken by a move."""
    known: dict[int, list[EventReminder]] = {}
    if due:
        statement = select(EventReminder).where(EventReminder.event_id.in_(due)).order_by(EventReminder.id)
        # A handful of rows an event: its reminders, once more for each time that it was moved.
        for row in db.session.scalars(statement.execution_options(populate_existing=True)):
            known.setdefault(row.event_id, []).append(row)
    return [event_id for event_id, reminder in due.items() if _is_open(reminder, known.get(event_id, []), now=now)]


def _is_open(reminder: Reminder, known: Sequence[EventReminder], *, now: datetime) -> bool:
    same = [row for row in known if row.minutes == reminder.minutes]
    for row in same:
        if row.starts_at == reminder.starts_at:
            return row.finished_at is None
    # The event was moved after this reminder went: who was reminded has the letter about the move. Only if the new
    # moment came after that is there something to remind of again.
    return not same or now - reminder.at <= MOVED_GRACE


def _step(event_id: int, reminder: Reminder, *, now: datetime) -> int:
    with transaction() as session:
        row = _claimed(session, event_id, reminder, now=now)
        if row is None:
            return 0
        people = _next_people(session, row, reminder)
        outbox.queue_all([_letter(row, person) for person in people], now=now)
        if people:
            row.cursor = people[-1].id
        if len(people) < STEP:
            row.finished_at = now
        return len(people) + 1


def _claimed(session: Session, event_id: int, reminder: Reminder, *, now: datetime) -> EventReminder | None:
    """Return the row of this reminder, locked; None when it is done, or another worker is at it."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    values = {"event_id": event_id, "starts_at": reminder.starts_at, "minutes": reminder.minutes}
    session.execute(insert(EventReminder).values(**values, begun_at=now, cursor=0).on_conflict_do_nothing())
    # The event once more, as it is now: it may have been moved or cancelled since it was looked at.
    statement = (
        select(EventReminder)
        .join(Event, Event.id == EventReminder.event_id)
        .where(*(getattr(EventReminder, name) == value for name, value in values.items()))
        .where(
            EventReminder.finished_at.is_(None),
            Event.starts_at == reminder.starts_at,
            Event.state == EventState.PUBLISHED,
        )
        .with_for_update(of=EventReminder, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return session.scalars(statement).one_or_none()


def _next_people(session: Session, row: EventReminder, reminder: Reminder) -> Sequence[Registration]:
    stopped = exists().where(StoppedReminders.email_key == Registration.email_key)
    statement = (
        select(Registration)
        .where(
            Registration.event_id == row.event_id,
            Registration.id > row.cursor,
            Registration.state == RegistrationState.CONFIRMED,
            # Who has their place since then has just had a letter that says all this.
            Registration.confirmed_at <= reminder.known_before,
            ~stopped,
        )
        .order_by(Registration.id)
        .limit(STEP)
    )
    return session.scalars(statement).all()


def _letter(row: EventReminder, person: Registration) -> Wanted:
    return letter_to(
        person,
        "reminder",
        event_id=row.event_id,
        # With the start in it: a moved event is reminded of anew.
        key=f"reminder:{row.event_id}:{row.minutes}:{int(row.starts_at.timestamp())}:{person.id}",
        priority=Priority.BULK,
        ids={"reminder": row.id},
    )
