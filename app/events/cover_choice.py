"""The cover of an event: a picture of one's own, or the generated one again."""

from datetime import datetime

from sqlalchemy.orm import joinedload

from app.core.db import transaction
from app.core.i18n import Texts
from app.core.versions import Seen, settle
from app.events import pictures
from app.events.locking import locked_event
from app.events.models import Event
from app.events.pictures import Encoded
from app.events.service import apply_changes
from app.history.service import Actor


def set_cover(event_id: int, encoded: Encoded | None, alt: Texts, *, seen: Seen, by: Actor, now: datetime) -> Event:
    """Show this picture, or keep the present one, with these words for it; raises ClashError for other words."""
    with transaction():
        event = locked_event(event_id, joinedload(Event.cover))
        values: dict[str, object] = settle(seen, {"cover_alt": alt}, {"cover_alt": event.cover_alt})
        if encoded is not None:
            values |= {"cover": pictures.keep(encoded, now=now), "cover_url": None}
        apply_changes(event, values, by=by, now=now)
    return event


def use_generated_cover(event_id: int, *, by: Actor, now: datetime) -> Event:
    """Show the generated cover again; the picture stays kept, so that the history can be undone."""
    with transaction():
        event = locked_event(event_id, joinedload(Event.cover))
        apply_changes(event, {"cover": None, "cover_url": None, "cover_alt": Texts()}, by=by, now=now)
    return event
