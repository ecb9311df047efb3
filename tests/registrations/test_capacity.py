"""A capacity below the seats taken: nobody loses a seat, nobody new gets one, and nothing is oversold."""

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import selectinload

from app.core.clock import utc_now
from app.core.db import transaction
from app.events.locking import locked_event
from app.events.models import Event, TicketType
from app.registrations.seats import set_capacity
from app.registrations.service import cancel
from tests.support.factories import sign_up_as, states


def lower(event, capacity):
    with transaction():
        (kind,) = locked_event(event.id, selectinload(Event.ticket_types)).ticket_types
        set_capacity(kind, capacity)


def seats(db):
    db.expire_all()
    return db.execute(select(TicketType.capacity, TicketType.seats_taken, TicketType.seats_over)).one()


def test_capacity_below_the_seats_taken_throws_nobody_out_and_lets_nobody_in(db, make_event):
    event = make_event(capacity=3)
    for name in ("ada", "bob", "cyd"):
        sign_up_as(event, name)

    lower(event, 1)
    sign_up_as(event, "dan")

    assert states(event) == {"ada": "confirmed", "bob": "confirmed", "cyd": "confirmed", "dan": "waiting"}
    assert seats(db) == (1, 3, 2)


def test_seats_above_the_capacity_are_gone_once_they_are_given_back(db, make_event):
    event = make_event(capacity=3)
    people = [sign_up_as(event, name) for name in ("ada", "bob", "cyd")]
    lower(event, 1)
    sign_up_as(event, "dan")

    seen = []
    for person in people:
        cancel(person, now=utc_now())
        seen.append((tuple(seats(db)), states(event)["dan"]))

    assert seen == [((1, 2, 1), "waiting"), ((1, 1, 0), "waiting"), ((1, 1, 0), "confirmed")]


@pytest.mark.parametrize(
    ("capacity", "expected"), [(2, (2, 3, 1)), (3, (3, 3, 0)), (5, (5, 3, 0)), (None, (None, 3, 0))]
)
def test_capacity_raised_again_leaves_no_seat_too_many(db, make_event, capacity, expected):
    event = make_event(capacity=3)
    for name in ("ada", "bob", "cyd"):
        sign_up_as(event, name)
    lower(event, 1)

    lower(event, capacity)

    assert seats(db) == expected


def test_database_itself_refuses_a_seat_above_those_given_before(db, make_event):
    event = make_event(capacity=2)
    for name in ("ada", "bob"):
        sign_up_as(event, name)
    lower(event, 1)

    with pytest.raises(IntegrityError), transaction() as session:
        session.execute(update(TicketType).values(seats_taken=3))

    assert seats(db) == (1, 2, 1)
