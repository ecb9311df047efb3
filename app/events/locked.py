"""Holding an event still while its parts are changed."""

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.core.db import require_transaction
from app.core.errors import NotFoundError
from app.core.i18n import gettext as _
from app.events.models import Event, TicketType


def locked_event(event_id: int) -> Event:
    """Lock an event's ticket types, then the event; return it as it is now, ticket types and all. NotFoundError.

    Sign-ups and corrections begin by locking their ticket type: until the transaction ends, seats taken, answers and
    `revision` stay what they are.
    """
    session = require_transaction()
    of_event = select(TicketType).where(TicketType.event_id == event_id).order_by(TicketType.id)
    anew = {"populate_existing": True}
    session.scalars(of_event.with_for_update(), execution_options=anew).all()
    # The ticket types once more: one that was added before the event was locked is among them.
    whole = select(Event).where(Event.id == event_id).options(selectinload(Event.ticket_types))
    event = session.scalar(whole.with_for_update(of=Event), execution_options=anew)
    if event is None:
        raise NotFoundError(_("There is no event at this address. All events are on the overview."))
    return event
