"""Who may sign in, by which link, and whose browser this is."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import contains_eager

from app.accounts import rules
from app.accounts.models import Organizer, SignInLink, SignInSession
from app.core.db import db
from app.core.tokens import hashed


def organizer_with(email_key: str) -> Organizer | None:
    """Return the organizer with this normalised address; None for anybody else, and for one that was removed."""
    return db.session.scalar(select(Organizer).where(Organizer.email_key == email_key, Organizer.removed_at.is_(None)))


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


def open_links(organizer_id: int, *, now: datetime) -> int:
    """Return how many links of this organizer could still sign in."""
    number = db.session.scalar(
        select(func.count())
        .select_from(SignInLink)
        .where(SignInLink.organizer_id == organizer_id, SignInLink.used_at.is_(None), SignInLink.expires_at > now)
    )
    return number or 0


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
