"""Writing down that somebody took a copy of the attendee list, so that it is known who had it."""

from datetime import datetime

from app.attendees import queries
from app.attendees.wanted import Wanted
from app.core.db import transaction
from app.events.models import Event
from app.history.service import Actor, record


def record_download(event: Event, wanted: Wanted, suffix: str, *, by: Actor, now: datetime) -> None:
    """Write down who takes which part of an event's list, and how many rows; what was searched for may be a name."""
    with transaction():
        changes: dict[str, tuple[object, object]] = {
            "format": (None, suffix),
            "rows": (None, queries.number(event, wanted)),
        }
        if wanted.states:
            changes["wanted_state"] = (None, [state.value for state in wanted.states])
        if set(wanted.as_query()) - {"status"}:
            changes["searched"] = (None, True)
        record("attendees.downloaded", by=by, now=now, event_id=event.id, changes=changes)
