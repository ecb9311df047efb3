"""Signing up, correcting answers, giving the place back: each one transaction, the deciding write first."""

from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, Self

from sqlalchemy import Select, and_, delete, func, insert, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.core.addresses import Address
from app.core.db import db, transaction
from app.core.errors import BadInputError, ConflictError
from app.core.i18n import Language
from app.core.i18n import gettext as _
from app.core.tokens import new_code
from app.events.admission import clean_code
from app.events.invitations import use_invitation
from app.events.models import Event, EventInvitation, Visibility
from app.mail import outbox
from app.registrations import places, rules, searching
from app.registrations.letters import letter_to
from app.registrations.models import LIVE, LIVE_PREDICATE, Answer, Question, Registration, RegistrationState, revised
from app.registrations.queries import invitation_kept, next_offset
from app.registrations.rules import SignUpState, public_ticket_types, sign_up_status
from app.registrations.seats import lock, take_seat
from app.registrations.signals import answers_changed

# Who signs up twice within this time has pressed the button twice; the first letter is still on its way.
REPEAT_IS_A_SLIP: Final = timedelta(minutes=10)
# The link one has is sent once in this time, whoever asks: a stranger can fill nobody's mailbox, and somebody who
# lost the letter has it back within the day.
REMIND_EVERY: Final = timedelta(hours=8)
# An address that leaves while it signs up again has no place any more: then this sign-up is a new one.
_TRIES: Final = 3

AnswerValue = str | int | float | bool | list[str]


@dataclass(frozen=True, slots=True)
class SignUp:
    """What a person sent: clean, of the right shape, answers by question id (only those given)."""

    name: str
    address: Address
    ticket_type_id: int
    answers: Mapping[int, AnswerValue]
    language: Language
    code: str = ""  # the invitation brought, for an event that asks for one
    returns_from: int | None = None  # the registration that this person comes back from
    company: str = ""  # whom they work for, if their answers say so: they are found by it
    source: str = ""  # what led here (registrations.sources); empty: not known


@dataclass(frozen=True, slots=True)
class _AsRead:
    """What the decision rests on; in plain values, since a rollback makes an Event read itself anew."""

    event_id: int
    revision: int
    has_waiting_list: bool
    needs_approval: bool
    is_by_invitation: bool

    @classmethod
    def of(cls, event: Event) -> Self:
        by_invitation = event.visibility is Visibility.INVITATION
        return cls(event.id, event.revision, event.has_waiting_list, event.needs_approval, by_invitation)


class _Person(NamedTuple):
    """Whom the first letter goes to."""

    id: int
    email: str
    name: str
    language: Language


class _AlreadyRegisteredError(Exception):
    """Takes back what this sign-up has done so far: the address has a place already, or the event was changed."""


class _InvitationUsedUpError(BadInputError):
    """Everybody who could come with this invitation has signed up, or it was revoked in the meantime."""


def sign_up(event: Event, wish: SignUp, *, now: datetime) -> None:
    """Give the person a seat, or a place in the queue, and queue the letter that says which.

    Where an organizer decides on each sign-up, it becomes pending and takes no seat. At an event by invitation it
    takes one use of the code in the wish; who comes back, and passed the place on to nobody, has theirs still.

    An address that has a place already changes nothing and gets a letter with the link it has; the caller
    cannot tell the difference, and so cannot tell a stranger. Raises ConflictError when the event takes no
    sign-ups any more, BadInputError when the ticket type is full and has no queue, when the invitation is used up,
    and when the event was changed since it was read: cancelled, perhaps, or the answers are to questions that are
    gone.
    """
    _refuse_unless_open(event, wish, now=now)
    read = _AsRead.of(event)
    for _try in range(_TRIES):
        try:
            _give_place(read, wish, now=now)
        except _AlreadyRegisteredError:
            if _remind(read, wish, now=now):
                return
        except _InvitationUsedUpError:
            # The button pressed twice, with a code for one person.
            if _has_just_signed_up(read, wish, now=now):
                return
            raise
        else:
            return
    raise ConflictError(_("This registration has ended in the meantime."))


def _give_place(read: _AsRead, wish: SignUp, *, now: datetime) -> None:
    with transaction() as session:
        state = _decide(read, wish)
        # After the ticket type is locked, as everywhere.
        invitation_id = invitation_kept(wish.returns_from) if wish.returns_from is not None else None
        if read.is_by_invitation and invitation_id is None:
            invitation_id = use_invitation(read.event_id, wish.code, now=now)
        if read.is_by_invitation and invitation_id is None:
            raise _InvitationUsedUpError(_("This invitation has been used as often as it may be. Ask for another one."))
        registration_id = _insert(session, read, wish, state, invitation_id=invitation_id, now=now)
        if registration_id is None:
            raise _AlreadyRegisteredError
        _insert_answers(session, registration_id, wish.answers)
        person = _Person(registration_id, wish.address.email, wish.name, wish.language)
        outbox.queue_all([letter_to(person, state.value, event_id=read.event_id)], now=now)


