"""What organizers write beside an attendee: tags and notes. Erasing the person takes them along."""

from datetime import datetime
from typing import Final

from sqlalchemy import ForeignKey, Index, String, delete
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Model, UtcDateTime, require_transaction

TAG_MAX: Final = 40
NOTE_MAX: Final = 2_000


def tag_key(name: str) -> str:
    """Return what decides whether two tags are the same: neither case nor spaces at the ends."""
    return name.strip().casefold()[:TAG_MAX]


class AttendeeTag(Model):
    """A word that organizers put on a registration of their event."""

    __tablename__ = "attendee_tags"
    __table_args__ = (Index(None, "event_id", "key", "registration_id"),)

    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(String(TAG_MAX), primary_key=True)
    name: Mapped[str] = mapped_column(String(TAG_MAX))  # as it was written
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))


class AttendeeNote(Model):
    """What an organizer wrote down about a registration, for the other organizers."""

    __tablename__ = "attendee_notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id", ondelete="CASCADE"), index=True)
    organizer_id: Mapped[int | None] = mapped_column(ForeignKey("organizers.id", ondelete="SET NULL"), index=True)
    text: Mapped[str] = mapped_column(String(NOTE_MAX))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


def forget_marks(registration_id: int) -> None:
    """Delete what organizers wrote beside a registration; in the caller's transaction."""
    session = require_transaction()
    session.execute(delete(AttendeeTag).where(AttendeeTag.registration_id == registration_id))
    session.execute(delete(AttendeeNote).where(AttendeeNote.registration_id == registration_id))
