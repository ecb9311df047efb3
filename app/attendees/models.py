"""Tables of the room: views of the list that organizers keep under a name."""

from datetime import datetime
from typing import Final

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Json, Model, UtcDateTime

VIEW_NAME_MAX: Final = 60


class AttendeeView(Model):
    """Filter and order of an event's list, kept for its organizers. No search: that would be somebody's name."""

    __tablename__ = "attendee_views"
    __table_args__ = (UniqueConstraint("event_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(VIEW_NAME_MAX))
    key: Mapped[str] = mapped_column(String(VIEW_NAME_MAX))  # decides whether two names are the same
    query: Mapped[dict[str, list[str]]] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
