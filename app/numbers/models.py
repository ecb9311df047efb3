"""Links that organizers give to partners, to see who brought whom."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Model, UtcDateTime
from app.registrations.sources import SOURCE_MAX

NAME_MAX = 100


class PartnerLink(Model):
    """A name for one source of an event's sign-ups; the link is the event's page with `?via=<code>`.

    Who came by it is said by `registrations.source`: the row counts nothing, so nothing can drift.
    """

    __tablename__ = "partner_links"
    __table_args__ = (UniqueConstraint("event_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(String(SOURCE_MAX))
    name: Mapped[str] = mapped_column(String(NAME_MAX))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
