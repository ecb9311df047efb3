"""The outbox table."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Json, Model, UtcDateTime, choice
from app.core.i18n import Language


class LetterState(StrEnum):
    """Queued and sending are due again when their time has come; the others are at rest."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    STOPPED = "stopped"


class Letter(Model):
    """One e-mail to one address; rendered when it is sent, from `kind` and `ids`."""

    __tablename__ = "letters"
    __table_args__ = (
        # Delivery looks for due rows only; rows at rest, which are nearly all, stay out of the index.
        Index(
            "ix_letters_due",
            "due_at",
            "id",
            sqlite_where=text("state IN ('queued', 'sending')"),
            postgresql_where=text("state IN ('queued', 'sending')"),
        ),
        Index(None, "state", "id"),
        CheckConstraint("attempts >= 0", name="attempts"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(200), unique=True)  # one cause, one letter
    to_email: Mapped[str] = mapped_column(String(254))
    to_name: Mapped[str] = mapped_column(String(200), default="")
    language: Mapped[Language] = mapped_column(String(8), default="zh")
    ids: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    state: Mapped[LetterState] = mapped_column(choice(LetterState, "state"), default=LetterState.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)  # while sending: the end of the lease
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_error: Mapped[str | None] = mapped_column(Text)  # the server's words; no address, no content
    message_id: Mapped[str] = mapped_column(String(255))  # made once: a resend is the same letter
