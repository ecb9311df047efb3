"""What this room does when the rooms below it say that something happened; inside their transaction."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from app.core.db import require_transaction
from app.core.i18n import Texts
from app.events.models import Event, TicketType
from app.events.signals import event_changed
from app.registrations.changes import note_change
from app.registrations.models import Question, Registration, RegistrationState
from app.registrations.waitlist import promote_all


def promote_after_change(event: Event, *, now: datetime, fields: frozenset[str], **_more: object) -> None:
    """Give raised capacity to those who wait."""
    if "ticket_types" not in fields:
        return
    waited_for = select(Registration.ticket_type_id).where(
        Registration.event_id == event.id, Registration.state == RegistrationState.WAITING
    )
    statement = (
        select(TicketType.id)
        .where(TicketType.event_id == event.id, TicketType.id.in_(waited_for))
        .order_by(TicketType.id)
    )
    for ticket_type_id in require_transaction().scalars(statement).all():
        promote_all(ticket_type_id, now=now)


def remember_answers_anew(event: Event, *, fields: frozenset[str], **_more: object) -> None:
    """Count the time that answers are kept from the new end of an event that is moved."""
    if "ends_at" in fields:
        forgotten = update(Question).where(Question.event_id == event.id, Question.forgotten_at.is_not(None))
        require_transaction().execute(
            forgotten.values(forgotten_at=None), execution_options={"synchronize_session": False}
        )


def tell_who_registered(
    event: Event, *, now: datetime, fields: frozenset[str], for_calendars: bool, before: Mapping[str, Any], note: Texts
) -> None:
    """Let people hear of a new time or place, and of a cancellation; a corrected typo is no news."""
    if for_calendars:
        note_change(event, before=before, fields=fields, note=note, now=now)


def connect() -> None:
    """Listen."""
    event_changed.connect(promote_after_change)
    event_changed.connect(remember_answers_anew)
    event_changed.connect(tell_who_registered)
