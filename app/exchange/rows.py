"""What the database already holds of the things that files speak of."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, selectinload

from app.community.models import Group, Person, Role
from app.core.db import Model
from app.events.models import City, Event, EventAddress, Tag, TicketType, Venue
from app.events.models import Session as AgendaSession
from app.exchange.bundle import Bundle
from app.registrations.models import Answer, Question, Registration

_M = TypeVar("_M", City, Tag, Group, Role, Person, Venue, Event)


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows by slug; of people and events only those that the files name. New rows are added as they are made."""

    cities: dict[str, City]
    tags: dict[str, Tag]
    groups: dict[str, Group]
    roles: dict[str, Role]
    people: dict[str, Person]
    venues: dict[str, Venue]
    events: dict[str, Event]
    # By event, in the order asked; and the ids of what cannot be taken away any more.
    questions: dict[int, list[Question]]
    answered_questions: frozenset[int]
    used_ticket_types: frozenset[int]

    def has(self, section: str, slug: str) -> bool:
        """Tell whether there is such a row in a section of the file format."""
        return slug in getattr(self, section)


def rows_named_in(bundle: Bundle, session: Session) -> Rows:
    """Fetch what the entries of the bundle are about or refer to, in a fixed number of statements."""
    people = {located.entry.slug for located in bundle.people}
    for event in bundle.events:
        people |= {speaker.person for item in event.entry.agenda for speaker in item.speakers}
    slugs = {located.entry.slug for located in bundle.events}
    loads = (
        selectinload(Event.sessions).selectinload(AgendaSession.speakers),
        selectinload(Event.ticket_types),
        selectinload(Event.groups),
        selectinload(Event.tags),
        selectinload(Event.venue),
        selectinload(Event.city),
    )
    # Sign-ups and corrections begin by locking their ticket type: with these rows locked, what is read and counted
    # below stays true, the seats taken too.
    # A file may speak of an event by an address it had before.
    before = dict(
        session.execute(select(EventAddress.slug, EventAddress.event_id).where(EventAddress.slug.in_(slugs))).all()
    )
    named = or_(Event.slug.in_(slugs), Event.id.in_(before.values()))
    ids_of = select(Event.id).where(named)
    locked = select(TicketType.id).where(TicketType.event_id.in_(ids_of)).order_by(TicketType.id).with_for_update()
    session.execute(locked).all()
    events = _by_slug(session.scalars(select(Event).where(named).options(*loads)))
    by_id = {event.id: event for event in events.values()}
    events = {slug: by_id[event_id] for slug, event_id in before.items()} | events
    ids = list(by_id)
    questions: dict[int, list[Question]] = {}
    asked = select(Question).where(Question.event_id.in_(ids)).order_by(Question.position, Question.id)
    for question in session.scalars(asked):
        questions.setdefault(question.event_id, []).append(question)
    answered = select(Answer.question_id).join(Question).where(Question.event_id.in_(ids)).distinct()
    used = select(Registration.ticket_type_id).where(Registration.event_id.in_(ids)).distinct()
    with_parts = (selectinload(Person.terms), selectinload(Person.awards))
    return Rows(
        cities=_by_slug(session.scalars(select(City))),
        tags=_by_slug(session.scalars(select(Tag))),
        groups=_by_slug(session.scalars(select(Group))),
        roles=_by_slug(session.scalars(select(Role))),
        people=_by_slug(session.scalars(select(Person).where(Person.slug.in_(people)).options(*with_parts))),
        venues=_by_slug(session.scalars(select(Venue))),
        events=events,
        questions=questions,
        answered_questions=frozenset(session.scalars(answered)),
        used_ticket_types=frozenset(session.scalars(used)),
    )


def _by_slug(rows: Iterable[_M]) -> dict[str, _M]:
    return {row.slug: row for row in rows}


def changed(row: Model, values: dict[str, object]) -> set[str]:
    """Give the row these values by attribute; return the names of those that were different."""
    different = {name for name, value in values.items() if getattr(row, name) != value}
    for name in different:
        setattr(row, name, values[name])
    return different
