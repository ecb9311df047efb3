"""Long work: begun in the transaction of who asks for it, advanced by a duty, stopped by a person.

Any number of processes may advance it and each may be killed: a step is one transaction, which locks its row.
"""

import logging
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.core.db import db, require_transaction, transaction
from app.core.errors import AppError, ConflictError
from app.core.i18n import Language, speaking
from app.core.i18n import gettext as _
from app.core.tokens import new_code
from app.core.traces import trace
from app.history.service import Actor
from app.mail import outbox
from app.work import kinds, pieces
from app.work.models import ATTEMPTS_MAX, Task, TaskState

log = logging.getLogger(__name__)

# A round of the duty: as many steps as fit, so that letters and sign-ups of others are not kept waiting.
ROUND: Final = timedelta(seconds=1)
TASKS_MAX: Final = 20  # advanced in one round
KEPT: Final = timedelta(days=30)
# After a fault of the site, work that is about people can go on for this long.
RESUMED_WITHIN: Final = timedelta(days=1)
FORGOTTEN_MAX: Final = 500  # at once
_REFUSAL_MAX: Final = 500


def begin(
    kind: str,
    *,
    event_id: int,
    params: Mapping[str, Any],
    total: int | None,
    language: Language,
    by: Actor,
    now: datetime,
    due_at: datetime | None = None,
) -> Task:
    """Put long work in the caller's transaction; it begins at `due_at`, else at once. Returns its row."""
    session = require_transaction()
    task = Task(
        code=new_code(),
        kind=kind,
        event_id=event_id,
        organizer_id=by.organizer_id,
        session_id=by.session_id,
        language=language,
        params=dict(params),
        total=total,
        created_at=now,
        due_at=due_at or now,
    )
    session.add(task)
    session.flush()
    outbox.wake_after_commit(session)
    return task


def actor_of(task: Task) -> Actor:
    """Return who began the work, as the history names them."""
    return Actor(task.organizer_id, task.session_id)


def stop(task_id: int, *, now: datetime) -> None:
    """Ask work to stop: no further step is done, and what its kind takes back is taken back.

    Raises ConflictError for work that is finished, or cannot be stopped.
    """
    with transaction() as session:
        task = session.scalar(select(Task).where(Task.id == task_id).with_for_update())
        if task is None or task.state is not TaskState.OPEN:
            raise ConflictError(_("This is finished already."))
        if not kinds.kind_of(task).can_be_stopped:
            raise ConflictError(_("This cannot be stopped any more."))
        if task.stop_asked_at is None:
            task.stop_asked_at, task.due_at = now, min(task.due_at, now)
            _begin_taking_back(task)
        outbox.wake_after_commit(session)


def resume(task_id: int, *, now: datetime) -> None:
    """Let work that a fault of the site has ended go on where it was. Raises ConflictError for any other."""
    with transaction() as session:
        task = session.scalar(select(Task).where(Task.id == task_id).with_for_update())
        if task is None or not task.was_broken:
            raise ConflictError(_("This is finished already."))
        task.state, task.refusal, task.attempts, task.finished_at, task.due_at = TaskState.OPEN, "", 0, None, now
        outbox.wake_after_commit(session)


def advance(now: datetime) -> int:
    """Do the next steps of all work that is due, for about a second; return how many. A duty."""
    # A pause in the middle of a step is no step: the clock of the machine may be moved, this one is not.
    until = time.monotonic() + ROUND.total_seconds()
    due = select(Task.id).where(Task.state == TaskState.OPEN, Task.due_at <= now)
    task_ids = list(db.session.scalars(due.order_by(Task.due_at, Task.id).limit(TASKS_MAX)))
    db.session.commit()
    steps = sum(_advance_piece(task_id, until=until, now=now) for task_id in list(pieces.held()))
    while task_ids and (not steps or time.monotonic() < until):
        # In turn: nobody's work waits for the end of somebody else's.
        task_ids = [task_id for task_id in task_ids if _advance(task_id, now=now)]
        steps += 1
    return steps


def forget(now: datetime) -> int:
    """Delete work that was finished a month ago, let go of what a fault has left of people; return how much. A duty."""
    return _delete_old(now) + _give_up_broken(now)


def _delete_old(now: datetime) -> int:
    old = select(Task.id).where(Task.finished_at < now - KEPT).order_by(Task.finished_at).limit(FORGOTTEN_MAX)
    if db.session.scalar(old.limit(1)) is None:
        db.session.commit()
        return 0
    with transaction() as session:
        return len(session.scalars(delete(Task).where(Task.id.in_(old)).returning(Task.id)).all())


