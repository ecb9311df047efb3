"""Feeds for one person: their secret addresses, made, found, replaced and ended.

All that writes takes part in the transaction of the service that calls it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from flask import current_app
from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.calendar.models import PrivateFeed
from app.core.db import db, require_transaction
from app.core.errors import GoneError, NotFoundError
from app.core.i18n import Language
from app.core.i18n import gettext as _
from app.core.tokens import hashed, mac, new_code

# For so long clients of an address that was ended hear 410, on which they stop for good; afterwards it never existed.
TOLD_FOR: Final = timedelta(days=30)
_PURPOSE: Final = "private-feed"
_NONCE_LENGTH: Final = 16
_FEEDS_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose feed it is: an attendee, by the key of their address, or an organizer."""

    email_key: str | None = None
    organizer_id: int | None = None

    def is_of(self) -> ColumnElement[bool]:
        """Return the condition that a feed is theirs."""
        if self.email_key is not None:
            return PrivateFeed.email_key == self.email_key
        return PrivateFeed.organizer_id == self.organizer_id


def live_feed(owner: Owner) -> PrivateFeed | None:
    """Return the feed that this person has."""
    return db.session.scalar(select(PrivateFeed).where(owner.is_of(), PrivateFeed.revoked_at.is_(None)))


def feeds_of(owner: Owner) -> Sequence[PrivateFeed]:
    """Return every feed that is known of this person, also those that have ended lately."""
    statement = select(PrivateFeed).where(owner.is_of()).order_by(PrivateFeed.id).limit(_FEEDS_MAX)
    return db.session.scalars(statement).all()


def open_feed(owner: Owner, *, language: Language, now: datetime) -> PrivateFeed:
    """Return the feed that this person has, or a new one; of two who ask at once, both get the same."""
    session = require_transaction()
    session.execute(delete(PrivateFeed).where(owner.is_of(), PrivateFeed.revoked_at < now - TOLD_FOR))
    nonce = new_code(_NONCE_LENGTH)
    values: dict[str, Any] = {
        "email_key": owner.email_key,
        "organizer_id": owner.organizer_id,
        "nonce": nonce,
        "token_hash": hashed(mac(_PURPOSE, nonce)),
        "language": language,
        "created_at": now,
    }
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    session.execute(dialect.insert(PrivateFeed).values(values).on_conflict_do_nothing())
    return session.scalars(select(PrivateFeed).where(owner.is_of(), PrivateFeed.revoked_at.is_(None))).one()


def end_feed(owner: Owner, *, now: datetime) -> bool:
    """End the feed that this person has: its address answers nobody any more. False when there was none."""
    ended = update(PrivateFeed).where(owner.is_of(), PrivateFeed.revoked_at.is_(None)).values(revoked_at=now)
    return bool(require_transaction().execute(ended.returning(PrivateFeed.id)).all())


def forget(owner: Owner) -> None:
    """Delete every trace of this person's feeds, for whoever erases them."""
    require_transaction().execute(delete(PrivateFeed).where(owner.is_of()))


def feed_behind(token: str, kind: Literal["attendee", "organizer"], *, now: datetime) -> PrivateFeed:
    """Return the feed of this kind with this secret; raises GoneError for a month after it was ended, NotFoundError."""
    is_of_kind = PrivateFeed.organizer_id.is_(None) if kind == "attendee" else PrivateFeed.email_key.is_(None)
    feed = db.session.scalar(select(PrivateFeed).where(PrivateFeed.token_hash == hashed(token), is_of_kind))
    if feed is None or (feed.revoked_at is not None and feed.revoked_at < now - TOLD_FOR):
        raise NotFoundError(_("There is no calendar at this address. All calendars are on the calendar page."))
    if feed.revoked_at is not None:
        raise GoneError(_("This calendar has been ended, or moved to a new secret address. Please remove it."))
    return feed


def token_of(feed: PrivateFeed) -> str | None:
    """Return the secret of a feed; None when it was made with a key that the site has no more."""
    keys = [current_app.config["SECRET_KEY"], *current_app.config["SECRET_KEY_FALLBACKS"]]
    tokens = (mac(_PURPOSE, feed.nonce, key=key) for key in keys)
    return next((token for token in tokens if hashed(token) == feed.token_hash), None)
