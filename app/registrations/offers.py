"""Seats that are offered until a certain moment: taken, or gone to the next in line. Each one transaction."""

from datetime import datetime
from typing import Final

from sqlalchemy import select

from app.core.db import db, transaction
from app.core.errors import ConflictError
from app.core.i18n import gettext as _
from app.events.models import Event, EventState
from app.registrations import places, rules
from app.registrations.models import OFFERED_PREDICATE, Registration, RegistrationState

# Offers that one round of the duty ends; each is a transaction of its own.
EXPIRED_MAX: Final = 100


def accept(registration: Registration, *, now: datetime) -> None:
    """Make an offered seat the person's own, and confirm it by letter.

    A second press changes nothing. Raises ConflictError when the offer has ended, and when the event is off or over.
    """
    if registration.state is RegistrationState.CONFIRMED:
        return
    with transaction() as session:
        present = places.held(registration.id)
        if present.state is RegistrationState.CONFIRMED:
            return
        if not rules.has_offer(present, now=now):
            raise ConflictError(_("This offer has ended, and the seat has gone to the next in line."))
        # The seat is counted already: it was held while it was offered.
        present.state = RegistrationState.CONFIRMED
        present.confirmed_at, present.revised_at = now, max(present.revised_at, now)
        session.flush()
        places.tell("confirmed", present, now=now)


def expire(now: datetime) -> int:
    """Let offers run out that nobody took, and offer the seats on; return how many there were. A duty.

    Who lets an offer run out leaves the queue, and is told how to sign up again. Any number may run at once, and each
    may be killed: what is decided is decided under the lock of the ticket type.
    """
    # Of an event that is cancelled an offer is nobody's; should it take place after all, it ends then.
    statement = (
        select(Registration.id)
        .join(Event, Event.id == Registration.event_id)
        .where(OFFERED_PREDICATE, Registration.offer_expires_at <= now, Event.state == EventState.PUBLISHED)
        .order_by(Registration.offer_expires_at, Registration.id)
        .limit(EXPIRED_MAX)
    )
    registration_ids = db.session.scalars(statement).all()
    db.session.commit()
    return sum(_expire_one(registration_id, now=now) for registration_id in registration_ids)


def _expire_one(registration_id: int, *, now: datetime) -> bool:
    with transaction():
        present = places.held(registration_id)
        expires_at = present.offer_expires_at
        if present.state is not RegistrationState.OFFERED or expires_at is None or expires_at > now:
            return False
        return places.end(present, "offer-expired", now=now)
