"""Who manages the site: inviting, giving another role, removing. One owner always stays.

Each action locks the owners first, in one order, so that the question "is there another owner?" is decided where it is
asked, whoever asks at the same moment.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ScalarSelect, case, func, select

from app.accounts import invitations
from app.accounts.invitations import LOCK
from app.accounts.models import Organizer, OrganizerInvitation, Role, SignInSession
from app.accounts.sessions import close_access
from app.accounts.signals import organizer_removed
from app.core.addresses import Address
from app.core.db import db, require_transaction, transaction
from app.core.errors import BadInputError, ConflictError, NotFoundError, RefusedError
from app.core.i18n import Language, Texts
from app.core.i18n import gettext as _
from app.history import undo
from app.history.models import Entry
from app.history.service import THE_SITE, Actor, record

MEMBERS_MAX: Final = 300


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who manages; `seen_at` is when they were last here, exact to ten minutes."""

    organizer: Organizer
    role: Role | None
    since: datetime
    seen_at: datetime | None
    invitation: OrganizerInvitation | None = None

    @property
    def is_invited(self) -> bool:
        """Tell whether they have been asked and have never signed in."""
        return self.organizer.joined_at is None


def members() -> Sequence[Member]:
    """Return everybody who may sign in, those with the most rights first; two statements."""
    place = case({role: number for number, role in enumerate(Role)}, value=Organizer.role, else_=len(Role))
    rows = db.session.execute(
        select(Organizer, last_seen())
        .where(Organizer.removed_at.is_(None))
        .order_by(place, Organizer.name, Organizer.email, Organizer.id)
        .limit(MEMBERS_MAX)
    ).all()
    invited = invitations.latest([organizer.id for organizer, _seen in rows], None)
    return [Member(who, who.role, who.created_at, seen, invited.get(who.id)) for who, seen in rows]


def last_seen() -> ScalarSelect[datetime]:
    """Return the expression for when an organizer was last here, in the statement around it."""
    return (
        select(func.max(SignInSession.last_seen_at))
        .where(SignInSession.organizer_id == Organizer.id)
        .correlate(Organizer)
        .scalar_subquery()
    )


def member(organizer_id: int) -> Organizer:
    """Return somebody who may sign in. Raises NotFoundError."""
    found = db.session.scalar(select(Organizer).where(Organizer.id == organizer_id, Organizer.removed_at.is_(None)))
    if found is None:
        raise NotFoundError(_("There is nobody like this in the team any more."))
    return found


def invite(address: Address, role: Role, *, name: str = "", language: Language, by: Actor, now: datetime) -> None:
    """Let this address manage the site in this role, and write to it. Raises BadInputError when it does already."""
    with transaction():
        _require_owner(by)
        organizer = invitations.newcomer(address, name=name, language=language, now=now)
        if organizer.role is not None:
            raise BadInputError(_("This address already manages the site."), field="email")
        organizer.role = role
        invitations.invite(organizer, role, event_id=None, event_title=Texts(), by=by, now=now)
        _record("organizer.invited", organizer, None, role, by=by, now=now)


def invite_again(organizer_id: int, *, by: Actor, now: datetime) -> None:
    """Send the letter again, with a new link. Raises ConflictError when they have signed in since."""
    with transaction():
        _require_owner(by)
        organizer = _locked(organizer_id)
        if organizer.joined_at is not None or organizer.role is None:
            raise ConflictError(_("This invitation is no longer open: it was accepted or withdrawn."))
        invitations.invite(organizer, organizer.role, event_id=None, event_title=Texts(), by=by, now=now)
        _record("organizer.invited_again", organizer, organizer.role, organizer.role, by=by, now=now)


def change_role(organizer_id: int, role: Role, *, by: Actor, now: datetime) -> None:
    """Give somebody another role for the site. Raises RefusedError for the last owner."""
    with transaction():
        owners = _require_owner(by)
        organizer = _locked(organizer_id)
        if organizer.role == role:
            return
        _keep_an_owner(organizer, owners)
        before, organizer.role = organizer.role, role
        _record("organizer.role_changed", organizer, before, role, by=by, now=now)


def remove(organizer_id: int, *, by: Actor, now: datetime) -> None:
    """Let somebody manage no more, here and at every event; at once. Raises RefusedError for the last owner."""
    with transaction():
        owners = _require_owner(by)
        _remove(_locked(organizer_id), owners, by=by, now=now)


