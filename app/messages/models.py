"""What organizers write to attendees."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Json, Model, Translated, UtcDateTime, choice
from app.core.i18n import Texts

WHY_MAX: Final = 300
# In an audience of which a part, something typed, is kept no longer: whom it went to cannot be told from the rest.
FORGOTTEN: Final = {"forgotten": ["yes"]}
# Written out, not bound: a partial index is found by its predicate alone.
_UNFINISHED = text("finished_at IS NULL AND state IN ('scheduled', 'sending', 'stopped')")


class MessageState(StrEnum):
    """Where a message is; from `sending` on it says the same for ever."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"  # goes by itself at `send_at`
    SENDING = "sending"  # its letters are being put into the outbox
    SENT = "sent"  # all of them are there; when each leaves, the outbox knows
    STOPPED = "stopped"  # no letter is added, and none that has not left yet goes


class Purpose(StrEnum):
    """What a message is for; decides whether those who want no news get it."""

    NEWS = "news"
    REGISTRATION = "registration"  # about one's own registration, `why` says how


class Message(Model):
    """A text to those attendees of an event who fit `audience`, and how far its sending is.

    Sending fixes the audience by its conditions and by `high_id`, the newest registration of that moment. Letters are
    queued in steps: `cursor` is the last registration that was reached, `letters` the number queued so far.
    """

    __tablename__ = "messages"
    __table_args__ = (
        Index(None, "event_id", "id"),
        Index("ix_messages_unfinished", "send_at", sqlite_where=_UNFINISHED, postgresql_where=_UNFINISHED),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    # Whoever began it; of one that was scheduled, whoever scheduled it.
    organizer_id: Mapped[int | None] = mapped_column(ForeignKey("organizers.id", ondelete="SET NULL"), index=True)
    state: Mapped[MessageState] = mapped_column(choice(MessageState, "state"), default=MessageState.DRAFT)
    purpose: Mapped[Purpose] = mapped_column(choice(Purpose, "purpose"), default=Purpose.NEWS)
    why: Mapped[str] = mapped_column(String(WHY_MAX), default="")  # of a REGISTRATION: for the history
    subject: Mapped[Texts] = mapped_column(Translated, default=Texts())
    body: Mapped[Texts] = mapped_column(Translated, default=Texts())
    audience: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)  # attendees.wanted: as_query()
    revision: Mapped[int] = mapped_column(default=1)  # rises with each change: what was shown is what is sent
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revised_at: Mapped[datetime] = mapped_column(UtcDateTime)
    send_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    begun_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    recipients: Mapped[int] = mapped_column(default=0)  # as counted when it began
    high_id: Mapped[int] = mapped_column(default=0)
    cursor: Mapped[int] = mapped_column(default=0)
    letters: Mapped[int] = mapped_column(default=0)

    @property
    def has_forgotten(self) -> bool:
        """Tell whether a part of whom it was for is kept no longer."""
        return FORGOTTEN.keys() <= self.audience.keys()

    @property
    def batch(self) -> str:
        """Return what its letters in the outbox are found by."""
        return f"message:{self.id}"
