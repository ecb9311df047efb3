"""Who is registered for an event, asked of the rooms above: this room knows no registrations."""

from dataclasses import dataclass
from typing import Self

from app.events.models import Event
from app.events.signals import people_asked


@dataclass(frozen=True, slots=True)
class People:
    """How many hold or await a place (`now`), and how many sign-ups there ever were (`ever`)."""

    now: int = 0
    ever: int = 0

    def __add__(self, other: Self) -> "People":
        return People(self.now + other.now, self.ever + other.ever)


def people_at(event: Event) -> People:
    """Return how many people are registered; exact where the event is locked, else as of now."""
    return sum((answer for _receiver, answer in people_asked.send(event)), People())
