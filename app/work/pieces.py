"""Long work of one piece: held by one process, which says again and again that it is still at it.

The row's `due_at` is the end of the lease, `cursor` the number of the attempt: whoever finds another number there has
lost the work to somebody else, and lets go.
"""

import time
from collections.abc import Generator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.db import transaction
from app.core.i18n import Language, speaking
from app.work import kinds
from app.work.kinds import Piece
from app.work.models import Task, TaskState

# Longer than any pause of a duty thread; a process that dies is followed after this.
LEASE: Final = timedelta(seconds=90)
_HELD: Final = "work_pieces"


@dataclass(frozen=True, slots=True)
class Held:
    """A piece that this process is at."""

    attempt: int
    language: Language
    piece: Piece
    parts: Generator[int, None, None]

    def end(self) -> None:
        """Let go of all that it holds: first of what writes, then of what is written into."""
        self.parts.close()
        self.piece.close()


def held() -> dict[int, Held]:
    """Return the pieces that this process is at, by the id of their task."""
    pieces: dict[int, Held] = current_app.extensions.setdefault(_HELD, {})
    return pieces


def take(task: Task, *, now: datetime) -> None:
    """Begin a claimed task; in the caller's transaction."""
    make = kinds.kind_of(task).piece
    if make is None:
        raise TypeError(task.kind)
    task.begun_at, task.cursor, task.done, task.due_at = task.begun_at or now, task.cursor + 1, 0, now + LEASE
    with speaking(task.language):
        piece = make(task)
    held()[task.id] = Held(task.cursor, task.language, piece, piece.advance())


def advance(task_id: int, *, until: float, now: datetime) -> None:
    """Go on with a piece until this moment of the monotonic clock, then say how far it is, or keep what was made."""
    mine, done, is_finished = held()[task_id], 0, False
    with speaking(mine.language):
        while not is_finished:
            part = next(mine.parts, None)
            is_finished, done = part is None, done if part is None else part
            if time.monotonic() >= until:
                break
    with transaction() as session:
        task = _still_mine(session, task_id, mine)
        if task is None or task.stop_asked_at is not None:
            let_go(task_id)
            if task is not None:
                task.state, task.finished_at = TaskState.STOPPED, now
                kinds.empty_private(task)
            return
        task.done, task.due_at, task.attempts = done or task.done, now + LEASE, 0
        if is_finished:
            mine.piece.keep(task, now)
            task.state, task.finished_at = TaskState.DONE, now
            kinds.empty_private(task)
    if is_finished:
        let_go(task_id)


def let_go(task_id: int) -> None:
    """Forget a piece, and what it holds."""
    mine = held().pop(task_id, None)
    if mine is not None:
        mine.end()


def _still_mine(session: Session, task_id: int, mine: Held) -> Task | None:
    return session.scalar(
        select(Task)
        .where(Task.id == task_id, Task.state == TaskState.OPEN, Task.cursor == mine.attempt)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
