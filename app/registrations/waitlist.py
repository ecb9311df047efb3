"""The waiting list: freed seats go to those who wait, in order of arrival, in the transaction that frees them.

Long before the event a seat is given; when the event is near it is offered until a certain moment, since whoever has
waited may have made other plans (`moments.offer_end`).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import select, update

from app.core.db import require_transaction
from app.events.models import Event, EventState, TicketType
from app.mail import outbox
from app.registrations.letters import letter_to
from app.registrations.models import Registration, RegistrationState, revised
from app.registrations.moments import offer_end
from app.registrations.seats import lock, take_freed_seats

# People given a seat by one statement each for the rows and for the letters.
STEP: Final = 500


class _InLine(NamedTuple):
    """Somebody who waits, as the letter to them needs it."""

    id: int
    email: str
    name: str
    language: str


def promote_all(ticket_type_id: int, *, now: datetime) -> int:
    """Give or offer every free seat to those who have waited longest; return how many got one.

    Takes part in the caller's transaction and locks the ticket type. An event that is cancelled, a draft or over
    gives nothing: there is nothing to come to.
    """
    session = require_transaction()
    lock(ticket_type_id)
    event = session.execute(
        select(
            Event.id,
            Event.state,
            Event.starts_at,
            Event.ends_at,
            Event.zone,
            Event.offer_within_hours,
            Event.offer_hours,
        )
        .join(TicketType, TicketType.event_id == Event.id)
        .where(TicketType.id == ticket_type_id)
    ).one()
    if event.state is not EventState.PUBLISHED or event.ends_at <= now:
        return 0
    until = offer_end(
        now,
        starts_at=event.starts_at,
        zone=event.zone,
        within_hours=event.offer_within_hours,
        hours=event.offer_hours,
    )
    given, is_more = 0, True
    while is_more:
        in_line = _first_in_line(ticket_type_id)
        seats = take_freed_seats(ticket_type_id, len(in_line)) if in_line else 0
        _give(event.id, in_line[:seats], until, now=now)
        given += seats
        is_more = seats == STEP
    return given


def _first_in_line(ticket_type_id: int) -> Sequence[_InLine]:
    # Ordered by id, not by created_at: two sign-ups may share a microsecond.
    statement = (
        select(Registration.id, Registration.email, Registration.name, Registration.language)
        .where(Registration.ticket_type_id == ticket_type_id, Registration.state == RegistrationState.WAITING)
        .order_by(Registration.id)
        .limit(STEP)
        .with_for_update()
    )
    return [_InLine(*row) for row in require_transaction().execute(statement)]


def _give(event_id: int, people: Sequence[_InLine], until: datetime | None, *, now: datetime) -> None:
    """Write down who has a seat now, or is offered one until then, and tell them."""
    if not people:
        return
    values: dict[str, object] = {"state": RegistrationState.CONFIRMED, "confirmed_at": now, "revised_at": revised(now)}
    if until is not None:
        values = {"state": RegistrationState.OFFERED, "offer_expires_at": until, "revised_at": revised(now)}
    require_transaction().execute(
        # What the session knows of them is refreshed with it: whoever asked for this may show it.
        update(Registration).where(Registration.id.in_([person.id for person in people])).values(**values),
        execution_options={"synchronize_session": "fetch"},
    )
    kind = "promoted" if until is None else "offered"
    outbox.queue_all([letter_to(person, kind, event_id=event_id) for person in people], now=now)
