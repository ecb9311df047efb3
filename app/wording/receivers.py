"""What this room does when the rooms below it say that something happened; inside their transaction."""

from collections.abc import Sequence
from datetime import datetime

from app.events.models import Event
from app.events.signals import event_copied
from app.wording.service import copy_texts


def take_texts_along(source: Event, *, copies: Sequence[Event], now: datetime, **_more: object) -> None:
    """Let the letters of events made from this one say the same."""
    copy_texts(source.id, [copy.id for copy in copies], now=now)


def connect() -> None:
    """Listen."""
    event_copied.connect(take_texts_along)
