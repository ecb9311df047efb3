"""Writing down that somebody took a copy of the attendee list, so that it is known who had it."""

from datetime import datetime

from app.core.db import transaction
from app.history.service import Actor, record
from app.registrations import attendees
from app.registrations.attendees import Wanted


def record_download(event_id: int, wanted: Wanted, suffix: str, *, by: Actor, now: datetime) -> None:
    """Write down who takes which part of an event's list, and how many rows; what was searched for may be a name."""
    with transaction():
        changes: dict[str, tuple[object, object]] = {
            "format": (None, suffix),
            "rows": (None, attendees.number(event_id, wanted)),
        }
        if wanted.state:
            changes["wanted_state"] = (None, wanted.state)
        if wanted.search:
            changes["searched"] = (None, True)
        record("attendees.downloaded", by=by, now=now, event_id=event_id, changes=changes)
