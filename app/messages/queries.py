"""Reading messages, and what became of their letters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select

from app.core.db import db
from app.core.errors import NotFoundError
from app.core.i18n import gettext as _
from app.mail.models import Letter, LetterState
from app.mail.queries import IN_A_BATCH
from app.messages.models import Message

PER_PAGE: Final = 50
# What is not at rest as it should be; the others have left, and are too many to be counted on every page.
_COUNTED: Final = (LetterState.QUEUED, LetterState.SENDING, LetterState.FAILED, LetterState.STOPPED)


@dataclass(frozen=True, slots=True)
class Letters:
    """How the letters of a message are."""

    waiting: int = 0
    sent: int = 0
    failed: int = 0
    stopped: int = 0


def message_of(event_id: int, message_id: int) -> Message:
    """Return a message of this event as it is in the database now. Raises NotFoundError."""
    found = db.session.scalar(
        select(Message)
        .where(Message.id == message_id, Message.event_id == event_id)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFoundError(_("There is no such message at this event."))
    return found


def messages(event_id: int, *, before: int | None = None) -> Sequence[Message]:
    """Return up to one more than a page of messages, the newest first; `before` is the id they are older than."""
    statement = select(Message).where(Message.event_id == event_id)
    if before is not None:
        statement = statement.where(Message.id < before)
    return db.session.scalars(statement.order_by(Message.id.desc()).limit(PER_PAGE + 1)).all()


def letters_of(those: Sequence[Message]) -> Mapping[int, Letters]:
    """Return how the letters of each message are, by its id; one statement over a small index."""
    statement = (
        select(Letter.batch, Letter.state, func.count())
        .where(Letter.batch.in_([message.batch for message in those]), IN_A_BATCH, Letter.state.in_(_COUNTED))
        .group_by(Letter.batch, Letter.state)
    )
    found: dict[str, dict[LetterState, int]] = {}
    for batch, state, number in db.session.execute(statement):
        found.setdefault(batch, {})[state] = number
    return {message.id: _letters(message, found.get(message.batch, {})) for message in those}


def _letters(message: Message, counts: Mapping[LetterState, int]) -> Letters:
    waiting = counts.get(LetterState.QUEUED, 0) + counts.get(LetterState.SENDING, 0)
    failed, stopped = counts.get(LetterState.FAILED, 0), counts.get(LetterState.STOPPED, 0)
    # Rows of letters are never deleted: whatever is neither of these has left.
    return Letters(waiting, max(0, message.letters - waiting - failed - stopped), failed, stopped)
