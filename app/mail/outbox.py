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

from app.core.addresses import normalise
from app.core.db import require_transaction
from app.core.i18n import Language
from app.mail.models import Letter, LetterState

_QUEUED: Final = "letters_queued"


def queue(
    kind: str,
    *,
    key: str,
    to_email: str,
    to_name: str = "",
    language: Language | str,
    ids: Mapping[str, object],
    now: datetime,
) -> bool:
    """Put one letter into the outbox, due at `now`; False when a letter with this key is there already.

    One statement. Must be called inside the transaction of what the letter tells, so that both happen or neither.
    The letter is written when it is sent, from `kind` and `ids` (plain JSON values).
    """
    session = require_transaction()
    # The ORM's own insert knows no ON CONFLICT; both engines speak the same, through a construct of their own.
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    queued = session.scalar(
        insert(Letter)
        .values(
            kind=kind,
            key=key,
            to_email=to_email,
            to_name=to_name,
            language=language,
            ids=dict(ids),
            state=LetterState.QUEUED,
            attempts=0,
            due_at=now,
            created_at=now,
            message_id=new_message_id(),
        )
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(Letter.id)
    )
    wake_after_commit(session)
    return queued is not None


@dataclass(frozen=True, slots=True)
class Addressed:
    """One of many letters of a kind: its key, to whom, in which language, about what."""

    key: str
    to_email: str
    to_name: str
    language: Language | str
    ids: Mapping[str, object]


def queue_all(kind: str, letters: Sequence[Addressed], *, now: datetime) -> None:
    """Put many letters of one kind into the outbox, as `queue` does one; those whose key is there already are not.

    One statement for all of them.
    """
    if not letters:
        return
    session = require_transaction()
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    same = {"kind": kind, "state": LetterState.QUEUED, "attempts": 0, "due_at": now, "created_at": now}
    domain = sender_domain()
    rows = [
        same
        | {
            "key": letter.key,
            "to_email": letter.to_email,
            "to_name": letter.to_name,
            "language": letter.language,
            "ids": dict(letter.ids),
            "message_id": _message_id(domain),
        }
        for letter in letters
    ]
    session.execute(insert(Letter).on_conflict_do_nothing(index_elements=["key"]), rows)
    wake_after_commit(session)


def new_message_id() -> str:
    """Return a Message-ID (RFC 5322 3.6.4) on the sender's domain; a letter keeps it for life, however often sent."""
    return _message_id(sender_domain())


def sender_domain() -> str:
    """Return the domain that letters come from."""
    return normalise(current_app.config["MAIL_SENDER"], allow_local=True).domain


def _message_id(domain: str) -> str:
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
