"""What this room does when the rooms below it say that something happened; inside their transaction."""

from datetime import datetime

from sqlalchemy import select

from app.core.clock import utc_now
from app.core.db import require_transaction
from app.events.models import Event, EventState
from app.events.signals import event_changed
from app.messages import forgetting, sending
from app.registrations.models import Registration
from app.registrations.signals import person_erased


def hold_back_what_was_scheduled(event: Event, *, now: datetime, fields: frozenset[str], **_more: object) -> None:
    """Let no message about a meetup that is cancelled go by itself: it was written for one that takes place."""
    if "state" in fields and event.state == EventState.CANCELLED:
        sending.hold_back(event.id, now=now)


def forget_in_drafts(registration_id: int, **_more: object) -> None:
    """Let go of names that messages look for at an event where somebody is erased."""
    event_id = require_transaction().scalar(select(Registration.event_id).where(Registration.id == registration_id))
    if event_id is not None:
        forgetting.forget_in_drafts(event_id, now=utc_now())


def connect() -> None:
    """Listen."""
    person_erased.connect(forget_in_drafts)
    event_changed.connect(hold_back_what_was_scheduled)
