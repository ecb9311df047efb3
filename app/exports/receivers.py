"""What this room does when the rooms below it say that something happened; inside their transaction."""

from collections.abc import Sequence
from datetime import datetime

from app.events.models import Event
from app.events.signals import event_copied
from app.exports import forgetting, layouts, prepared
from app.registrations.signals import person_erased


def copy_layouts(source: Event, *, copies: Sequence[Event], now: datetime, **_more: object) -> None:
    """Give events made from this one its layouts."""
    layouts.copy(source, copies, now=now)


def forget_person(registration_id: int, **_more: object) -> None:
    """Take whoever is erased off every frozen list, and delete the files that may hold them."""
    forgetting.forget_person(registration_id)
    prepared.forget_those_with(registration_id)


def connect() -> None:
    """Listen."""
    event_copied.connect(copy_layouts)
    person_erased.connect(forget_person)
