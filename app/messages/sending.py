"""Sending a message: now or at a time, to those who were counted, one letter each, whatever dies; and stopping it."""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, or_, select, text, update
from sqlalchemy.orm import Session, raiseload

from app.accounts.models import Organizer
from app.accounts.rights import Permission, permissions_of
from app.core.db import db, require_transaction, transaction
from app.core.errors import BadInputError, ConflictError
from app.core.i18n import LANGUAGES, Language
from app.core.i18n import gettext as _
from app.core.traces import trace
from app.events.models import Event, EventRole
from app.history.service import THE_SITE, Actor
from app.mail import outbox
from app.mail.models import Letter, LetterState, Priority
from app.mail.queries import IN_A_BATCH
from app.messages import mails
from app.messages.audience import Outlook, outlook, reached
from app.messages.forgetting import forget_typed
from app.messages.models import Message, MessageState, Purpose
from app.messages.past import note
from app.registrations.letters import letter_to, topic_of
from app.registrations.models import Registration
from app.wording.placeholders import mistakes

log = logging.getLogger(__name__)

# Letters queued, or stopped, in one transaction: short enough that sign-ups do not wait for it on SQLite.
STEP: Final = 500
_AT_ONCE: Final = 10
# Who presses the button twice within this time, in seconds, gets one test.
_SLIP: Final = 10
# Written out, not bound: neither engine uses a partial index for a predicate that it cannot read.
_UNFINISHED: Final = text("messages.finished_at IS NULL AND messages.state IN ('scheduled', 'sending', 'stopped')")


class AudienceChangedError(ConflictError):
    """Somebody came or went since it was counted whom the message goes to; nothing is sent."""

    def __init__(self) -> None:
        """Say it."""
        super().__init__(
            _("Since you opened this page, the number of people it goes to has changed. Nothing is sent yet.")
        )


def problems(message: Message) -> list[str]:
    """Return in the reader's language what keeps a message from being sent."""
    found = []
    if not message.subject:
        found.append(_("It has no subject yet."))
    if not message.body:
        found.append(_("It has no text yet."))
    written = [getattr(texts, language) for texts in (message.subject, message.body) for language in LANGUAGES]
    if any(mistakes(words, mails.ALLOWED) for words in written):
        found.append(_("It has a placeholder that cannot be filled."))
    if message.purpose is Purpose.REGISTRATION and not message.why:
        found.append(_("It does not say yet what it has to do with people's registrations."))
    if message.has_forgotten:
        found.append(_("What was typed to say whom it is for is not kept. Look at who gets it, and save it once."))
    return found


def missing_languages(message: Message) -> list[Language]:
    """Return the languages in which subject or text is not written, of a message that can be sent."""
    return [
        language
        for language in LANGUAGES
        if not (getattr(message.subject, language) and getattr(message.body, language))
    ]


def begin(event: Event, message_id: int, *, shown: int, revision: int, by: Actor, now: datetime) -> None:
    """Send a draft to the number of people that was shown.

    Raises AudienceChangedError when it is another number by now, ConflictError when the message was changed since it
    was shown or has been sent already, BadInputError when it cannot be sent.
    """
    with transaction() as session:
        message = _taken(session, event, message_id, revision, {"state": MessageState.SENDING, "send_at": None})
        _refuse_problems(message)
        there = outlook(event, message)
        if there.goes_to != shown:
            raise AudienceChangedError
        if not there.goes_to:
            raise BadInputError(_("It would go to nobody."))
        _set_off(session, message, there, by=by, now=now)
        outbox.wake_after_commit(session)


def schedule(event: Event, message_id: int, *, at: datetime, revision: int, by: Actor, now: datetime) -> None:
    """Let a draft be sent at a time, to whoever fits then; raises as `begin` does, BadInputError for a time gone by."""
    if at <= now:
        raise BadInputError(_("This time has passed already."), field="at")
    with transaction() as session:
        # In whose name it goes: who may not write any more when it is time sends nothing.
        values = {"state": MessageState.SCHEDULED, "send_at": at, "organizer_id": by.organizer_id}
        message = _taken(session, event, message_id, revision, values)
        _refuse_problems(message)
        changes = {"send_at": (None, at), "recipients": (None, outlook(event, message).goes_to)}
        note("message.scheduled", message, by=by, now=now, changes=changes)


