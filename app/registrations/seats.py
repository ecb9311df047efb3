"""Seats are taken and given back here and nowhere else, by guarded UPDATEs inside the caller's transaction.

Whoever touches a ticket type's seats and a registration in one transaction locks the ticket type first:
one order, no deadlock.
"""

from sqlalchemy import case, exists, or_, select, update

from app.core.db import require_transaction
from app.events.models import TicketType
from app.registrations.models import Registration, RegistrationState


def take_seat(ticket_type_id: int) -> bool:
    """Take a seat if one is free and nobody waits for it; tell whether it was taken.

    After False the ticket type is locked until the transaction ends, so that no seat can be freed between
    this answer and the place in the queue that follows from it.
    """
    if _take(ticket_type_id):
        return True
    # Between the first try and the lock somebody may have given a seat back; under the lock the answer stands.
    return lock(ticket_type_id) and _take(ticket_type_id)


def take_freed_seat(ticket_type_id: int) -> bool:
    """Take a free seat past the queue, for whoever the queue or an organizer gives it to; tell whether there was one.

    The ticket type is locked.
    """
    return _take(ticket_type_id, past_the_queue=True)


def take_freed_seats(ticket_type_id: int, wanted: int) -> int:
    """Take as many free seats as there are, up to `wanted`, for the first in the queue; return how many.

    The ticket type is locked, so what is read here stands until the write.
    """
    session = require_transaction()
    free = session.execute(select(TicketType.capacity, TicketType.seats_taken).where(TicketType.id == ticket_type_id))
    capacity, taken = free.one()
    seats = wanted if capacity is None else max(0, min(wanted, capacity - taken))
    if seats:
        statement = (
            update(TicketType)
            .where(TicketType.id == ticket_type_id)
            .where(or_(TicketType.capacity.is_(None), TicketType.seats_taken + seats <= TicketType.capacity))
            .values(seats_taken=TicketType.seats_taken + seats)
        )
        result = session.execute(statement, execution_options={"synchronize_session": False})
        if not result.rowcount:  # type: ignore[attr-defined]  # an UPDATE gives a CursorResult
            raise AssertionError(ticket_type_id)
    return seats


def take_seats(ticket_type_id: int, wanted: int) -> bool:
    """Take this many seats if all of them are free and nobody waits for one; tell whether they were taken."""
    return _take(ticket_type_id, wanted)


def release_seats(ticket_type_id: int, number: int) -> None:
    """Give seats back; those above a capacity that was lowered are gone with them."""
    over = case((TicketType.seats_over > number, TicketType.seats_over - number), else_=0)
    statement = (
        update(TicketType)
        .where(TicketType.id == ticket_type_id)
        .values(seats_taken=TicketType.seats_taken - number, seats_over=over)
    )
    require_transaction().execute(statement, execution_options={"synchronize_session": False})


def add_seat_and_take_it(ticket_type_id: int) -> tuple[int, int] | None:
    """Make the ticket type one seat larger and take that seat; return the capacity before and after.

    None where there is no limit, and so nothing to add to. The ticket type is locked.
    """
    statement = (
        update(TicketType)
        .where(TicketType.id == ticket_type_id, TicketType.capacity.is_not(None))
        .values(capacity=TicketType.capacity + 1, seats_taken=TicketType.seats_taken + 1)
        .returning(TicketType.capacity)
    )
    after = require_transaction().scalar(statement, execution_options={"synchronize_session": False})
    return None if after is None else (after - 1, after)


def release_seat(ticket_type_id: int) -> None:
    """Give a seat back; one above a capacity that was lowered is gone with it."""
    release_seats(ticket_type_id, 1)


def set_capacity(ticket_type: TicketType, capacity: int | None) -> None:
    """Give a ticket type this many seats; fewer than are taken means that nobody loses one, and nobody new gets one.

    The caller has locked and read the ticket type in this transaction, so that the number taken is true.
    """
    require_transaction()
    ticket_type.capacity = capacity
    ticket_type.seats_over = 0 if capacity is None else max(0, ticket_type.seats_taken - capacity)


def lock(ticket_type_id: int) -> bool:
    """Hold the ticket type until the transaction ends, and tell whether it has a free seat.

    SQLite holds the whole database already, and ignores FOR UPDATE.
    """
    has_room = or_(TicketType.capacity.is_(None), TicketType.seats_taken < TicketType.capacity)
    statement = select(has_room).where(TicketType.id == ticket_type_id).with_for_update()
    return bool(require_transaction().scalar(statement))


def _take(ticket_type_id: int, wanted: int = 1, *, past_the_queue: bool = False) -> bool:
    statement = (
        update(TicketType)
        .where(TicketType.id == ticket_type_id)
        .where(or_(TicketType.capacity.is_(None), TicketType.seats_taken + wanted <= TicketType.capacity))
        .values(seats_taken=TicketType.seats_taken + wanted)
    )
    if not past_the_queue:
        waiting = exists().where(
            Registration.ticket_type_id == ticket_type_id, Registration.state == RegistrationState.WAITING
        )
        statement = statement.where(~waiting)
    result = require_transaction().execute(statement, execution_options={"synchronize_session": False})
    return bool(result.rowcount)  # type: ignore[attr-defined]  # an UPDATE gives a CursorResult
