"""The door for everybody who must tell somebody: a row, in the transaction that is open anyway."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flask import current_app
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.core.addresses import key_of, normalise
from app.core.db import require_transaction
from app.core.i18n import Language
from app.mail.models import Letter, LetterState, Priority

_QUEUED: Final = "letters_queued"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A letter to be queued: its cause as `key`, whom it goes to, and the `ids` (plain JSON) it is written from."""

    kind: str
    key: str
    to_email: str
    language: Language | str
    ids: Mapping[str, object]
    to_name: str = ""
    priority: Priority = Priority.PERSONAL
    topic: str = ""


def queue(
    kind: str,
    *,
    key: str,
    to_email: str,
    to_name: str = "",
    language: Language | str,
    ids: Mapping[str, object],
    priority: Priority = Priority.PERSONAL,
    topic: str = "",
    now: datetime,
) -> bool:
    """Put one letter into the outbox, due at `now`; False when a letter with this key is there already.

    One statement. Must be called inside the transaction of what the letter tells, so that both happen or neither.
    The letter is written when it is sent, from `kind` and `ids` (plain JSON values).
    """
    return queue_all([Wanted(kind, key, to_email, language, ids, to_name, priority, topic)], now=now) == 1


def queue_all(letters: Sequence[Wanted], *, now: datetime) -> int:
    """Put letters into the outbox as `queue` does, many in a statement; return how many were not there already."""
    if not letters:
        return 0
    session = require_transaction()
    # The ORM's own insert knows no ON CONFLICT; both engines speak the same, through a construct of their own.
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    rows = [
        {
            "kind": letter.kind,
            "key": letter.key,
            "to_email": letter.to_email,
            "to_name": letter.to_name,
            "to_key": key_of(letter.to_email),
            "priority": letter.priority,
            "has_slot": False,
            "language": letter.language,
            "ids": dict(letter.ids),
            "state": LetterState.QUEUED,
            "attempts": 0,
            "topic": letter.topic,
            "due_at": now,
            "created_at": now,
            "message_id": new_message_id(),
        }
        for letter in letters
    ]
    statement = insert(Letter).on_conflict_do_nothing(index_elements=["key"]).returning(Letter.id)
    queued = session.execute(statement, rows).all()
    wake_after_commit(session)
    return len(queued)


def new_message_id() -> str:
    """Return a Message-ID (RFC 5322 3.6.4) on the sender's domain; a letter keeps it for life, however often sent."""
    domain = normalise(current_app.config["MAIL_SENDER"], allow_local=True).domain
    return f"<letter.{secrets.token_hex(16)}@{domain}>"


def wake_after_commit(session: Session) -> None:
    """Let the thread of this process look at once when this transaction is through."""
    session.info[_QUEUED] = True


@event.listens_for(Session, "after_commit")
def _wake(session: Session) -> None:
    # Workers in other processes look by themselves, within their pause.
    if session.info.pop(_QUEUED, False) and (thread := current_app.extensions.get("duty_thread")):
        thread.wake()


@event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop(_QUEUED, None)
