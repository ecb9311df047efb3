"""A registration held fast while it is decided upon, and how a place ends; in the caller's transaction.

Every change of a registration's state happens with its ticket type locked first, and then its own row.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import select, update

from app.core.db import require_transaction
from app.core.errors import ConflictError
from app.core.i18n import gettext as _
from app.mail import outbox
from app.registrations.letters import letter_to
from app.registrations.models import LIVE, SEATED, Registration, RegistrationState, Transfer, TransferState
from app.registrations.seats import lock, release_seat
from app.registrations.signals import place_ended
from app.registrations.waitlist import promote_all

# Somebody moved to another ticket type in the moment between two statements is looked for once more.
_TRIES: Final = 5


def held(registration_id: int) -> Registration:
    """Lock the ticket type and the registration, and return it as it is now. Raises ConflictError when it is gone."""
    session = require_transaction()
    for _try in range(_TRIES):
        ticket_type_id = session.scalar(select(Registration.ticket_type_id).where(Registration.id == registration_id))
        if ticket_type_id is None:
            break
        lock(ticket_type_id)
        registration = session.scalar(
            select(Registration)
            .where(Registration.id == registration_id, Registration.ticket_type_id == ticket_type_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        if registration is not None:
            return registration
    raise ConflictError(_("This registration has ended in the meantime."))


def end(registration: Registration, letter: str, *, now: datetime) -> bool:
    """End a held registration, tell its person by this letter, and give the seat to the next in line.

    False when it had ended already: then nothing happens.
    """
    session = require_transaction()
    before = registration.state
    if before not in LIVE:
        return False
    registration.state = RegistrationState.CANCELLED
    registration.cancelled_at, registration.revised_at = now, max(registration.revised_at, now)
    session.flush()
    withdraw_transfer(registration.id, now=now)
    place_ended.send(registration.id)
    tell(letter, registration, now=now, was=before.value)
    if before in SEATED:
        release_seat(registration.ticket_type_id)
        promote_all(registration.ticket_type_id, now=now)
    return True


def withdraw_transfer(registration_id: int, *, now: datetime) -> bool:
    """Take back a place that was on its way to somebody else; tell whether one was."""
    session = require_transaction()
    withdrawn = session.scalar(
        update(Transfer)
        .where(Transfer.registration_id == registration_id, Transfer.state == TransferState.OPEN)
        .values(state=TransferState.WITHDRAWN, closed_at=now)
        .returning(Transfer.id)
    )
    return withdrawn is not None


def tell(kind: str, registration: Registration, *, now: datetime, key: str = "", **ids: object) -> None:
    """Queue a letter of this kind to the person, once for the registration or for the longer `key`."""
    outbox.queue_all([letter_to(registration, kind, event_id=registration.event_id, key=key, ids=ids)], now=now)
