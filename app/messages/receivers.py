"""What this room does when the rooms below it say that something happened; inside their transaction."""

from datetime import datetime

from app.events.models import Event, EventState
from app.events.signals import event_changed
from app.messages import sending


def hold_back_what_was_scheduled(event: Event, *, now: datetime, fields: frozenset[str], **_more: object) -> None:
    """Let no message about a meetup that is cancelled go by itself: it was written for one that takes place."""
    if "state" in fields and event.state == EventState.CANCELLED:
        sending.hold_back(event.id, now=now)


def connect() -> None:
    """Listen."""
    event_changed.connect(hold_back_what_was_scheduled)
