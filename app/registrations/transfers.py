"""Passing a place on: it stays the giver's until the other person confirms, and never enters the queue.

What the giver learns is whether the place was taken; not whether the other address is registered already.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.core.addresses import Address
from app.core.db import db, transaction
from app.core.errors import BadInputError, ConflictError
from app.core.i18n import Language
from app.core.i18n import gettext as _
from app.core.tokens import new_code
from app.mail import outbox
from app.registrations import places, searching
from app.registrations.letters import topic_of
from app.registrations.models import Answer, Registration, RegistrationState, Transfer, TransferState
from app.registrations.queries import next_offset, transfers_begun
from app.registrations.rules import can_pass_on, is_on_its_way, sign_up_ends
from app.registrations.signals import place_ended

OPEN_FOR: Final = timedelta(days=3)
# Letters to strangers that one person can cause at one event.
TRANSFERS_MAX: Final = 5

AnswerValue = str | int | float | bool | list[str]


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who is to have the place, as the giver wrote it."""

    name: str
    address: Address


def pass_on(registration: Registration, receiver: Receiver, *, language: Language, now: datetime) -> None:
    """Write to somebody that they may have this place.

    Raises BadInputError for the giver's own address, ConflictError when the place cannot be passed on (any more), or
    was offered to too many people already.
    """
    if receiver.address.key == registration.email_key:
        raise BadInputError(_("This is your own address. Whom do you want to give your place to?"), field="email")
    with transaction() as session:
        present = places.held(registration.id)
        if not can_pass_on(present, now=now):
            raise ConflictError(_("This place cannot be passed on any more."))
        places.withdraw_transfer(present.id, now=now)
        # Of the person, not of the registration: who leaves and comes back has no more of them.
        if transfers_begun(present) >= TRANSFERS_MAX:
            raise ConflictError(_("You have offered your place to several people. Please write to the organizers."))
        transfer = Transfer(
            code=new_code(),
            registration_id=present.id,
            name=receiver.name,
            email=receiver.address.email,
            email_key=receiver.address.key,
            language=language,
            created_at=now,
            expires_at=min(now + OPEN_FOR, sign_up_ends(present.event)),
        )
        session.add(transfer)
        session.flush()
        _write(transfer, present.event_id, now=now)


def _write(transfer: Transfer, event_id: int, *, now: datetime) -> None:
    outbox.queue(
        "transfer",
        key=f"transfer:{transfer.id}",
        to_email=transfer.email,
        to_name=transfer.name,
        language=transfer.language,
        # The giver's number too: who looks for letters about a registration finds this one.
        ids={"registration": transfer.registration_id, "transfer": transfer.id},
        topic=topic_of(event_id),
        now=now,
    )


def withdraw(registration: Registration, *, now: datetime) -> None:
    """Keep the place after all. Raises ConflictError when the other person has it already."""
    with transaction():
        present = places.held(registration.id)
        if not places.withdraw_transfer(present.id, now=now) and present.state is not RegistrationState.CONFIRMED:
            raise ConflictError(_("This registration has ended in the meantime."))


def accept(
    transfer: Transfer, *, name: str, answers: Mapping[int, AnswerValue], language: Language, now: datetime
) -> Registration:
    """Give the place to the other person and end the giver's registration; both are told. Return the new one.

    Raises ConflictError when the place is no longer to be had, or the address has one already; of two that press at
    once, one gets it.
    """
    try:
        with transaction():
            giver = places.held(transfer.registration_id)
            present = _held(transfer.id)
            if not is_on_its_way(present, giver, now=now):
                raise ConflictError(_("This place is no longer to be had: it was withdrawn, or the time is over."))
            receiver = _receive(present, giver, name=name, answers=answers, language=language, now=now)
    except IntegrityError:
        # One live registration an address and event: the index says so, whoever was faster.
        raise ConflictError(_("You are registered for this event already, with this address.")) from None
    return receiver


def _held(transfer_id: int) -> Transfer:
    statement = select(Transfer).where(Transfer.id == transfer_id).with_for_update()
    return db.session.scalars(statement.execution_options(populate_existing=True)).one()


def _receive(
    transfer: Transfer,
    giver: Registration,
    *,
    name: str,
    answers: Mapping[int, AnswerValue],
    language: Language,
    now: datetime,
) -> Registration:
    """Put one person in the place of the other. The seat is counted already, and changes hands."""
    session = db.session
    key = transfer.email_key
    offset = session.scalar(next_offset(giver.event_id, key))
    giver.state = RegistrationState.CANCELLED
    giver.cancelled_at, giver.revised_at = now, max(giver.revised_at, now)
    receiver = Registration(
        code=new_code(),
        event_id=giver.event_id,
        ticket_type_id=giver.ticket_type_id,
        invitation_id=giver.invitation_id,
        state=RegistrationState.CONFIRMED,
        name=name,
        email=transfer.email,
        email_key=key,
        language=language,
        calendar_offset=offset or 0,
        created_at=now,
        confirmed_at=now,
        revised_at=now,
        answers=[Answer(question_id=question_id, value=value) for question_id, value in answers.items()],
    )
    session.add(receiver)
    session.flush()
    searching.renew([receiver.id])
    transfer.state, transfer.closed_at, transfer.accepted_id = TransferState.ACCEPTED, now, receiver.id
    place_ended.send(giver.id)
    places.tell("passed-on", giver, now=now, was=RegistrationState.CONFIRMED.value)
    places.tell("confirmed", receiver, now=now)
    return receiver


def is_to_be_had(transfer: Transfer, *, now: datetime) -> bool:
    """Tell whether the place can still be taken by this link."""
    return is_on_its_way(transfer, transfer.registration, now=now)
