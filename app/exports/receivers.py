"""What this room does when the rooms below it say that something happened; inside their transaction."""

from collections.abc import Sequence
from datetime import datetime

from app.events.models import Event
from app.events.signals import event_copied
from app.exports import forgetting, layouts, prepared
from app.registrations.signals import answers_changed, person_erased, place_ended


def copy_layouts(source: Event, *, copies: Sequence[Event], now: datetime, **_more: object) -> None:
    """Give events made from this one its layouts."""
    layouts.copy(source, copies, now=now)


def forget_person(registration_id: int, **_more: object) -> None:
    """Take whoever is erased off every frozen list, and delete the files that may hold them."""
    forgetting.forget_person(registration_id)
    prepared.forget_those_with(registration_id)


def forget_taken_back(registration_id: int, **_more: object) -> None:
    """Keep no answer that somebody took back."""
    forgetting.forget_taken_back(registration_id)


def forget_answers(registration_id: int, **_more: object) -> None:
    """Keep no answers of somebody who comes no more."""
    forgetting.forget_answers(registration_id)


def connect() -> None:
    """Listen."""
    event_copied.connect(copy_layouts)
    person_erased.connect(forget_person)
    answers_changed.connect(forget_taken_back)
    place_ended.connect(forget_answers)
