"""What the outbox holds."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select, text

from app.core.db import db
from app.mail.models import Failure, Letter, LetterState, RefusedAddress

FAILED_SHOWN_MAX: Final = 100

# Written out, not bound: neither engine uses a partial index for a predicate that it cannot read (ix_letters_due).
IN_THE_QUEUE: Final = text("letters.state IN ('queued', 'sending')")
# As above (ix_letters_batch): letters that were queued together with others.
IN_A_BATCH: Final = text("letters.batch != ''")


@dataclass(frozen=True, slots=True)
class OutboxState:
    """How the outbox is: letters by state, and since when the oldest of them has waited (see `late_since`)."""

    counts: dict[LetterState, int]
    oldest_due_at: datetime | None


def is_anything_due(now: datetime) -> bool:
    """Tell whether a delivery would find something; a look that takes no write lock."""
    # In the index's order: without one, PostgreSQL reads the table from its start, past all that was ever sent.
    statement = select(Letter.id).where(IN_THE_QUEUE, Letter.due_at <= now).order_by(Letter.due_at).limit(1)
    return db.session.scalar(statement) is not None


def late_since(now: datetime) -> datetime | None:
    """Return since when the oldest letter has been due, or been held by a worker that has not sent it.

    One statement over small indexes. A worker that hangs is seen as soon as one that is not there: its letters count
    from when it took the first of them, not from the end of its lease.
    """
    # Each within its index: those that wait from the earliest on, and the few that are in somebody's hands.
    waiting = select(func.min(Letter.due_at)).where(
        IN_THE_QUEUE, Letter.state == LetterState.QUEUED, Letter.due_at <= now
    )
    in_hand = select(func.min(Letter.leased_at)).where(Letter.state == LetterState.SENDING, Letter.leased_at <= now)
    row = db.session.execute(select(waiting.scalar_subquery(), in_hand.scalar_subquery())).one()
    return min((instant for instant in row if instant is not None), default=None)


def lateness(now: datetime) -> timedelta:
    """Return for how long the oldest letter has waited (see `late_since`); one statement."""
    oldest = late_since(now)
    return timedelta() if oldest is None else now - oldest


def policy_refusals(*, since: datetime) -> int:
    """Return how many letters queued since then were refused for what we are."""
    statement = select(func.count()).where(
        Letter.state == LetterState.FAILED, Letter.failure == Failure.POLICY, Letter.created_at > since
    )
    return db.session.scalar(statement) or 0


def refusing(keys: Collection[str]) -> dict[str, RefusedAddress]:
    """Return what is known of those of these addresses that refused letters, by address; one statement."""
    rows = db.session.scalars(select(RefusedAddress).where(RefusedAddress.key.in_(keys)))
    return {row.key: row for row in rows}


def letter(letter_id: int) -> Letter | None:
    """Return a letter as it is in the database now."""
    return db.session.scalar(select(Letter).where(Letter.id == letter_id).execution_options(populate_existing=True))


def letter_by_key(key: str) -> Letter | None:
    """Return the letter of this cause, as it is in the database now."""
    return db.session.scalar(select(Letter).where(Letter.key == key).execution_options(populate_existing=True))


def first_message_id(keys: Collection[str], *, before: int) -> str | None:
    """Return the Message-ID of the first letter of these causes that is older than this one; one statement by index."""
    statement = select(Letter.message_id).where(Letter.key.in_(keys), Letter.id < before)
    return db.session.scalar(statement.order_by(Letter.id).limit(1))


def failed_letters(limit: int = FAILED_SHOWN_MAX) -> list[Letter]:
    """Return the letters that were given up, the newest first."""
    statement = select(Letter).where(Letter.state == LetterState.FAILED).order_by(Letter.id.desc()).limit(limit)
    return list(db.session.scalars(statement))


def outbox_state(now: datetime) -> OutboxState:
    """Return how many letters are in each state, and since when the oldest one has waited; two statements."""
    counts = dict.fromkeys(LetterState, 0)
    for state, count in db.session.execute(select(Letter.state, func.count()).group_by(Letter.state)):
        counts[state] = count
    return OutboxState(counts, late_since(now))
