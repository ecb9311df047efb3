"""Events as the letters about them need them, kept from letter to letter: five thousand people are told of one event.

What is kept is whole and read-only. Whether it is still true is asked anew for each letter, by the event's `revision`,
which rises with whatever a page or a letter shows of it.
"""

import threading
from collections import OrderedDict
from datetime import datetime
from typing import Final

from flask import Flask, current_app
from sqlalchemy import select

from app.core.db import db
from app.events.models import Event
from app.events.queries import whole_event

# Few events have letters at one time; an event with a long agenda takes some 100 kB.
KEPT_MAX: Final = 8
_KEPT: Final = "known_events"


class KnownEvents:
    """The last few events that letters were written about, by id."""

    def __init__(self) -> None:
        """Know none."""
        self._events: OrderedDict[int, Event] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, event_id: int, revision: int) -> Event | None:
        """Return the event if it is known as it is now."""
        with self._lock:
            event = self._events.get(event_id)
            if event is None or event.revision != revision:
                return None
            self._events.move_to_end(event_id)
            return event

    def keep(self, event: Event) -> None:
        """Remember the event, and forget the one that was not needed for longest."""
        with self._lock:
            self._events[event.id] = event
            self._events.move_to_end(event.id)
            while len(self._events) > KEPT_MAX:
                self._events.popitem(last=False)


def event_as_it_is(event_id: int, revision: int, *, now: datetime) -> Event:
    """Return the event with all that its page shows; it may belong to no session, so nothing more can be loaded."""
    known: KnownEvents = current_app.extensions[_KEPT]
    event = known.find(event_id, revision)
    if event is None:
        statement = select(Event).where(Event.id == event_id).options(*whole_event(now=now))
        event = db.session.scalars(statement).unique().one()
        known.keep(event)
    return event


def init_app(app: Flask) -> None:
    """Begin with none."""
    app.extensions[_KEPT] = KnownEvents()
