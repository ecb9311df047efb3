"""The queue as one explains it to a person: what test_queue_machine.py compares the program with.

It asks nothing of the program but its clock rule for offers (tests/registrations/test_moments.py).
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from app.registrations.models import LIVE
from app.registrations.moments import offer_end

STARTS_AT = datetime(2031, 12, 13, 5, 0, tzinfo=UTC)
BEGIN = STARTS_AT - timedelta(hours=60)  # seats are given for twelve hours, then offered
ZONE, WITHIN, HOURS = "Asia/Shanghai", 48, 6


@dataclass
class Place:
    """One registration as the model knows it; the list of all of them is the order of arrival."""

    name: str
    kind: int
    state: str
    since: datetime
    until: datetime | None = None
    transfer: tuple[str, datetime] | None = None  # to whom, until when
    transfers: int = 0
    is_removed: bool = False  # by an organizer
    again: set[int] = field(default_factory=set)  # the eight hours in which the link was sent again


class QueueModel:
    """An event of two ticket types, as it should be."""

    met: ClassVar[Counter[str]] = Counter()
    now: datetime
    capacity: list[int]
    approval: bool
    places: list[Place]
    letters: list[tuple[str, str]]

    def open(self) -> None:
        """Begin with nobody."""
        self.now = BEGIN
        self.capacity = [1, 1]
        self.approval = False
        self.places = []
        self.letters = []

    def live(self, name: str) -> Place | None:
        """Return the one place of a person."""
        return next((place for place in self.places if place.name == name and place.state in LIVE), None)

    def one_of(self, pick: int, *states: str) -> Place:
        """Return one of the places in these states."""
        found = [place for place in self.places if place.state in states]
        return found[pick % len(found)]

    def taken(self, kind: int) -> int:
        """Return how many seats are held."""
        return sum(place.kind == kind and place.state in {"confirmed", "offered"} for place in self.places)

    def waiting(self, kind: int) -> list[Place]:
        """Return who waits, the first to come first."""
        return [place for place in self.places if place.kind == kind and place.state == "waiting"]

    def told(self, kind: str, name: str) -> None:
        """Expect a letter."""
        self.letters.append((kind, name))
        self.met[kind] += 1

    def fill(self, kind: int) -> None:
        """Give or offer what is free to those who wait."""
        until = offer_end(self.now, starts_at=STARTS_AT, zone=ZONE, within_hours=WITHIN, hours=HOURS)
        for place in self.waiting(kind):
            if self.taken(kind) >= self.capacity[kind]:
                return
            place.state, place.until = ("confirmed", None) if until is None else ("offered", until)
            self.told("promoted" if until is None else "offered", place.name)

    def end(self, place: Place, letter: str) -> None:
        """End a place and give its seat on."""
        had_seat = place.state in {"confirmed", "offered"}
        place.state, place.transfer = "cancelled", None
        self.told(letter, place.name)
        if had_seat:
            self.fill(place.kind)

    def seat_or_queue(self, kind: int) -> str:
        """Return what somebody gets now: a seat that is free and for which nobody waits, else a place in the queue."""
        return "confirmed" if self.taken(kind) < self.capacity[kind] and not self.waiting(kind) else "waiting"

    def arrive(self, name: str, kind: int) -> None:
        """Sign somebody up who has no place."""
        state = "pending" if self.approval else self.seat_or_queue(kind)
        self.places.append(Place(name, kind, state, self.now))
        self.told(state, name)
