"""Who manages one event, beside those who manage the site. Nobody gives, changes or takes more than they have.

There is no "last owner" of one event: the owners of the site are owners of every event, and one of them always stays.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import case, select

from app.accounts import invitations
from app.accounts.invitations import LOCK
from app.accounts.models import Organizer, Role
from app.accounts.rights import may_give
from app.accounts.team import Member, last_seen
from app.core.addresses import Address
from app.core.db import db, require_transaction, transaction
from app.core.errors import BadInputError, ConflictError, NotFoundError, RefusedError
from app.core.i18n import Language
from app.core.i18n import gettext as _
from app.events.models import Event, EventRole
from app.history import undo
from app.history.models import Entry
from app.history.service import Actor, record

MEMBERS_MAX: Final = 200


def members(event_id: int) -> Sequence[Member]:
    """Return who has a role at this event, those with the most rights first; two statements."""
    place = case({role: number for number, role in enumerate(Role)}, value=EventRole.role)
    rows = db.session.execute(
        select(Organizer, EventRole.role, EventRole.created_at, last_seen())
        .join(EventRole, EventRole.organizer_id == Organizer.id)
        .where(EventRole.event_id == event_id, Organizer.removed_at.is_(None))
        .order_by(place, Organizer.name, Organizer.email, Organizer.id)
        .limit(MEMBERS_MAX)
    ).all()
    invited = invitations.latest([organizer.id for organizer, *_rest in rows], event_id)
    return [Member(who, role, since, seen, invited.get(who.id)) for who, role, since, seen in rows]


def member(event_id: int, organizer_id: int) -> tuple[Organizer, Role]:
    """Return somebody who has a role at this event, with the role. Raises NotFoundError."""
    found = db.session.execute(
        select(Organizer, EventRole.role)
        .join(EventRole, EventRole.organizer_id == Organizer.id)
        .where(EventRole.event_id == event_id, Organizer.id == organizer_id, Organizer.removed_at.is_(None))
    ).one_or_none()
    if found is None:
        raise _gone()
    return found[0], found[1]


def roles_of(organizer: Organizer, event_id: int) -> list[Role]:
    """Return what an organizer is here: for the whole site, and at this event."""
    here = db.session.scalar(
        select(EventRole.role).where(EventRole.event_id == event_id, EventRole.organizer_id == organizer.id)
    )
    return [role for role in (organizer.role, here) if role is not None]


def givable(mine: Sequence[Role]) -> list[Role]:
    """Return the roles that somebody with these can give."""
    return [role for role in Role if may_give(mine, role)]


def invite(
    event: Event, address: Address, role: Role, *, name: str = "", language: Language, by: Actor, now: datetime
) -> None:
    """Let this address manage the event in this role, and write to it.

    Raises BadInputError when it does already, RefusedError for a role above one's own.
    """
    with transaction() as session:
        _require_above(event.id, role, by=by)
        organizer = invitations.newcomer(address, name=name, language=language, now=now)
        if session.get(EventRole, (event.id, organizer.id), populate_existing=True) is not None:
            raise BadInputError(_("This address already has a role at this event."), field="email")
        session.add(EventRole(event_id=event.id, organizer_id=organizer.id, role=role, created_at=now))
        invitations.invite(organizer, role, event_id=event.id, event_title=event.title, by=by, now=now)
        _record("event_team.invited", event.id, organizer, None, role, by=by, now=now)


def invite_again(event: Event, organizer_id: int, *, by: Actor, now: datetime) -> None:
    """Send the letter again, with a new link. Raises ConflictError when they have signed in since."""
    with transaction():
        found = _locked(event.id, organizer_id)
        _require_above(event.id, found.role, by=by)
        organizer = found.organizer
        if organizer.joined_at is not None:
            raise ConflictError(_("This invitation is no longer open: it was accepted or withdrawn."))
        invitations.invite(organizer, found.role, event_id=event.id, event_title=event.title, by=by, now=now)
        _record("event_team.invited_again", event.id, organizer, found.role, found.role, by=by, now=now)


def change_role(event_id: int, organizer_id: int, role: Role, *, by: Actor, now: datetime) -> None:
    """Give somebody another role at this event. Raises RefusedError where either role is above one's own."""
    with transaction():
        found = _locked(event_id, organizer_id)
        _require_above(event_id, found.role, role, by=by)
        if found.role == role:
            return
        before, found.role = found.role, role
        _record("event_team.role_changed", event_id, found.organizer, before, role, by=by, now=now)


