"""What members gave or will give: the list of speakers, and the talks of one of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from app.community.models import Award, Group, Person, Role, Term
from app.community.queries import held_on, leading, nobody, person
from app.core.db import db
from app.events.models import Event, EventState, Session, SessionSpeaker
from app.events.queries import line_of_event, listed

SPEAKERS_MAX: Final = 120
TALKS_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class SpeakerLine:
    """A speaker as the list shows them; `terms` of the person are those as User Group Leader today."""

    person: Person
    talks: int
    is_leader: bool


def speakers(*, today: date, page: int = 1) -> tuple[list[SpeakerLine], bool]:
    """Return one page of speakers, User Group Leaders first, then by number of talks; and whether more follow.

    A User Group Leader is listed before the first talk too: speaking is what the role is for. Two statements.
    """
    given = (
        select(SessionSpeaker.person_id, func.count().label("talks"))
        .join(Session, Session.id == SessionSpeaker.session_id)
        .join(Event, Event.id == Session.event_id)
        .where(_real())
        .group_by(SessionSpeaker.person_id)
        .subquery()
    )
    is_leader = exists().where(Term.person_id == Person.id, leading(), held_on(today))
    talks = func.coalesce(given.c.talks, 0)
    statement = (
        select(Person, talks, is_leader)
        .outerjoin(given, given.c.person_id == Person.id)
        .where(or_(given.c.talks.is_not(None), is_leader))
        .options(
            selectinload(Person.terms.and_(leading(), held_on(today))).options(
                joinedload(Term.role).raiseload(Role.group), joinedload(Term.group).raiseload(Group.parent)
            )
        )
        .order_by(is_leader.desc(), talks.desc(), Person.slug)
        .limit(SPEAKERS_MAX + 1)
        .offset((page - 1) * SPEAKERS_MAX)
    )
    rows = [SpeakerLine(person, count, leads) for person, count, leads in db.session.execute(statement)]
    return rows[:SPEAKERS_MAX], len(rows) > SPEAKERS_MAX


def people_shown() -> ColumnElement[bool]:
    """Return the condition that a person has a page: a member, or a guest who has a talk in public, a term or an award.

    Who is a guest of a draft alone is nobody's business yet.
    """
    return or_(
        Person.is_guest.is_(False),
        exists().where(Term.person_id == Person.id),
        exists().where(Award.person_id == Person.id),
        speaks_at(listed()),
    )


def speaks_at(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the condition that a person speaks at an event which fulfils these."""
    talk = select(Session.id).join(Session.event).join(SessionSpeaker, SessionSpeaker.session_id == Session.id)
    return talk.where(SessionSpeaker.person_id == Person.id, *conditions).correlate(Person).exists()


def person_shown(slug: str) -> Person:
    """Return a person whose page everybody may see, as `community.queries.person` does. Raises NotFoundError."""
    found = person(slug)
    if found.is_guest:
        is_shown = db.session.scalar(select(Person.id).where(Person.id == found.id, people_shown()))
        if is_shown is None:
            raise nobody()
    return found


def talks_of(person_id: int) -> Sequence[Session]:
    """Return what a person gave or will give at public events, the latest first, with event and fellow speakers."""
    statement = (
        select(Session)
        .join(Session.event)
        .where(_real(), Session.id.in_(select(SessionSpeaker.session_id).where(SessionSpeaker.person_id == person_id)))
        .options(
            contains_eager(Session.event).options(*line_of_event()),
            joinedload(Session.speakers).joinedload(SessionSpeaker.person).raiseload("*"),
        )
        .order_by(Event.starts_at.desc(), Session.position)
        .limit(TALKS_MAX)
    )
    return db.session.scalars(statement).unique().all()


def _real() -> ColumnElement[bool]:
    # A demo event takes a real agenda to a day on which nobody will speak.
    return and_(listed(), Event.state == EventState.PUBLISHED, Event.is_demo.is_(False))
