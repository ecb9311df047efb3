"""What the community pages read; each list is ordered and has a named limit."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import joinedload, raiseload, selectinload

from app.community.models import Group, GroupKind, Person, Role, Term
from app.core.db import db
from app.core.errors import NotFoundError
from app.core.i18n import gettext as _

GROUPS_MAX: Final = 200
ROLES_MAX: Final = 200
HOLDERS_MAX: Final = 1000


@dataclass(frozen=True, slots=True)
class GroupLine:
    """A group as the list shows it: `members` counts people with a role today."""

    group: Group
    members: int


@dataclass(frozen=True, slots=True)
class RoleHolders:
    """A role and who holds it today; in one group, or in all groups it exists in."""

    role: Role
    holders: list[Person] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class GroupPage:
    """A group, the groups inside it, and its roles with those who hold them."""

    group: Group
    children: list[Group]
    roles: list[RoleHolders]


def held_on(day: date) -> ColumnElement[bool]:
    """Return the condition that a term runs on this day; the twin of `rules.is_current`."""
    return and_(or_(Term.since.is_(None), Term.since <= day), or_(Term.until.is_(None), Term.until >= day))


def leading() -> ColumnElement[bool]:
    """Return the condition that a term's role makes its holder a User Group Leader, while it is held."""
    return Term.role_id.in_(select(Role.id).where(Role.is_leader))


def _in_order() -> tuple[ColumnElement[int], ...]:
    kinds = case({kind: place for place, kind in enumerate(GroupKind)}, value=Group.kind)
    return kinds, Group.position.expression, Group.id.expression


def groups(*, today: date) -> list[GroupLine]:
    """Return every group in the order of the page, with the number of people who hold a role in it."""
    members = (
        select(func.count(Term.person_id.distinct()))
        .where(Term.group_id == Group.id, held_on(today))
        .correlate(Group)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(Group, members).options(raiseload(Group.parent)).order_by(*_in_order()).limit(GROUPS_MAX)
    )
    return [GroupLine(group, count) for group, count in rows]


def roles(*, today: date) -> list[RoleHolders]:
    """Return every role of the community by rank, with the people who hold it today in any group."""
    statement: Select[Role, Person | None] = (
        select(Role, Person)
        .outerjoin(Term, and_(Term.role_id == Role.id, held_on(today)))
        .outerjoin(Person, Person.id == Term.person_id)
        .options(joinedload(Role.group).raiseload(Group.parent))
        .order_by(Role.rank, Role.id, Person.slug)
        .limit(ROLES_MAX + HOLDERS_MAX)
    )
    return _gathered(statement)


def group_page(slug: str, *, today: date) -> GroupPage:
    """Return a group with what its page shows, in two statements; raises NotFoundError."""
    same = select(Group.id).where(Group.slug == slug).scalar_subquery()
    rows: Sequence[Group] = db.session.scalars(
        select(Group)
        .where(or_(Group.slug == slug, Group.parent_id == same))
        .options(joinedload(Group.parent).raiseload(Group.parent))
        .order_by(*_in_order())
        .limit(GROUPS_MAX)
    ).all()
    group = next((row for row in rows if row.slug == slug), None)
    if group is None:
        raise NotFoundError(_("There is no such group. All groups are on the community page."))
    statement: Select[Role, Person | None] = (
        select(Role, Person)
        .outerjoin(Term, and_(Term.role_id == Role.id, Term.group_id == group.id, held_on(today)))
        .outerjoin(Person, Person.id == Term.person_id)
        .where(or_(Role.group_id == group.id, Role.group_kind == group.kind, Term.id.is_not(None)))
        .options(raiseload(Role.group))
        .order_by(Role.rank, Role.id, Person.slug)
        .limit(ROLES_MAX + HOLDERS_MAX)
    )
    return GroupPage(group, [row for row in rows if row is not group], _gathered(statement))


def _gathered(statement: Select[Role, Person | None]) -> list[RoleHolders]:
    gathered: dict[int, RoleHolders] = {}
    for role, person in db.session.execute(statement):
        line = gathered.setdefault(role.id, RoleHolders(role))
        if person is not None and person not in line.holders:
            line.holders.append(person)
    return list(gathered.values())


def person(slug: str) -> Person:
    """Return a member with awards, and with the roles they hold or held; raises NotFoundError. Two statements."""
    statement = (
        select(Person)
        .where(Person.slug == slug)
        .options(
            joinedload(Person.terms).options(
                joinedload(Term.role).raiseload(Role.group),
                joinedload(Term.group).raiseload(Group.parent),
            ),
            selectinload(Person.awards),
        )
    )
    found = db.session.scalars(statement).unique().one_or_none()
    if found is None:
        raise nobody()
    return found


def nobody() -> NotFoundError:
    """Return the refusal for a person who is not known, or not to everybody."""
    return NotFoundError(_("There is nobody by this name here. All speakers are on the speakers page."))