def _decide(read: _AsRead, wish: SignUp) -> RegistrationState:
    """Take a seat if there is one; the ticket type is locked from here on."""
    if read.needs_approval:
        lock(wish.ticket_type_id)
        return RegistrationState.PENDING
    if take_seat(wish.ticket_type_id):
        return RegistrationState.CONFIRMED
    if not read.has_waiting_list:
        raise BadInputError(_("The last seat has just been taken."), field="ticket_type")
    return RegistrationState.WAITING


def _has_just_signed_up(read: _AsRead, wish: SignUp, *, now: datetime) -> bool:
    invitation_id = select(EventInvitation.id).where(
        EventInvitation.event_id == read.event_id, EventInvitation.code == clean_code(wish.code)
    )
    statement = select(Registration.id).where(
        Registration.event_id == read.event_id,
        Registration.email_key == wish.address.key,
        Registration.state.in_(LIVE),
        Registration.created_at > now - REPEAT_IS_A_SLIP,
        Registration.invitation_id.in_(invitation_id),
    )
    return db.session.scalar(statement) is not None


def _refuse_if_changed(revision: int | None, read: _AsRead) -> None:
    if revision != read.revision:
        raise BadInputError(_("The event has just been changed. Please look it over and send the form once more."))


def _refuse_unless_open(event: Event, wish: SignUp, *, now: datetime) -> None:
    status = sign_up_status(event, now=now)
    if status.state is SignUpState.FULL:
        raise BadInputError(_("The last seat has just been taken."), field="ticket_type")
    if not status.takes_sign_ups:
        raise ConflictError(_("This event takes no sign-ups at the moment."))
    if wish.ticket_type_id not in {ticket_type.id for ticket_type in public_ticket_types(event)}:
        raise BadInputError(_("Please choose how you will attend."), field="ticket_type")


def _insert(
    session: Session,
    read: _AsRead,
    wish: SignUp,
    state: RegistrationState,
    *,
    invitation_id: int | None,
    now: datetime,
) -> int | None:
    """Insert the registration; None when the address has a live one, or when the event is not as it was read.

    The first is decided by the partial unique index, the second here: whoever changes an event locks its ticket
    types first (exchange.rows), so with the lock of `take_seat` held the revision cannot rise any more.
    """
    offset = next_offset(read.event_id, wish.address.key).scalar_subquery()
    code = new_code()
    found_by = searching.columns(name=wish.name, email=wish.address.email, code=code, company=wish.company)
    values: dict[InstrumentedAttribute[Any], Any] = {
        Registration.code: code,
        Registration.ticket_type_id: wish.ticket_type_id,
        Registration.state: state,
        Registration.name: wish.name,
        Registration.email: wish.address.email,
        Registration.email_key: wish.address.key,
        Registration.language: wish.language,
        Registration.token_version: 1,
        Registration.created_at: now,
        Registration.confirmed_at: now if state is RegistrationState.CONFIRMED else None,
        Registration.invitation_id: invitation_id,
        Registration.revised_at: now,
        Registration.search_text: found_by["search_text"],
        Registration.sort_name: found_by["sort_name"],
        Registration.source: wish.source,
    }
    as_it_was_read = select(
        Event.id,
        func.coalesce(offset, 0),
        *(literal(value, column.type) for column, value in values.items()),
    ).where(Event.id == read.event_id, Event.revision == read.revision)
    statement = _on_conflict_nothing(
        session, [Registration.event_id, Registration.calendar_offset, *values], as_it_was_read
    )
    return session.scalar(statement.returning(Registration.id))


def _on_conflict_nothing(
    session: Session, columns: list[InstrumentedAttribute[Any]], rows: Select[Any]
) -> sqlite.Insert | postgresql.Insert:
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    statement: sqlite.Insert | postgresql.Insert = dialect.insert(Registration)
    return statement.from_select(columns, rows).on_conflict_do_nothing(
        index_elements=[Registration.event_id, Registration.email_key], index_where=LIVE_PREDICATE
    )


def _insert_answers(session: Session, registration_id: int, answers: Mapping[int, AnswerValue]) -> None:
    if answers:
        session.execute(
            insert(Answer),
            [
                {"registration_id": registration_id, "question_id": question_id, "value": value}
                for question_id, value in answers.items()
            ],
        )


