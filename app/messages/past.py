"""Writing down what was done with a message: by its number, since its subject may name somebody.

The history is for ever, and erasing a person does not find their name in it.
"""

from collections.abc import Mapping
from datetime import datetime

from app.history.service import Actor, record
from app.messages.models import Message


def note(
    action: str,
    message: Message,
    *,
    by: Actor,
    now: datetime,
    changes: Mapping[str, tuple[object, object]] | None = None,
) -> None:
    """Write down what is done with a message that has its number, in the caller's transaction."""
    told: dict[str, tuple[object, object]] = {"message": (None, message.id)}
    record(action, by=by, now=now, event_id=message.event_id, changes=told | dict(changes or {}))
