"""Erasing a person: what is about them goes, that somebody came stays."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, or_, select, update

from app.calendar import private
from app.calendar.private import Owner
from app.core.db import require_transaction, transaction
from app.events.models import Event, TicketType
from app.history.service import Actor, forget_person, record
from app.mail import service as mail
from app.registrations.models import (
    LIVE,
    SEATED,
    Answer,
    PersonLink,
    Registration,
    RegistrationState,
    StoppedReminders,
    Transfer,
    TransferState,
)
from app.registrations.queries import MINE_MAX
from app.registrations.seats import lock, release_seat
from app.registrations.waitlist import promote_all


def erase_person(email_key: str, *, by: Actor, now: datetime) -> int:
    """Erase all that is stored about an address; return how many registrations it was.

    Places at events to come are given back and go to those who wait. Of what is past, the row stays without name,
    address and answers, so that numbers stay true. Letters that wait are stopped; nothing is sent about the erasure.
    """
    with transaction() as session:
        # Ticket types first and in order, as everybody who touches seats: no deadlock.
        wanted = select(Registration.ticket_type_id).where(Registration.email_key == email_key)
        for ticket_type_id in session.scalars(
            select(TicketType.id).where(TicketType.id.in_(wanted)).order_by(TicketType.id)
        ).all():
            lock(ticket_type_id)
        registrations = session.execute(
            select(
                Registration.id, Registration.event_id, Registration.ticket_type_id, Registration.state, Event.ends_at
            )
            .join(Event, Event.id == Registration.event_id)
            .where(Registration.email_key == email_key, Registration.erased_at.is_(None))
            .order_by(Registration.ticket_type_id, Registration.id)
            .limit(MINE_MAX)
        ).all()
        for registration_id, event_id, ticket_type_id, state, ends_at in registrations:
            _blank(registration_id, leaves=state in LIVE and ends_at > now, now=now)
            forget_person(registration_id)
            record("person.erased", by=by, now=now, event_id=event_id, registration_id=registration_id)
            if state in SEATED and ends_at > now:
                release_seat(ticket_type_id)
                promote_all(ticket_type_id, now=now)
        _blank_transfers(email_key, [registration.id for registration in registrations], now=now)
        session.execute(delete(StoppedReminders).where(StoppedReminders.email_key == email_key))
        session.execute(delete(PersonLink).where(PersonLink.email_key == email_key))
        private.forget(Owner(email_key=email_key))
        mail.forget_address(email_key)
        return len(registrations)


def _blank(registration_id: int, *, leaves: bool, now: datetime) -> None:
    session = require_transaction()
    values: dict[str, object] = {
        "name": "",
        "email": "",
        "declined_words": None,
        # Unique an event and state, as the index on live addresses asks; nobody can have it.
        "email_key": f"erased:{registration_id}",
        "token_version": Registration.token_version + 1,
        "erased_at": now,
        "revised_at": now,
    }
    if leaves:
        values |= {"state": RegistrationState.CANCELLED, "cancelled_at": now}
    session.execute(
        update(Registration).where(Registration.id == registration_id).values(**values),
        execution_options={"synchronize_session": False},
    )
    session.execute(delete(Answer).where(Answer.registration_id == registration_id))


def _blank_transfers(email_key: str, registration_ids: Sequence[int], *, now: datetime) -> None:
    """Forget whom this person passed a place on to, and that one was passed on to them; what is open is withdrawn."""
    session = require_transaction()
    about_them = or_(Transfer.registration_id.in_(registration_ids), Transfer.email_key == email_key)
    is_open = Transfer.state == TransferState.OPEN
    session.execute(
        update(Transfer).where(about_them, is_open).values(state=TransferState.WITHDRAWN, closed_at=now),
        execution_options={"synchronize_session": False},
    )
    session.execute(
        update(Transfer).where(about_them).values(name="", email="", email_key=""),
        execution_options={"synchronize_session": False},
    )
