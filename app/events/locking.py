"""The lock under which an organizer's decision about an event stands until it is committed."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.interfaces import ORMOption

from app.core.db import require_transaction
from app.core.errors import NotFoundError
from app.core.i18n import gettext as _
from app.events.models import Event, TicketType


def locked_event(event_id: int, *options: ORMOption) -> Event:
    """Return the event as it is now, and let nobody change it or sign up for it until the transaction ends.

    Its venue comes along, and what `options` load. Raises NotFoundError for one that was deleted meanwhile.
    """
    session = require_transaction()
    # As everywhere: first the ticket types, in one order, since a sign-up begins with its own (registrations.service).
    locked: Sequence[Any] = (
        select(TicketType.id).where(TicketType.event_id == event_id).order_by(TicketType.id).with_for_update(),
        # Not the key: a sign-up that waits for a ticket type may refer to the event.
        select(Event.id).where(Event.id == event_id).with_for_update(key_share=True),
    )
    for statement in locked:
        session.execute(statement).all()
    event = (
        session.scalars(
            select(Event)
            .where(Event.id == event_id)
            .options(joinedload(Event.venue), *options)
            .execution_options(populate_existing=True)
        )
        .unique()
        .one_or_none()
    )
    if event is None:
        raise NotFoundError(_("This event was deleted in the meantime."))
    return event
