"""Members, groups, roles and talks to begin a test with; rows as `flask load` would write them."""

from datetime import date
from typing import Any

from sqlalchemy import func, select

from app.community.models import Award, Group, GroupKind, Person, Role, Term
from app.core.db import db, transaction
from app.core.i18n import Texts
from app.events.models import Event, Session, SessionKind, SessionSpeaker
from tests.support.factories import LONG_AGO


def make_person(slug: str, *, zh: str = "", **values: Any) -> Person:
    """Add a member: `make_person("ada", zh="艾达")`; the English name is the slug with a capital."""
    with transaction() as session:
        person = Person(slug=slug, revised_at=LONG_AGO, **{"name": Texts(zh=zh, en=slug.capitalize())} | values)
        session.add(person)
    return person


def make_group(slug: str, *, kind: GroupKind = GroupKind.STATION, **values: Any) -> Group:
    """Add a group."""
    with transaction() as session:
        group = Group(slug=slug, kind=kind, revised_at=LONG_AGO, **{"name": Texts(zh=f"{slug} 组", en=slug)} | values)
        session.add(group)
    return group


def make_role(slug: str, **values: Any) -> Role:
    """Add a role: `make_role("leader", is_leader=True, group_kind=GroupKind.STATION)`."""
    with transaction() as session:
        role = Role(slug=slug, **{"name": Texts(en=slug.capitalize())} | values)
        session.add(role)
    return role


def give_role(
    person: Person, role: Role, group: Group | None = None, *, since: date | None = None, until: date | None = None
) -> Term:
    """Let a member hold a role."""
    with transaction() as session:
        term = Term(person_id=person.id, role_id=role.id, group_id=group and group.id, since=since, until=until)
        session.add(term)
    return term


def give_award(person: Person, name: str, year: int) -> None:
    """Recognise a member."""
    with transaction() as session:
        session.add(Award(person_id=person.id, slug=name.lower(), name=Texts(en=name), year=year))


def add_session(event: Event, title: str, *speakers: Person, **values: Any) -> Session:
    """Add an item at the end of an event's agenda."""
    with transaction() as session:
        last = db.session.scalar(select(func.max(Session.position)).where(Session.event_id == event.id))
        item = Session(
            event_id=event.id,
            position=(last or 0) + 1,
            **{"kind": SessionKind.TALK, "title": Texts(zh=title)} | values,
        )
        item.speakers = [SessionSpeaker(person_id=person.id, position=place) for place, person in enumerate(speakers)]
        session.add(item)
    db.session.expire_all()
    return item
