"""What the organizers' frame itself writes down."""

from collections.abc import Mapping
from datetime import datetime

from app.core.db import transaction
from app.history.service import Actor, record


def record_download(wanted: Mapping[str, str], *, event_id: int | None, by: Actor, now: datetime) -> None:
    """Write down that somebody took a copy of the history, and of which part of it."""
    with transaction():
        record(
            "history.downloaded",
            by=by,
            now=now,
            event_id=event_id,
            changes={f"wanted_{name}": (None, value) for name, value in wanted.items()},
        )
