"""Adding and removing organizers, links that sign in once, and the sign-ins they open."""

from datetime import datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy import CursorResult, delete, select, update

from app.accounts import mails, queries, rules
from app.accounts.models import Organizer, Role, SignInLink, SignInSession
from app.core.addresses import Address
from app.core.db import require_transaction, transaction
from app.core.errors import NotFoundError
from app.core.i18n import Language
from app.core.i18n import gettext as _
from app.core.tokens import hashed, new_code, new_secret
from app.mail import outbox

# Old links and sign-ins are kept a while, so that their pages can say "used" instead of "unknown".
_KEPT: Final = timedelta(days=7)
_USER_AGENT_MAX: Final = 300


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
        return was_removed


def remove_organizer(address: Address, *, now: datetime) -> None:
    """Let this address manage no more: its sign-ins and links end at once. Raises NotFoundError."""
    with transaction() as session:
        organizer = queries.organizer_with(address.key)
        if organizer is None:
            raise NotFoundError(_("There is no organizer with this address."))
        organizer.removed_at = now
        # Not by the gate alone: if the address is added again, old cookies must stay shut.
        session.execute(
            update(SignInSession)
            .where(SignInSession.organizer_id == organizer.id, SignInSession.revoked_at.is_(None))
            .values(revoked_at=now)
        )
        session.execute(delete(SignInLink).where(SignInLink.organizer_id == organizer.id))


def request_link(address: Address, *, language: Language, onward: str = "", now: datetime) -> None:
    """Send an organizer a letter with a link that signs in once, within 15 minutes.

    Does nothing for any other address, and the caller cannot tell: the answer must be the same.
    """
    with transaction():
        _forget_old(now)
        organizer = queries.organizer_with(address.key)
        if organizer is None or queries.open_links(organizer.id, now=now) >= rules.OPEN_LINKS_MAX:
            return
        link = _new_link(organizer, lifetime=rules.LINK_LIFETIME, now=now)
        outbox.queue(
            mails.SIGN_IN,
            key=f"{mails.SIGN_IN}:{link.code}",
            to_email=organizer.email,
            to_name=organizer.name,
            language=language,
            ids={"link": link.id, "next": onward},
            now=now,
        )


def link_for_command(address: Address, *, now: datetime) -> str:
    """Return the token of a fresh link for whoever sits at the machine itself. Raises NotFoundError."""
    with transaction():
        organizer = queries.organizer_with(address.key)
        if organizer is None:
            raise NotFoundError(_("There is no organizer with this address."))
        return rules.token_of(_new_link(organizer, lifetime=rules.COMMAND_LINK_LIFETIME, now=now))


def sign_in(token: str, *, user_agent: str, now: datetime) -> str:
    """Use a link up and open a sign-in of 30 days; return the secret for the cookie.

    Raises NotFoundError when the link is unknown, too old, already used, or its organizer was removed.
    """
    secret, code = new_secret(), rules.code_of(token)
    with transaction() as session:
        # One guarded write decides: of two browsers that press at once, one gets in.
        used = session.execute(
            update(SignInLink)
            .where(
                SignInLink.code == code,
                SignInLink.used_at.is_(None),
                SignInLink.expires_at > now,
                SignInLink.organizer_id.in_(select(Organizer.id).where(Organizer.removed_at.is_(None))),
            )
            .values(used_at=now)
            .returning(SignInLink.organizer_id)
        ).scalar()
        if used is None:
            raise NotFoundError(_("This sign-in link has been used or is too old."))
        session.add(
            SignInSession(
                organizer_id=used,
                secret_hash=hashed(secret),
                user_agent=user_agent[:_USER_AGENT_MAX],
                created_at=now,
                expires_at=now + rules.SESSION_LIFETIME,
            )
        )
    return secret


def sign_out(secret: str, *, now: datetime) -> bool:
    """End the sign-in behind this cookie; False when it had ended before."""
    with transaction() as session:
        ended = session.execute(
            update(SignInSession)
            .where(SignInSession.secret_hash == hashed(secret), SignInSession.revoked_at.is_(None))
            .values(revoked_at=now)
        )
        return cast("CursorResult[Any]", ended).rowcount > 0


def _new_link(organizer: Organizer, *, lifetime: timedelta, now: datetime) -> SignInLink:
    session = require_transaction()
    link = SignInLink(organizer_id=organizer.id, code=new_code(), created_at=now, expires_at=now + lifetime)
    session.add(link)
    session.flush()
    return link


def _forget_old(now: datetime) -> None:
    session = require_transaction()
    session.execute(delete(SignInLink).where(SignInLink.expires_at < now - _KEPT))
    session.execute(delete(SignInSession).where(SignInSession.expires_at < now - _KEPT))