def _remind(read: _AsRead, wish: SignUp, *, now: datetime) -> bool:
    """Send the link that this address already has, unless it was sent lately; False when it has none any more."""
    live = and_(
        Registration.event_id == Event.id, Registration.email_key == wish.address.key, Registration.state.in_(LIVE)
    )
    with transaction() as session:
        statement = select(Event.revision, Registration).outerjoin(Registration, live).where(Event.id == read.event_id)
        found = session.execute(statement).one()
        registration: Registration | None = found[1]
        _refuse_if_changed(found[0], read)
        if registration is None:
            return False
        is_slip = now - registration.created_at < REPEAT_IS_A_SLIP
        if is_slip or not _queue_again(registration, wish.language, now=now):
            # A commit that reaches the disk takes as long as a new sign-up; one with nothing to write would tell
            # whoever has a watch that the address is known.
            nothing_new = update(Registration).values(token_version=Registration.token_version)
            session.execute(
                nothing_new.where(Registration.id == registration.id),
                execution_options={"synchronize_session": False},
            )
        return True


def _queue_again(registration: Registration, language: Language, *, now: datetime) -> bool:
    slot = int(now.timestamp() // REMIND_EVERY.total_seconds())
    # To the address on record, not to the one just typed: the key is the same, the mailbox might not be.
    key = f"again:{registration.id}:{slot}"
    letter = letter_to(registration, "again", event_id=registration.event_id, key=key, language=language)
    return outbox.queue_all([letter], now=now) == 1


def change_answers(registration: Registration, *, name: str, answers: Mapping[int, AnswerValue], now: datetime) -> None:
    """Replace the person's name and answers.

    Raises ConflictError when it is too late, BadInputError when the event is no longer the one that was read.
    """
    _refuse_unless_changeable(registration, now=now)
    with transaction() as session:
        # Who takes a question away counts its answers under this lock.
        lock(registration.ticket_type_id)
        event = registration.event
        _refuse_if_changed(session.scalar(select(Event.revision).where(Event.id == event.id)), _AsRead.of(event))
        statement = (
            update(Registration)
            .where(Registration.id == registration.id, Registration.state.in_(LIVE))
            .values(name=name, revised_at=revised(now))
        )
        if session.execute(statement, execution_options={"synchronize_session": False}).rowcount == 0:  # type: ignore[attr-defined]  # an UPDATE gives a CursorResult
            raise ConflictError(_("This registration has ended in the meantime."))
        # Answers to what is asked no longer, or of those who have a place alone, are kept: they were not on the form.
        asked = select(Question.id).where(
            Question.event_id == event.id, Question.is_retired.is_(False), Question.is_after_acceptance.is_(False)
        )
        session.execute(
            delete(Answer).where(Answer.registration_id == registration.id, Answer.question_id.in_(asked)),
            execution_options={"synchronize_session": False},
        )
        _insert_answers(session, registration.id, answers)
        searching.renew([registration.id])
        answers_changed.send(registration.id)


def answer_later(
    registration: Registration, questions: Sequence[Question], answers: Mapping[int, AnswerValue], *, now: datetime
) -> None:
    """Replace the person's answers to these questions, which are asked of those who have a place.

    Raises ConflictError when they have none any more, BadInputError when the event is no longer the one that was read.
    """
    with transaction() as session:
        lock(registration.ticket_type_id)
        event = registration.event
        _refuse_if_changed(session.scalar(select(Event.revision).where(Event.id == event.id)), _AsRead.of(event))
        present = session.scalar(select(Registration.state).where(Registration.id == registration.id))
        if present is not RegistrationState.CONFIRMED:
            raise ConflictError(_("This registration has ended in the meantime."))
        ids = {question.id for question in questions}
        _forget_answers(session, registration.id, ids, now=now)
        _insert_answers(session, registration.id, {key: value for key, value in answers.items() if key in ids})
        searching.renew([registration.id])
        answers_changed.send(registration.id)


def take_back(registration: Registration, question_ids: Container[int], *, now: datetime) -> None:
    """Take back what this person has agreed to, whatever became of their place."""
    with transaction() as session:
        lock(registration.ticket_type_id)
        given = {answer.question_id for answer in registration.answers if answer.question_id in question_ids}
        _forget_answers(session, registration.id, given, now=now)
        answers_changed.send(registration.id)


def _forget_answers(session: Session, registration_id: int, question_ids: Collection[int], *, now: datetime) -> None:
    session.execute(
        update(Registration).where(Registration.id == registration_id).values(revised_at=revised(now)),
        execution_options={"synchronize_session": False},
    )
    session.execute(
        delete(Answer).where(Answer.registration_id == registration_id, Answer.question_id.in_(question_ids)),
        execution_options={"synchronize_session": False},
    )


def cancel(registration: Registration, *, now: datetime) -> None:
    """Give the place back; a freed seat goes to the first in the queue, and both are told by letter.

    A second press changes nothing. Raises ConflictError when it is too late.
    """
    if not rules.is_live(registration):
        return
    if not rules.can_leave(registration, now=now):
        raise ConflictError(_("This registration cannot be changed any more."))
    with transaction():
        places.end(places.held(registration.id), "cancelled", now=now)


def _refuse_unless_changeable(registration: Registration, *, now: datetime) -> None:
    if not rules.can_change_answers(registration, now=now):
        raise ConflictError(_("This registration cannot be changed any more."))