def unschedule(event_id: int, message_id: int, *, by: Actor, now: datetime) -> None:
    """Make a scheduled message a draft again. Raises ConflictError when it has set off meanwhile."""
    with transaction() as session:
        if not _back_to_draft(session, [Message.id == message_id, Message.event_id == event_id], by=by, now=now):
            raise ConflictError(_("This message does not wait for a time: it has set off, or is a draft already."))


def hold_back(event_id: int, *, now: datetime) -> int:
    """Make drafts of the scheduled messages of an event that was cancelled, in the caller's transaction."""
    return _back_to_draft(require_transaction(), [Message.event_id == event_id], by=THE_SITE, now=now)


def _back_to_draft(session: Session, which: list[Any], *, by: Actor, now: datetime) -> int:
    messages = session.scalars(
        update(Message)
        .where(*which, Message.state == MessageState.SCHEDULED)
        .values(state=MessageState.DRAFT, send_at=None, revision=Message.revision + 1, revised_at=now)
        .returning(Message),
        execution_options={"synchronize_session": False, "populate_existing": True},
    ).all()
    for message in messages:
        note("message.unscheduled", message, by=by, now=now)
    return len(messages)


def stop(event_id: int, message_id: int, *, by: Actor, now: datetime) -> None:
    """Let no letter of a message leave that has not left yet. Raises ConflictError when there is none.

    From the commit on none is written any more; a letter that a worker has in its hands may still arrive.
    """
    with transaction() as session:
        message = session.scalar(
            update(Message)
            .where(
                Message.id == message_id,
                Message.event_id == event_id,
                Message.state.in_((MessageState.SENDING, MessageState.SENT)),
            )
            .values(state=MessageState.STOPPED, finished_at=None)
            .returning(Message),
            execution_options={"synchronize_session": False, "populate_existing": True},
        )
        if message is None:
            raise ConflictError(_("This message is not being sent."))
        waiting = session.scalar(_waiting(message)) or 0
        if message.cursor >= message.high_id and not waiting:
            raise ConflictError(_("All its e-mails have left already; nothing is stopped."))
        changes = {"letters": (message.recipients, message.letters - waiting)}
        note("message.stopped", message, by=by, now=now, changes=changes)
        outbox.wake_after_commit(session)


def _waiting(message: Message) -> Any:  # noqa: ANN401 - a statement
    return select(func.count()).where(Letter.batch == message.batch, IN_A_BATCH, Letter.state == LetterState.QUEUED)


def send_test(
    message: Message, *, to_email: str, to_name: str, organizer_id: int, registration_id: int | None, now: datetime
) -> int:
    """Queue the message to an organizer's own address, in each language it is written in; return how many letters."""
    languages = [language for language in LANGUAGES if getattr(message.body, language)]
    with transaction():
        return outbox.queue_all(
            [
                outbox.Wanted(
                    mails.TEST,
                    key=f"{mails.TEST}:{message.id}:{organizer_id}:{language}:{int(now.timestamp()) // _SLIP}",
                    to_email=to_email,
                    to_name=to_name,
                    language=language,
                    ids={"message": message.id, "as": registration_id},
                    topic=topic_of(message.event_id),
                )
                for language in languages
            ],
            now=now,
        )


def send_due(now: datetime) -> int:
    """Go on with messages that are due or under way; return how many things were done. A duty.

    Any number may run at once, and each may be killed: a step is one transaction, which locks its message.
    """
    due = or_(Message.state != MessageState.SCHEDULED, Message.send_at <= now)
    statement = select(Message.id).where(_UNFINISHED, due).order_by(Message.id).limit(_AT_ONCE)
    done, after = 0, 0
    while True:
        message_ids = db.session.scalars(statement.where(Message.id > after)).all()
        db.session.commit()
        done += sum(_try_step(message_id, now=now) for message_id in message_ids)
        if len(message_ids) < _AT_ONCE:
            return done
        after = message_ids[-1]


def _try_step(message_id: int, *, now: datetime) -> int:
    try:
        return _step(message_id, now=now)
    except Exception as error:  # noqa: BLE001 - whatever it is, other messages go on
        log.error("a step of message %s failed\n%s", message_id, trace(error))  # noqa: TRY400 - a trace without people's data
        return 0


