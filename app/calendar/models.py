"""Tables of the calendars that are nobody else's business."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Model, UtcDateTime
from app.core.i18n import Language

# Written out, not bound: a partial index is found by its predicate alone.
_LIVE = text("revoked_at IS NULL")


class PrivateFeed(Model):
    """The secret address of a feed for one person: an attendee, known by address, or an organizer.

    The secret is derived from `nonce` with the site's key, so that it can be shown again; its digest is stored, by
    which a client's request is found also after that key has changed. A new address is a new row.
    """

    __tablename__ = "private_feeds"
    __table_args__ = (
        CheckConstraint("(email_key IS NULL) != (organizer_id IS NULL)", name="owner"),
        Index("uq_private_feeds_live_email_key", "email_key", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
        Index(
            "uq_private_feeds_live_organizer_id",
            "organizer_id",
            unique=True,
            sqlite_where=_LIVE,
            postgresql_where=_LIVE,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    email_key: Mapped[str | None] = mapped_column(String(254))
    organizer_id: Mapped[int | None] = mapped_column(ForeignKey("organizers.id", ondelete="CASCADE"))
    nonce: Mapped[str] = mapped_column(String(16))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    language: Mapped[Language] = mapped_column(String(8), default="zh")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
