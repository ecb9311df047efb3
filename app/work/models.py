"""Long work as rows."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Json, Model, UtcDateTime, choice
from app.core.i18n import Language

_OPEN = text("state = 'open'")
# A step that breaks is tried again after 2, 4, 8 … seconds, this often; then the work has failed.
ATTEMPTS_MAX: Final = 6


class TaskState(StrEnum):
    """What became of long work."""

    OPEN = "open"  # waits, runs, or is being taken back
    DONE = "done"
    STOPPED = "stopped"  # by a person; what the kind takes back has been taken back
    FAILED = "failed"


class Task(Model):
    """One piece of long work; each step is one transaction that moves `cursor`, so that none is done twice or half."""

    __tablename__ = "tasks"
    __table_args__ = (
        Index("ix_tasks_open", "due_at", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index(None, "event_id", "id"),
        Index(None, "finished_at"),
        CheckConstraint("done >= 0", name="done"),
        CheckConstraint("attempts >= 0", name="attempts"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(16), unique=True)
    kind: Mapped[str] = mapped_column(String(40))
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    organizer_id: Mapped[int | None] = mapped_column(ForeignKey("organizers.id", ondelete="SET NULL"), index=True)
    session_id: Mapped[int | None]  # the sign-in it was begun from, for the history
    language: Mapped[Language] = mapped_column(String(8), default="zh")  # of whoever began it: refusals are said in it
    params: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)  # what to do; nothing of any one person
    state: Mapped[TaskState] = mapped_column(choice(TaskState, "state"), default=TaskState.OPEN)
    cursor: Mapped[int] = mapped_column(default=0)  # how far it is, as the kind counts: the last id, a line
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int | None]  # None: not known
    counts: Mapped[dict[str, int]] = mapped_column(Json, default=dict)  # what became of how many
    refusal: Mapped[str] = mapped_column(String(500), default="")  # why it failed, for the reader
    attempts: Mapped[int] = mapped_column(default=0)  # steps in a row that broke
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    begun_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    stop_asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def is_open(self) -> bool:
        """Tell whether it goes on, or waits to."""
        return self.state is TaskState.OPEN

    @property
    def is_being_taken_back(self) -> bool:
        """Tell whether what it did is being undone."""
        return self.is_open and (self.stop_asked_at is not None or bool(self.refusal))

    @property
    def was_broken(self) -> bool:
        """Tell whether a fault of the site has ended it, so that it can go on."""
        return self.state is TaskState.FAILED and self.attempts >= ATTEMPTS_MAX
