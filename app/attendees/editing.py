"""What organizers correct about an attendee: name, address, answers; and letters sent once more."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from app.core.addresses import Address
from app.core.db import require_transaction, transaction
from app.core.errors import BadInputError, ConflictError
from app.core.i18n import gettext as _
from app.history.service import Actor, record
from app.mail.models import Letter, LetterState
from app.registrations import places, searching, unsubscribing
from app.registrations.models import Answer, Registration
from app.registrations.rules import is_live
from app.registrations.service import AnswerValue
from app.registrations.signals import answers_changed

# The letter with the link is sent once in this many minutes, however often somebody presses.
AGAIN_MINUTES: Final = 10
NO_ADDRESS: Final = "none:"


@dataclass(frozen=True, slots=True)
class Correction:
    """What an attendee is to be: `answers` of the questions `asked`, others stay; None: no address.

    `revokes_link`: the link in earlier letters opens no longer, since they went to somebody else.
    """

    name: str
    address: Address | None
    answers: Mapping[int, AnswerValue]
    asked: frozenset[int]
    revokes_link: bool = False


def correct(registration_id: int, wish: Correction, *, by: Actor, now: datetime) -> None:
    """Write the correction; letters that wait go to the new address, and one more brings the link there.

    Of several corrections in ten minutes one brings it; the button that sends the link again is for the others.

    Raises BadInputError where somebody else at the event has the address, ConflictError for who was erased.
    """
    try:
        with transaction():
            _correct(registration_id, wish, by=by, now=now)
    except IntegrityError:
        # One live registration an address and event: the index says so, whoever was faster.
        raise BadInputError(_("Somebody at this event has this address already."), field="email") from None


def _correct(registration_id: int, wish: Correction, *, by: Actor, now: datetime) -> None:
    session = require_transaction()
    registration = places.held(registration_id)
    if registration.erased_at is not None:
        raise ConflictError(_("This person has been erased already."))
    changes: dict[str, tuple[object, object]] = {}
    if wish.name != registration.name:
        changes["name"] = (registration.name, wish.name)
        registration.name = wish.name
    old_key, old_email = registration.email_key, registration.email
    email, key = (wish.address.email, wish.address.key) if wish.address else ("", f"{NO_ADDRESS}{registration.code}")
    if email != old_email:
        changes["email"] = (old_email, email)
        registration.email, registration.email_key = email, key
    if wish.revokes_link:
        registration.token_version += 1
        changes["link"] = (None, True)
    answered = _answer(registration_id, wish)
    if answered:
        changes["answers"] = (None, answered)
    if not changes:
        return
    registration.revised_at = max(registration.revised_at, now)
    session.flush()
    searching.renew([registration_id])
    if "email" in changes:
        _redirect(registration, old_key)
        if wish.address and not wish.revokes_link:
            # The same person: what they want no more of, they want no more of there either.
            unsubscribing.carry_over(old_key, key, now=now)
    if ("email" in changes or wish.revokes_link) and is_live(registration):
        places.tell("again", registration, now=now, key=f"again:{registration.id}:corrected:{_slot(now)}")
    record(
        "attendee.corrected",
        by=by,
        now=now,
        event_id=registration.event_id,
        registration_id=registration.id,
        subject=registration.name,
        changes=changes,
    )


def _answer(registration_id: int, wish: Correction) -> int:
    """Replace the answers to what was asked; return how many of them are others than before."""
    session = require_transaction()
    mine = (Answer.registration_id == registration_id) & Answer.question_id.in_(wish.asked)
    before: dict[int, object] = dict(session.execute(select(Answer.question_id, Answer.value).where(mine)).all())
    after = {question_id: value for question_id, value in wish.answers.items() if question_id in wish.asked}
    changed = [id_ for id_ in before.keys() | after.keys() if before.get(id_) != after.get(id_)]
    if not changed:
        return 0
    session.execute(delete(Answer).where(mine), execution_options={"synchronize_session": False})
    rows = [{"registration_id": registration_id, "question_id": id_, "value": value} for id_, value in after.items()]
    if rows:
        session.execute(insert(Answer), rows)
    answers_changed.send(registration_id)
    return len(changed)


def _redirect(registration: Registration, old_key: str) -> None:
    """Send what waits for this registration, or failed, to the address it has now; without one, not at all."""
    values: dict[str, object] = {
        "to_email": registration.email,
        "to_key": registration.email_key,
        "to_name": registration.name,
    }
    if not registration.email:
        values = {"state": LetterState.STOPPED}
    require_transaction().execute(
        update(Letter)
        .where(
            Letter.to_key == old_key,
            # A failed one can be sent again by a button, which knows no address of its own.
            Letter.state.in_((LetterState.QUEUED, LetterState.FAILED)),
            Letter.ids["registration"].as_integer() == registration.id,
        )
        .values(**values),
        execution_options={"synchronize_session": False},
    )


def send_again(registration_id: int, *, by: Actor, now: datetime) -> None:
    """Send the letter that says how things are, with the link. Raises ConflictError where there is nothing to send."""
    with transaction():
        registration = places.held(registration_id)
        if not is_live(registration):
            raise ConflictError(_("This registration has ended in the meantime."))
        if not registration.email:
            raise ConflictError(_("This person has no e-mail address."))
        places.tell("again", registration, now=now, key=f"again:{registration.id}:by-hand:{_slot(now)}")
        record(
            "attendee.sent_again",
            by=by,
            now=now,
            event_id=registration.event_id,
            registration_id=registration.id,
            subject=registration.name,
        )


def _slot(now: datetime) -> int:
    """Return the ten minutes in which one letter with the link is sent, whoever asks for how many."""
    return int(now.timestamp()) // (60 * AGAIN_MINUTES)


def note_shown(registration: Registration, *, by: Actor, now: datetime) -> None:
    """Write down that somebody looked at answers which pages show masked."""
    with transaction():
        record(
            "attendee.answers_shown", by=by, now=now, event_id=registration.event_id, registration_id=registration.id
        )
