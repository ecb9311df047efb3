"""Adding organizers, and links that sign in once; `team` removes."""

from datetime import datetime

from sqlalchemy import select, update

from app.accounts import codes, queries, rules
from app.accounts.models import LinkKind, Organizer, Role, SignInLink
from app.accounts.sessions import Browser, close_access, end_session, open_session
from app.core.addresses import Address
from app.core.db import transaction
from app.core.errors import NotFoundError
from app.core.i18n import Language
from app.core.i18n import gettext as _


def add_organizer(
    address: Address, *, name: str = "", language: Language = "zh", role: Role | None = Role.OWNER, now: datetime
) -> bool:
    """Let this address sign in to manage; one that was removed may again. False when it already may.

    `role` is for the whole site; it is given to a new or removed organizer, and never changes that of another one.
    """
    with transaction() as session:
        known = session.scalar(select(Organizer).where(Organizer.email_key == address.key))
        if known is None:
            session.add(
                Organizer(
                    email=address.email, email_key=address.key, name=name, language=language, role=role, created_at=now
                )
            )
            return True
        known.name = name or known.name
        was_removed = known.removed_at is not None
        known.removed_at = None
        if was_removed:
            known.role = role
            close_access(known.id, now=now)
        return was_removed


def link_for_command(address: Address, *, now: datetime) -> str:
    """Return the token of a fresh link for whoever sits at the machine itself. Raises NotFoundError."""
    with transaction():
        organizer = queries.organizer_with(address.key)
        if organizer is None:
            raise NotFoundError(_("There is no organizer with this address."))
        lifetime = rules.COMMAND_LINK_LIFETIME
        return rules.token_of(codes.add_link(organizer.id, LinkKind.COMMAND, "", lifetime=lifetime, now=now))


def sign_in(token: str, *, user_agent: str, device: str = "", now: datetime) -> str:
    """Use a link up and open a sign-in of 30 days; return the secret for the cookie.

    Wrong codes do a letter's link no harm: whoever types them at somebody's address keeps nobody out.

    Raises NotFoundError when the link is unknown, too old, already used, or its organizer was removed.
    """
    with transaction() as session:
        # One guarded write decides: of two browsers that press at once, one gets in.
        used = session.execute(
            update(SignInLink)
            .where(
                SignInLink.code == rules.code_of(token),
                SignInLink.kind != LinkKind.PROOF,
                SignInLink.used_at.is_(None),
                SignInLink.expires_at > now,
                SignInLink.organizer_id.in_(select(Organizer.id).where(Organizer.removed_at.is_(None))),
            )
            .values(used_at=now)
            .returning(SignInLink.organizer_id)
        ).scalar()
        if used is None:
            raise NotFoundError(_("This sign-in link has been used or is too old."))
        return open_session(used, Browser(user_agent, device), way="link", now=now)


def sign_out(secret: str, *, now: datetime) -> bool:
    """End the sign-in behind this cookie; False when it had ended before."""
    return end_session(secret, now=now)