def remove(event_id: int, organizer_id: int, *, by: Actor, now: datetime) -> None:
    """Take somebody's role at this event, from their next request on. Raises RefusedError for one above one's own."""
    with transaction() as session:
        found = _locked(event_id, organizer_id)
        _require_above(event_id, found.role, by=by)
        organizer, role = found.organizer, found.role
        session.delete(found)
        was_open = invitations.withdraw(organizer.id, event_id)
        action = "event_team.withdrawn" if was_open and organizer.joined_at is None else "event_team.removed"
        _record(action, event_id, organizer, role, None, by=by, now=now)


def take_all_roles(organizer: Organizer, *, by: Actor, now: datetime) -> None:
    """Take the roles at every event of somebody who was removed; takes part in the caller's transaction."""
    session = require_transaction()
    held = session.scalars(
        select(EventRole).where(EventRole.organizer_id == organizer.id).order_by(EventRole.event_id).with_for_update()
    ).all()
    for one in held:
        session.delete(one)
        _record("event_team.removed", one.event_id, organizer, one.role, None, by=by, now=now)


def restore(entry: Entry, *, by: Actor, may: frozenset[str], now: datetime) -> None:  # noqa: ARG001 - as undo calls it
    """Take a removal or a change of role at an event back."""
    session = require_transaction()
    organizer_id, (before, after) = entry.changes["_organizer"][0], entry.changes["role"]
    event_id = entry.event_id or 0
    organizer = session.get(Organizer, organizer_id, with_for_update=LOCK, populate_existing=True)
    found = session.get(EventRole, (event_id, organizer_id), with_for_update=True, populate_existing=True)
    present = found.role.value if found else None
    if organizer is None or organizer.removed_at is not None or present != after:
        raise undo.changed_since()
    roles = [Role(one) for one in (before, after) if one]
    _require_above(event_id, *roles, by=by)
    if found is not None:
        found.role = Role(before)
    else:
        session.add(EventRole(event_id=event_id, organizer_id=organizer_id, role=Role(before), created_at=now))
    _record("event_team.restored", event_id, organizer, after, before, by=by, now=now)


def _require_above(event_id: int, *roles: Role, by: Actor) -> None:
    """Refuse what is above the actor's own roles as they are at this moment, whatever the page they came from said."""
    session = require_transaction()
    if by.organizer_id is None:
        return
    organizer = session.get(Organizer, by.organizer_id, populate_existing=True)
    mine = roles_of(organizer, event_id) if organizer and organizer.removed_at is None else []
    if not all(may_give(mine, role) for role in roles):
        raise RefusedError(_("Nobody gives, changes or takes a role above their own."))


def _locked(event_id: int, organizer_id: int) -> EventRole:
    """Lock somebody's role here, behind themselves: the order of `accounts.team`, whoever removes them meanwhile."""
    session = require_transaction()
    organizer = session.get(Organizer, organizer_id, with_for_update=LOCK, populate_existing=True)
    found = session.get(EventRole, (event_id, organizer_id), with_for_update=True, populate_existing=True)
    if organizer is None or found is None or organizer.removed_at is not None:
        raise _gone()
    return found


def _gone() -> NotFoundError:
    return NotFoundError(_("There is nobody like this in the team any more."))


def _record(
    action: str, event_id: int, organizer: Organizer, before: object, after: object, *, by: Actor, now: datetime
) -> None:
    record(
        action,
        by=by,
        now=now,
        event_id=event_id,
        subject=organizer.name or organizer.email,
        changes={"_organizer": (organizer.id, organizer.id), "role": (before, after)},
    )
