"""The waiting list: freed seats go to those who wait, in order of arrival, in the transaction that frees them."""

from datetime import datetime

from sqlalchemy import select

from app.core.db import require_transaction
from app.mail import outbox
from app.registrations.models import Registration, RegistrationState
from app.registrations.seats import lock, take_freed_seat


def promote_next(ticket_type_id: int, *, now: datetime) -> Registration | None:
    """Give a free seat to the person who has waited longest; None when no seat is free or nobody waits.

    Takes part in the caller's transaction, which holds the lock on the ticket type.
    """
    session = require_transaction()
    # Ordered by id, not by created_at: two sign-ups may share a microsecond.
    statement = (
        select(Registration)
        .where(Registration.ticket_type_id == ticket_type_id, Registration.state == RegistrationState.WAITING)
        .order_by(Registration.id)
        .limit(1)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    registration = session.scalars(statement).one_or_none()
    if registration is None or not take_freed_seat(ticket_type_id):
        return None
    registration.state = RegistrationState.CONFIRMED
    registration.confirmed_at = registration.revised_at = now
    session.flush()
    outbox.queue(
        "promoted",
        key=f"promoted:{registration.id}",
        to_email=registration.email,
        to_name=registration.name,
        language=registration.language,
        ids={"registration": registration.id},
        now=now,
    )
    return registration


def promote_all(ticket_type_id: int, *, now: datetime) -> int:
    """Give every free seat to those who wait, after the capacity was raised; return how many got one."""
    lock(ticket_type_id)
    promoted = 0
    while promote_next(ticket_type_id, now=now) is not None:
        promoted += 1
    return promoted
