"""Who may sign in, by which link, and whose browser this is."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import contains_eager

from app.accounts import rules
from app.accounts.models import Identity, Organizer, Passkey, Role, SignInLink, SignInSession
from app.core.db import db
from app.core.tokens import hashed


def organizer_with(email_key: str) -> Organizer | None:
    """Return the organizer with this normalised address; None for anybody else, and for one that was removed."""
    return db.session.scalar(select(Organizer).where(Organizer.email_key == email_key, Organizer.removed_at.is_(None)))


def organizer_by_id(organizer_id: int) -> Organizer | None:
    """Return an organizer; None for one that was removed."""
    return db.session.scalar(select(Organizer).where(Organizer.id == organizer_id, Organizer.removed_at.is_(None)))


def organizer_to_write_to(email_key: str) -> Organizer | None:
    """Return as `organizer_with`; of several who ask for letters to one address at once, each waits for the last."""
    return db.session.scalar(
        select(Organizer)
        .where(Organizer.email_key == email_key, Organizer.removed_at.is_(None))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )


def link_by_token(token: str) -> SignInLink | None:
    """Return the link behind a token, open or not; None when this site never made it."""
    code = rules.code_of(token)
    return None if code is None else db.session.scalar(select(SignInLink).where(SignInLink.code == code))


def letter_link(link_id: int) -> tuple[SignInLink, Organizer] | None:
    """Return a link with its organizer, for the letter; None when either is gone."""
    found = db.session.execute(
        select(SignInLink, Organizer)
        .join(Organizer, Organizer.id == SignInLink.organizer_id)
        .where(SignInLink.id == link_id, Organizer.removed_at.is_(None))
    ).one_or_none()
    return None if found is None else (found[0], found[1])


def open_links(asked_key: str, *, now: datetime) -> int:
    """Return how many letters asked for by the same address can still be opened by their link."""
    is_open = and_(SignInLink.used_at.is_(None), SignInLink.expires_at > now)
    return _number_asked_for(asked_key, is_open)


def codes_at_risk(asked_key: str, *, now: datetime) -> int:
    """Return how many codes, asked for by the same address or from the same browser, are or lately were guessed at."""
    can_be = and_(
        SignInLink.wrong_codes < rules.WRONG_CODES_MAX, SignInLink.used_at.is_(None), SignInLink.expires_at > now
    )
    was = and_(SignInLink.wrong_codes == rules.WRONG_CODES_MAX, SignInLink.created_at > now - rules.GUESSED_AT_LASTS)
    return _number_asked_for(asked_key, or_(can_be, was))


def _number_asked_for(asked_key: str, condition: ColumnElement[bool]) -> int:
    counted = select(func.count()).select_from(SignInLink).where(SignInLink.asked_key == asked_key, condition)
    return db.session.scalar(counted) or 0


def has_owner() -> bool:
    """Tell whether anybody manages the site as its owner."""
    statement = select(Organizer.id).where(Organizer.role == Role.OWNER, Organizer.removed_at.is_(None)).limit(1)
    return db.session.scalar(statement) is not None


def is_new_device(organizer_id: int, device_hash: str) -> bool:
    """Tell whether an organizer has signed in before, but never from this device."""
    past, from_here = db.session.execute(
        select(func.count(), func.count().filter(SignInSession.device_hash == device_hash))
        .select_from(SignInSession)
        .where(SignInSession.organizer_id == organizer_id)
    ).one()
    return past > 0 and from_here == 0


def open_sessions(organizer_id: int, *, now: datetime) -> list[SignInSession]:
    """Return the browsers in which an organizer is signed in, last seen first; at most SESSIONS_SHOWN."""
    statement = (
        select(SignInSession)
        .where(
            SignInSession.organizer_id == organizer_id,
            SignInSession.revoked_at.is_(None),
            SignInSession.expires_at > now,
        )
        .order_by(SignInSession.last_seen_at.desc(), SignInSession.id.desc())
        .limit(rules.SESSIONS_SHOWN)
    )
    return list(db.session.scalars(statement))


def letter_session(session_id: int) -> SignInSession | None:
    """Return a sign-in that still holds, with its organizer, for the letter about it."""
    return db.session.scalar(
        select(SignInSession)
        .join(SignInSession.organizer)
        .options(contains_eager(SignInSession.organizer))
        .where(SignInSession.id == session_id, SignInSession.revoked_at.is_(None), Organizer.removed_at.is_(None))
    )


def passkeys_of(organizer_id: int) -> list[Passkey]:
    """Return an organizer's passkeys, the oldest first."""
    statement = (
        select(Passkey).where(Passkey.organizer_id == organizer_id).order_by(Passkey.id).limit(rules.PASSKEYS_MAX)
    )
    return list(db.session.scalars(statement))


def identities_of(organizer_id: int) -> list[Identity]:
    """Return who an organizer is at other providers, the oldest first."""
    statement = (
        select(Identity).where(Identity.organizer_id == organizer_id).order_by(Identity.id).limit(rules.IDENTITIES_MAX)
    )
    return list(db.session.scalars(statement))


def live_session(secret: str, *, now: datetime) -> SignInSession | None:
    """Return the sign-in behind a cookie, with its organizer, in one statement.

    None when it was signed out, is too old, or the organizer was removed meanwhile.
    """
    return db.session.scalar(
        select(SignInSession)
        .join(SignInSession.organizer)
        .options(contains_eager(SignInSession.organizer))
        .where(
            SignInSession.secret_hash == hashed(secret),
            SignInSession.revoked_at.is_(None),
            SignInSession.expires_at > now,
            Organizer.removed_at.is_(None),
        )
    )
