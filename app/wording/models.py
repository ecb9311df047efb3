"""The texts that an event has of its own."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Model, UtcDateTime
from app.core.i18n import Language


class LetterText(Model):
    """What an event writes in one kind of letter, in one language; where it is empty, the standard text holds."""

    __tablename__ = "letter_texts"
    __table_args__ = (
        # The index by which a letter finds its text, too.
        UniqueConstraint("event_id", "kind", "language"),
        CheckConstraint("language IN ('zh', 'en')", name="language"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(40))
    language: Mapped[Language] = mapped_column(String(2))
    subject: Mapped[str] = mapped_column(String(200), default="")
    body: Mapped[str] = mapped_column(Text, default="")  # Markdown with placeholders
    revised_at: Mapped[datetime] = mapped_column(UtcDateTime)