def _step(message_id: int, *, now: datetime) -> int:
    with transaction() as session:
        found = session.execute(
            select(Message, Event)
            .join(Event, Event.id == Message.event_id)
            .where(Message.id == message_id, Message.finished_at.is_(None))
            .options(raiseload("*"))
            .with_for_update(of=Message, skip_locked=True)
            .execution_options(populate_existing=True)
        ).one_or_none()
        if found is None:
            return 0
        message, event = found
        if message.state is MessageState.SCHEDULED and message.send_at is not None and message.send_at <= now:
            if not _may_still(session, message):
                return _back_to_draft(session, [Message.id == message_id], by=THE_SITE, now=now)
            _set_off(session, message, outlook(event, message), by=THE_SITE, now=now)
            return 1
        if message.state is MessageState.SENDING:
            return _queue_next(session, event, message, now=now)
        if message.state is MessageState.STOPPED:
            return _stop_next(session, message, now=now)
        return 0


def _may_still(session: Session, message: Message) -> bool:
    """Tell whether whoever scheduled the message may write to the event's attendees now."""
    row = session.execute(
        select(Organizer.role, EventRole.role)
        .outerjoin(EventRole, (EventRole.organizer_id == Organizer.id) & (EventRole.event_id == message.event_id))
        .where(Organizer.id == message.organizer_id, Organizer.removed_at.is_(None))
    ).one_or_none()
    return row is not None and Permission.WRITE in permissions_of(row[0], filter(None, [row[1]]))


def _queue_next(session: Session, event: Event, message: Message, *, now: datetime) -> int:
    people = session.execute(
        select(Registration.id, Registration.email, Registration.name, Registration.language)
        .where(*reached(event, message), Registration.id > message.cursor, Registration.id <= message.high_id)
        .order_by(Registration.id)
        .limit(STEP)
    ).all()
    message.letters += outbox.queue_all(_letters(message, people), now=now)
    if len(people) < STEP:
        message.cursor = message.high_id
        message.state, message.finished_at = MessageState.SENT, now
        forget_typed(message)
    else:
        message.cursor = people[-1].id
    return len(people) + 1


def _letters(message: Message, people: Sequence[Any]) -> list[outbox.Wanted]:
    return [
        letter_to(
            person,
            mails.KIND,
            event_id=message.event_id,
            key=f"message:{message.id}:{person.id}",
            priority=Priority.BULK,
            batch=message.batch,
            ids={"message": message.id},
        )
        for person in people
    ]


def _stop_next(session: Session, message: Message, *, now: datetime) -> int:
    """Stop the next letters of a stopped message; those that come due meanwhile are not written anyway."""
    waiting = (
        select(Letter.id)
        .where(Letter.batch == message.batch, IN_A_BATCH, Letter.state == LetterState.QUEUED)
        .order_by(Letter.id)
        .limit(STEP)
    )
    stopped = session.scalars(
        # The state once more: one that a worker has leased meanwhile is that worker's.
        update(Letter)
        .where(Letter.id.in_(waiting.scalar_subquery()), Letter.state == LetterState.QUEUED)
        .values(state=LetterState.STOPPED)
        .returning(Letter.id),
        execution_options={"synchronize_session": False},
    ).all()
    if len(stopped) < STEP:
        message.finished_at = now
        forget_typed(message)
    return len(stopped) + 1


def _taken(session: Session, event: Event, message_id: int, revision: int, values: dict[str, Any]) -> Message:
    """Take the draft as it was shown, for one of several who press the button. The deciding write."""
    message = session.scalar(
        update(Message)
        .where(
            Message.id == message_id,
            Message.event_id == event.id,
            Message.state == MessageState.DRAFT,
            Message.revision == revision,
        )
        .values(values)
        .returning(Message),
        execution_options={"synchronize_session": False, "populate_existing": True},
    )
    if message is None:
        raise ConflictError(
            _("This message has been changed, scheduled or sent since you opened the page. Please look at it again.")
        )
    return message


def _refuse_problems(message: Message) -> None:
    if found := problems(message):
        raise BadInputError(found[0])


def _set_off(session: Session, message: Message, there: Outlook, *, by: Actor, now: datetime) -> None:
    """Fix the audience: who fits now, up to the newest registration of this moment."""
    high_id = session.scalar(select(func.max(Registration.id)).where(Registration.event_id == message.event_id))
    message.state, message.begun_at = MessageState.SENDING, now
    message.high_id, message.recipients = high_id or 0, there.goes_to
    note("message.sent", message, by=by, now=now, changes={"recipients": (None, there.goes_to)})