def remove_address(address: Address, *, now: datetime) -> None:
    """Do the same for whoever sits at the machine itself. Raises NotFoundError, and RefusedError for the last owner."""
    with transaction() as session:
        owners = _require_owner(THE_SITE)
        wanted = select(Organizer.id).where(Organizer.email_key == address.key, Organizer.removed_at.is_(None))
        organizer_id = session.scalar(wanted)
        if organizer_id is None:
            raise NotFoundError(_("There is no organizer with this address."))
        _remove(_locked(organizer_id), owners, by=THE_SITE, now=now)


def remove_if_there(address: Address, *, now: datetime) -> int | None:
    """Remove the organizer with this address in the caller's transaction, and return their number.

    One who was removed before stays so; None for an unknown address. Raises RefusedError for the last owner.
    """
    owners = _require_owner(THE_SITE)
    wanted = select(Organizer).where(Organizer.email_key == address.key).with_for_update()
    organizer = require_transaction().scalar(wanted.execution_options(populate_existing=True))
    if organizer is None:
        return None
    if organizer.removed_at is None:
        _remove(organizer, owners, by=THE_SITE, now=now)
    return organizer.id


def _remove(organizer: Organizer, owners: set[int], *, by: Actor, now: datetime) -> None:
    _keep_an_owner(organizer, owners)
    organizer.removed_at = now
    was_open = invitations.withdraw(organizer.id, None)
    close_access(organizer.id, now=now)
    organizer_removed.send(organizer, by=by, now=now)
    action = "organizer.withdrawn" if was_open and organizer.joined_at is None else "organizer.removed"
    _record(action, organizer, organizer.role, None, by=by, now=now)


def restore(entry: Entry, *, by: Actor, may: frozenset[str], now: datetime) -> None:  # noqa: ARG001 - as undo calls it
    """Take a removal back: the same role for the site; they sign in anew."""
    session = require_transaction()
    _require_owner(by)
    organizer = session.get(Organizer, entry.changes["_organizer"][0], with_for_update=LOCK, populate_existing=True)
    if organizer is None or organizer.removed_at is None or not organizer.email:  # erased since
        raise undo.changed_since()
    before = entry.changes["role"][0]
    organizer.removed_at, organizer.role = None, Role(before) if before else None
    _record("organizer.restored", organizer, None, organizer.role, by=by, now=now)


def give_back(entry: Entry, *, by: Actor, may: frozenset[str], now: datetime) -> None:  # noqa: ARG001 - as undo calls it
    """Take a change of role back."""
    owners = _require_owner(by)
    organizer = _locked(entry.changes["_organizer"][0])
    before, after = entry.changes["role"]
    if (organizer.role.value if organizer.role else None) != after:
        raise undo.changed_since()
    _keep_an_owner(organizer, owners)
    organizer.role = Role(before) if before else None
    _record("organizer.role_changed", organizer, after, organizer.role, by=by, now=now)


def _require_owner(by: Actor) -> set[int]:
    """Lock the owners and return their ids; refuse whoever is none of them now, whatever the page they came from said.

    The deciding read: of two owners who remove each other at once, the second one waits here, and then is no owner.
    """
    session = require_transaction()
    rows = session.execute(
        select(Organizer.id)
        .where(Organizer.role == Role.OWNER, Organizer.removed_at.is_(None))
        .order_by(Organizer.id)
        .with_for_update(key_share=True)
    )
    owners = set(rows.scalars())
    if by.organizer_id is not None and by.organizer_id not in owners:
        raise RefusedError(_("Your role does not include this. An owner of the site can give you another one."))
    return owners


def _keep_an_owner(organizer: Organizer, owners: set[int]) -> None:
    if owners == {organizer.id}:
        raise RefusedError(_("The last owner stays: make somebody else an owner first."))


def _locked(organizer_id: int) -> Organizer:
    session = require_transaction()
    organizer = session.get(Organizer, organizer_id, with_for_update=LOCK, populate_existing=True)
    if organizer is None or organizer.removed_at is not None:
        raise NotFoundError(_("There is nobody like this in the team any more."))
    return organizer


def _record(action: str, organizer: Organizer, before: object, after: object, *, by: Actor, now: datetime) -> None:
    record(
        action,
        by=by,
        now=now,
        subject=organizer.name or organizer.email,
        changes={"_organizer": (organizer.id, organizer.id), "role": (before, after)},
    )