def _give_up_broken(now: datetime) -> int:
    """Let work that is about people go on no more, a day after a fault has ended it: nobody looks for them here."""
    broken = (
        select(Task)
        .where(
            Task.state == TaskState.FAILED,
            Task.attempts >= ATTEMPTS_MAX,
            Task.kind.in_(sorted(kinds.with_private())),
            Task.finished_at < now - RESUMED_WITHIN,
        )
        .order_by(Task.finished_at)
        .limit(FORGOTTEN_MAX)
    )
    if db.session.scalar(broken.with_only_columns(Task.id).limit(1)) is None:
        db.session.commit()
        return 0
    with transaction() as session:
        tasks = session.scalars(
            broken.with_for_update(skip_locked=True), execution_options={"populate_existing": True}
        ).all()
        for task in tasks:
            kinds.empty_private(task)
            task.attempts = 0
        return len(tasks)


def _advance(task_id: int, *, now: datetime) -> bool:
    """Do one step of a task; tell whether another may follow at once."""
    try:
        with transaction() as session:
            task = _claimed(session, task_id, now=now)
            return task is not None and _step(task, now=now)
    except AppError as error:
        return _refuse(task_id, error.message, now=now)
    except Exception as error:  # noqa: BLE001 - whatever it is, other work goes on
        log.error("a step of task %s failed\n%s", task_id, trace(error))  # noqa: TRY400 - a trace without people's data
        _try_later(task_id, now=now)
        return False


def _advance_piece(task_id: int, *, until: float, now: datetime) -> bool:
    """Go on with work of one piece that this process is at."""
    try:
        pieces.advance(task_id, until=until, now=now)
    except AppError as error:
        pieces.let_go(task_id)
        _refuse(task_id, error.message, now=now, is_due=False)
    except Exception as error:  # noqa: BLE001 - whatever it is, other work goes on
        log.error("a part of task %s failed\n%s", task_id, trace(error))  # noqa: TRY400 - a trace without people's data
        pieces.let_go(task_id)
        _try_later(task_id, now=now, is_due=False)
    return True


def _claimed(session: Session, task_id: int, *, now: datetime, is_due: bool = True) -> Task | None:
    """Return the task, locked; None when it is finished, or another process is at it."""
    return session.scalar(
        select(Task)
        .where(Task.id == task_id, Task.state == TaskState.OPEN, *([Task.due_at <= now] if is_due else []))
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )


def _step(task: Task, *, now: datetime) -> bool:
    kind = kinds.kind_of(task)
    is_stopping = task.stop_asked_at is not None or bool(task.refusal)
    if kind.piece is not None and not is_stopping:
        pieces.take(task, now=now)
        return False
    run = kind.take_back if is_stopping else kind.step
    task.begun_at = task.begun_at or now
    with speaking(task.language):
        more = run(task, now) if run is not None else False
    task.attempts = 0
    if not more:
        if is_stopping:
            _close(task, now=now)
        ended = TaskState.FAILED if task.refusal else TaskState.STOPPED
        task.state, task.finished_at = ended if is_stopping else TaskState.DONE, now
        kinds.empty_private(task)
    return more


def _refuse(task_id: int, words: str, *, now: datetime, is_due: bool = True) -> bool:
    """Note why a step refused; what its kind takes back then is taken back by the next steps."""
    with transaction() as session:
        task = _claimed(session, task_id, now=now, is_due=is_due)
        if task is None:
            return False
        kind, is_stopping = kinds.kind_of(task), task.stop_asked_at is not None or bool(task.refusal)
        task.refusal = task.refusal or words[:_REFUSAL_MAX]
        if kind.take_back is not None and kind.also_when_refused and not is_stopping:
            _begin_taking_back(task)
            return True
        _close(task, now=now)
        task.state, task.finished_at = TaskState.FAILED, now
        kinds.empty_private(task)
        return False


def _close(task: Task, *, now: datetime) -> None:
    close = kinds.kind_of(task).close
    if close is not None:
        with speaking(task.language):
            close(task, now)


def _begin_taking_back(task: Task) -> None:
    task.cursor = 0


def _try_later(task_id: int, *, now: datetime, is_due: bool = True) -> None:
    with transaction() as session:
        task = _claimed(session, task_id, now=now, is_due=is_due)
        if task is None:
            return
        task.attempts += 1
        task.due_at = now + timedelta(seconds=2**task.attempts)
        if task.attempts == ATTEMPTS_MAX:
            with speaking(task.language):
                words: str = _("This is a fault of the site. What was done so far stays as it is.")
            task.refusal, task.state, task.finished_at = task.refusal or words, TaskState.FAILED, now
