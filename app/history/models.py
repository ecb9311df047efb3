"""The audit log."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Json, Model, UtcDateTime


class Entry(Model):
    """One thing that was done. Rows are only added; `history.service` alone empties what one says of a person.

    No foreign keys: the log outlives what it speaks of.
    """

    __tablename__ = "history"
    __table_args__ = (
        Index(None, "event_id", "id"),
        Index(None, "organizer_id", "id"),
        Index(None, "registration_id"),
        Index(None, "action", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    action: Mapped[str] = mapped_column(String(60))  # a noun and a verb: "event.published"
    organizer_id: Mapped[int | None]  # None: the site itself, or a command
    session_id: Mapped[int | None]  # the sign-in it was done from
    event_id: Mapped[int | None]
    registration_id: Mapped[int | None]  # whose personal data `changes` and `subject` may hold
    subject: Mapped[str] = mapped_column(String(300), default="")  # what it was done to, as it was called then
    changes: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)  # {"title": [before, after]}
