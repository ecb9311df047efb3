"""What is kept for a time only: answers, and whom a place was passed on to."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Select, and_, delete, func, or_, select, text, update
from sqlalchemy.orm import Session

from app.core.db import db, transaction
from app.events.models import Event
from app.history.service import THE_SITE, record
from app.registrations import searching
from app.registrations.models import Answer, Question, Registration, Transfer

# Answers deleted in one transaction: short enough that sign-ups do not wait for it on SQLite.
STEP: Final = 500
_AT_ONCE: Final = 10
# Who was offered a place may ask what became of it; after that, a stranger's address is nobody's business.
TRANSFERS_KEPT: Final = timedelta(days=30)
# Written out, not bound: a partial index is found by its predicate alone (ix_transfers_named).
_NAMED: Final = text("transfers.email_key != ''")
_LENGTHS_MAX: Final = 100
_REMEMBERED: Final = and_(Question.keep_days.is_not(None), Question.forgotten_at.is_(None))


def forget_answers(now: datetime) -> int:
    """Delete the next answers whose time is over; return how many things were done. A duty.

    Any number may run at once, and each may be killed: a step is one transaction, which locks its question.
    """
    question_ids = _due(now)
    db.session.commit()
    return sum(_step(question_id, now=now) for question_id in question_ids)


def _due(now: datetime) -> list[int]:
    lengths = db.session.scalars(select(Question.keep_days).where(_REMEMBERED).distinct().limit(_LENGTHS_MAX)).all()
    # Day by day, since the engines do not agree on how to add days to an instant.
    over = [
        and_(Question.keep_days == days, Event.ends_at <= now - timedelta(days=days))
        for days in lengths
        if days is not None
    ]
    if not over:
        return []
    statement = (
        select(Question.id)
        .join(Event, Event.id == Question.event_id)
        .where(_REMEMBERED, or_(*over))
        .order_by(Question.id)
        .limit(_AT_ONCE)
    )
    return list(db.session.scalars(statement))


def _step(question_id: int, *, now: datetime) -> int:
    with transaction() as session:
        question = session.scalars(
            select(Question)
            .where(Question.id == question_id, _REMEMBERED)
            .with_for_update(skip_locked=True)
            .execution_options(populate_existing=True)
        ).one_or_none()
        if question is None:
            return 0
        if searching.tells_company(question):
            searching.forget(Registration.id.in_(_next_to_forget(question_id)))
        forgotten = _forget(session, question_id)
        if forgotten:
            record(
                "answers.forgotten",
                by=THE_SITE,
                now=now,
                event_id=question.event_id,
                subject=question.label.in_language("zh"),
                changes={"answers": (forgotten, 0)},
            )
        if forgotten < STEP:
            question.forgotten_at = now
        return forgotten + 1


def _forget(session: Session, question_id: int) -> int:
    next_ones = _next_to_forget(question_id)
    statement = delete(Answer).where(Answer.question_id == question_id, Answer.registration_id.in_(next_ones))
    result = session.execute(statement, execution_options={"synchronize_session": False})
    return int(result.rowcount)  # type: ignore[attr-defined]  # a DELETE gives a CursorResult


def _next_to_forget(question_id: int) -> Select[int]:
    of_question = select(Answer.registration_id).where(Answer.question_id == question_id)
    return of_question.order_by(Answer.registration_id).limit(STEP)


def forget_transfers(now: datetime) -> int:
    """Forget of the next transfers that have ended 30 days ago whom they went to; return how many. A duty.

    That a place changed hands stays; who took it has a registration of their own.
    """
    long_ago = now - TRANSFERS_KEPT
    over = and_(_NAMED, or_(Transfer.expires_at <= long_ago, Transfer.closed_at <= long_ago))
    ids = db.session.scalars(
        select(Transfer.id).where(over).order_by(Transfer.expires_at, Transfer.id).limit(STEP)
    ).all()
    db.session.commit()
    if not ids:
        return 0
    with transaction() as session:
        statement = update(Transfer).where(Transfer.id.in_(ids), over).values(name="", email="", email_key="")
        result = session.execute(statement, execution_options={"synchronize_session": False})
        return int(result.rowcount)  # type: ignore[attr-defined]  # an UPDATE gives a CursorResult


def number_of_answers(question_id: int) -> int:
    """Return how many people have answered a question."""
    return db.session.scalar(select(func.count()).where(Answer.question_id == question_id)) or 0
