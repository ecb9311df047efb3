"""Reading long work."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select

from app.accounts.rights import Permission
from app.core.db import db
from app.core.errors import NotFoundError, RefusedError
from app.core.i18n import gettext as _
from app.work import kinds
from app.work.models import Task, TaskState

SHOWN_MAX: Final = 50


def task_at(event_id: int, code: str, permissions: frozenset[Permission]) -> Task:
    """Return the work with this code, for somebody who may see its kind. Raises NotFoundError, RefusedError."""
    task = db.session.scalar(select(Task).where(Task.event_id == event_id, Task.code == code))
    if task is None:
        raise NotFoundError(_("There is no such task here: finished ones are kept for a month."))
    if kinds.kind_of(task).needs not in permissions:
        raise RefusedError(_("Your role at this event does not include this. An owner can give you another one."))
    return task


def tasks_of(event_id: int, permissions: frozenset[Permission]) -> Sequence[Task]:
    """Return the latest work at an event that somebody with these permissions may see, the newest first."""
    return db.session.scalars(
        select(Task)
        .where(Task.event_id == event_id, Task.kind.in_(sorted(kinds.names_for(permissions))))
        .order_by(Task.id.desc())
        .limit(SHOWN_MAX)
    ).all()


def open_tasks_of(event_id: int, permissions: frozenset[Permission]) -> Sequence[Task]:
    """Return the work that goes on at an event now, the oldest first."""
    return db.session.scalars(
        select(Task)
        .where(
            Task.event_id == event_id,
            Task.state == TaskState.OPEN,
            Task.kind.in_(sorted(kinds.names_for(permissions))),
        )
        .order_by(Task.id)
        .limit(SHOWN_MAX)
    ).all()
