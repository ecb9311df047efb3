"""Deciding on sign-ups that wait for an organizer: a seat or a place in the queue, or a refusal in words."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, raiseload, selectinload

from app.core.db import db, require_transaction, transaction
from app.core.errors import ConflictError
from app.core.i18n import gettext as _
from app.events.locking import locked_event
from app.events.models import Event, EventState, TicketType
from app.history.service import Actor, record
from app.mail import outbox
from app.registrations.letters import letter_to
from app.registrations.models import Registration, RegistrationState
from app.registrations.rules import seats_left
from app.registrations.seats import take_seat

PER_PAGE: Final = 50
# Decided in one transaction, when all are: short enough that sign-ups of other events do not wait for it on SQLite.
STEP: Final = 50


@dataclass(frozen=True, slots=True)
class Approved:
    """What became of those who were approved; `left` found no seat at an event without a waiting list, and wait on."""

    confirmed: int = 0
    waiting: int = 0
    left: int = 0

    def __add__(self, other: "Approved") -> "Approved":
        """Return both together."""
        return Approved(self.confirmed + other.confirmed, self.waiting + other.waiting, self.left + other.left)


def pending_of(event_id: int, *, after: int = 0, limit: int = PER_PAGE) -> Sequence[Registration]:
    """Return who waits for a decision, the first to sign up first, with answers and ticket type; two statements."""
    statement = (
        select(Registration)
        .where(
            Registration.event_id == event_id,
            Registration.state == RegistrationState.PENDING,
            Registration.id > after,
        )
        .options(joinedload(Registration.ticket_type), selectinload(Registration.answers), raiseload("*"))
        .order_by(Registration.id)
        .limit(limit)
    )
    return db.session.scalars(statement).all()


def pending_among(event_id: int, registration_ids: Iterable[int]) -> Sequence[Registration]:
    """Return those of these who still wait for a decision at this event, with their ticket type."""
    statement = (
        select(Registration)
        .where(
            Registration.event_id == event_id,
            Registration.state == RegistrationState.PENDING,
            Registration.id.in_(list(registration_ids)[:PER_PAGE]),
        )
        .options(joinedload(Registration.ticket_type), raiseload("*"))
        .order_by(Registration.id)
    )
    return db.session.scalars(statement).all()


def outlook(event: Event, people: Sequence[Registration]) -> Approved:
    """Return what would become of these people if all were approved now."""
    seated = 0
    wanted = Counter(person.ticket_type_id for person in people)
    types: dict[int, TicketType] = {person.ticket_type_id: person.ticket_type for person in people}
    for ticket_type_id, number in wanted.items():
        left = seats_left(types[ticket_type_id])
        seated += number if left is None else min(number, left)
    rest = len(people) - seated
    return Approved(seated, rest, 0) if event.has_waiting_list else Approved(seated, 0, rest)


def approve(event_id: int, registration_ids: Iterable[int], *, by: Actor, now: datetime) -> Approved:
    """Give each of these a seat, else a place in the queue, and tell them by letter.

    Who is not pending any more is passed over. Raises ConflictError when the event is over or cancelled.
    """
    with transaction():
        return approve_these(event_id, registration_ids, by=by, now=now)


def approve_these(event_id: int, registration_ids: Iterable[int], *, by: Actor, now: datetime) -> Approved:
    """Approve at most fifty, as `approve` does, in the caller's transaction."""
    session = require_transaction()
    event = _undecided_event(event_id, now=now)
    people = _hold(session, event_id, sorted(set(registration_ids))[:PER_PAGE])
    return _approve(session, event, people, by=by, now=now)


def approve_all(event_id: int, *, by: Actor, now: datetime) -> Approved:
    """Approve everybody who waits for a decision, in steps: a process that dies has done whole ones."""
    done, after = Approved(), 0
    while True:
        with transaction() as session:
            event = _undecided_event(event_id, now=now)
            people = _hold(session, event_id, None, after=after)
            done += _approve(session, event, people, by=by, now=now)
        if len(people) < STEP:
            return done
        after = people[-1].id


def decline(event_id: int, registration_ids: Iterable[int], *, words: str, by: Actor, now: datetime) -> int:
    """Refuse these sign-ups, in the organizer's own words if there are any, and tell them by letter; return how many.

    Who is not pending any more is passed over.
    """
    with transaction():
        return decline_these(event_id, registration_ids, words=words, by=by, now=now)


def decline_these(event_id: int, registration_ids: Iterable[int], *, words: str, by: Actor, now: datetime) -> int:
    """Decline at most fifty, as `decline` does, in the caller's transaction."""
    session = require_transaction()
    locked_event(event_id)
    people = _hold(session, event_id, sorted(set(registration_ids))[:PER_PAGE])
    for person in people:
        person.state = RegistrationState.DECLINED
        person.declined_words = words or None
        person.revised_at = max(person.revised_at, now)
        _tell(person, "declined", now=now)
        _record("registration.declined", person, by=by, now=now)
    return len(people)


def _undecided_event(event_id: int, *, now: datetime) -> Event:
    event = locked_event(event_id)
    if event.state is EventState.CANCELLED or event.ends_at <= now:
        raise ConflictError(_("This event is over or cancelled: nobody can be given a place any more."))
    return event


def _hold(
    session: Session, event_id: int, registration_ids: Sequence[int] | None, *, after: int = 0
) -> Sequence[Registration]:
    statement = (
        select(Registration)
        .where(
            Registration.event_id == event_id,
            Registration.state == RegistrationState.PENDING,
            Registration.id > after,
        )
        .options(raiseload("*"))
        .order_by(Registration.id)
        .limit(STEP)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if registration_ids is not None:
        statement = statement.where(Registration.id.in_(registration_ids))
    return session.scalars(statement).all()


def _approve(session: Session, event: Event, people: Sequence[Registration], *, by: Actor, now: datetime) -> Approved:
    states: Counter[RegistrationState] = Counter()
    for person in people:
        if take_seat(person.ticket_type_id):
            person.state, person.confirmed_at = RegistrationState.CONFIRMED, now
        elif event.has_waiting_list:
            person.state = RegistrationState.WAITING
        states[person.state] += 1
        if person.state is RegistrationState.PENDING:
            continue
        person.revised_at = max(person.revised_at, now)
        session.flush()  # whoever comes next must see who waits
        _tell(person, person.state.value, now=now)
        _record("registration.approved", person, by=by, now=now)
    return Approved(
        states[RegistrationState.CONFIRMED], states[RegistrationState.WAITING], states[RegistrationState.PENDING]
    )


def _tell(person: Registration, kind: str, *, now: datetime) -> None:
    outbox.queue_all([letter_to(person, kind, event_id=person.event_id)], now=now)


def _record(action: str, person: Registration, *, by: Actor, now: datetime) -> None:
    before, words = RegistrationState.PENDING, person.declined_words
    changes: dict[str, tuple[object, object]] = {"state": (before, person.state)}
    if words:
        changes["words"] = (None, words)
    record(
        action,
        by=by,
        now=now,
        event_id=person.event_id,
        registration_id=person.id,
        subject=person.name,
        changes=changes,
    )
