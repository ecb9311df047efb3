"""One search over events, members and attendees: of each only what the organizer may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.orm import contains_eager, load_only, raiseload

from app.accounts.models import Organizer
from app.accounts.rights import PERMISSIONS, Permission
from app.community.models import Person
from app.core.db import db
from app.events.models import City, Event, EventRole, Venue
from app.events.queries import holds
from app.registrations.models import Registration
from app.web.forms import one_line

EACH_MAX: Final = 10
TEXT_MAX: Final = 100
WORDS_MAX: Final = 5


@dataclass(frozen=True, slots=True)
class Found:
    """What fits, ten of each at most."""

    events: Sequence[Event] = ()
    people: Sequence[Person] = ()
    attendees: Sequence[Registration] = ()

    def __bool__(self) -> bool:
        """Be true when anything fits."""
        return bool(self.events or self.people or self.attendees)


def cleaned(text: str | None) -> str:
    """Return what is searched for, as it stands in the box."""
    return one_line(text)[:TEXT_MAX]


def search(text: str, organizer: Organizer) -> Found:
    """Return what fits all words of the text; three statements, none for an empty one."""
    words = text.split()[:WORDS_MAX]
    if not words:
        return Found()
    allowed = _events_with(Permission.SEE_ATTENDEES, organizer)
    return Found(
        events=_events(words, organizer),
        people=_people(words),
        attendees=_attendees(text, allowed),
    )


def _events(words: Sequence[str], organizer: Organizer) -> Sequence[Event]:
    return db.session.scalars(
        select(Event)
        .where(_events_with(Permission.SEE, organizer), *(_names_event(word) for word in words))
        .options(
            load_only(Event.slug, Event.state, Event.title, Event.starts_at, Event.zone, raiseload=True),
            raiseload("*"),
        )
        .order_by(Event.starts_at.desc(), Event.id.desc())
        .limit(EACH_MAX)
    ).all()


def _names_event(word: str) -> ColumnElement[bool]:
    return or_(
        holds(Event.title, word),
        Event.slug.icontains(word, autoescape=True),
        Event.venue_id.in_(select(Venue.id).where(holds(Venue.name, word))),
        Event.city_id.in_(select(City.id).where(holds(City.name, word))),
    )


def _people(words: Sequence[str]) -> Sequence[Person]:
    fits = (or_(holds(Person.name, word), Person.slug.icontains(word, autoescape=True)) for word in words)
    return db.session.scalars(
        select(Person)
        .where(*fits)
        .options(load_only(Person.slug, Person.name, Person.company, raiseload=True), raiseload("*"))
        .order_by(Person.slug)
        .limit(EACH_MAX)
    ).all()


def _attendees(text: str, allowed: ColumnElement[bool]) -> Sequence[Registration]:
    fits = or_(
        Registration.name.icontains(text, autoescape=True),
        Registration.email.icontains(text, autoescape=True),
        Registration.code.istartswith(text, autoescape=True),
    )
    return db.session.scalars(
        select(Registration)
        .join(Event, Event.id == Registration.event_id)
        .where(allowed, fits)
        .options(
            contains_eager(Registration.event).options(
                load_only(Event.slug, Event.title, raiseload=True), raiseload("*")
            ),
            raiseload("*"),
        )
        .order_by(Registration.id.desc())
        .limit(EACH_MAX)
    ).all()


def _events_with(permission: Permission, organizer: Organizer) -> ColumnElement[bool]:
    """Return the condition that the organizer may do this at an event: by the role for the site, or by one there."""
    if organizer.role is not None and permission in PERMISSIONS[organizer.role]:
        return true()
    roles = [role for role, permissions in PERMISSIONS.items() if permission in permissions]
    return Event.id.in_(
        select(EventRole.event_id).where(EventRole.organizer_id == organizer.id, EventRole.role.in_(roles))
    )
