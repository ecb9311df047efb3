"""What people may ask of the outbox: a failed letter once more, a proof that letters arrive."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, delete, select, update

from app.core.addresses import normalise
from app.core.db import db, require_transaction, transaction
from app.core.errors import ConflictError, NotFoundError
from app.core.i18n import Language
from app.core.i18n import gettext as _
from app.mail import delivery, kinds, mails, outbox, queries
from app.mail.models import Letter, LetterState, RefusedAddress

_WAITING: Final = (LetterState.QUEUED, LetterState.SENDING)
# More than anybody has.
_FORGOTTEN_AT_ONCE: Final = 1_000


def send_again(letter_id: int, *, now: datetime) -> None:
    """Make a failed letter due at once, with all its attempts before it; it stays the same letter.

    Raises NotFoundError, or ConflictError for a letter that has not failed, or of which nobody knows any more whom
    it was for: somebody was erased, or it is too old.
    """
    with transaction():
        requeue(letter_id, now=now)


def requeue(letter_id: int, *, now: datetime) -> None:
    """Do what `send_again` does in the caller's transaction."""
    session = require_transaction()
    requeued = session.scalar(
        update(Letter)
        .where(Letter.id == letter_id, Letter.state == LetterState.FAILED, Letter.to_email != "")
        .values(state=LetterState.QUEUED, attempts=0, due_at=now, failure=None)
        .returning(Letter.to_key)
    )
    if requeued is not None:
        # Whoever asks for it knows better than an old refusal.
        session.execute(delete(RefusedAddress).where(RefusedAddress.key == requeued))
        outbox.wake_after_commit(session)
        return
    if queries.letter(letter_id) is None:
        raise NotFoundError(_("There is no such letter."))
    raise ConflictError(_("This letter has not failed, so it is not sent again."))


def stop(letter_id: int) -> Letter:
    """Let a letter that waits never leave, in the caller's transaction; return it.

    Raises ConflictError when a worker has it in its hands, when it has left, or when it must leave: the last letter to
    somebody who was erased.
    """
    stopped: Letter | None = require_transaction().scalar(
        update(Letter)
        .where(
            Letter.id == letter_id, Letter.state == LetterState.QUEUED, Letter.kind.not_in(sorted(kinds.last_kinds()))
        )
        .values(state=LetterState.STOPPED)
        .returning(Letter),
        execution_options={"synchronize_session": False, "populate_existing": True},
    )
    if stopped is None:
        raise ConflictError(
            _("It is too late to stop this e-mail: it is being sent at this moment, or has been dealt with.")
        )
    return stopped


def send_test(to_email: str, *, language: Language, now: datetime) -> Letter:
    """Queue a test letter to this address, try at once to deliver it, and return it with what became of it.

    Its state may still be `sending` when the thread of a running site was faster. Raises ValueError for what is no
    address.
    """
    address = normalise(to_email, allow_local=True)
    key = f"{mails.TEST}:{secrets.token_hex(8)}"
    with transaction():
        outbox.queue(mails.TEST, key=key, to_email=address.email, language=language, ids={}, now=now)
    queued = queries.letter_by_key(key)
    if queued is None:
        raise AssertionError(key)
    delivery.deliver_one(queued.id, now=now)
    return queries.letter(queued.id) or queued


def waiting_for(key: str) -> Sequence[Letter]:
    """Return the letters to an address that are still to be sent, in their order."""
    statement = select(Letter).where(Letter.to_key == key, Letter.state.in_(_WAITING)).order_by(Letter.id)
    return db.session.scalars(statement.limit(_FORGOTTEN_AT_ONCE)).all()


def forget_letters(topic: str, about: tuple[str, int]) -> None:
    """Take every address out of the letters on a topic with this among their ids, as `forget_address` takes out one.

    For what somebody was written to at an address they had before, and what was written to others about them.
    """
    name, id_ = about
    its = Letter.ids[name].as_integer() == id_
    _forget(Letter.topic == topic, its, Letter.to_key != "", Letter.kind.not_in(kinds.last_kinds()))


def forget_address(key: str, *, about: tuple[str, int] | None = None) -> None:
    """Take an address out of the outbox, in the caller's transaction: letters that wait are stopped, all lose it.

    `about`: only out of the letters with this among their ids. A letter that a worker has in its hands at this moment
    may still arrive; a last letter (`kinds.register`) is still sent, and forgets the address by itself.
    """
    session = require_transaction()
    its = [Letter.to_key == key, Letter.kind.not_in(kinds.last_kinds())]
    if about is not None:
        its.append(Letter.ids[about[0]].as_integer() == about[1])
    _forget(*its)
    if about is None:
        session.execute(delete(RefusedAddress).where(RefusedAddress.key == key))


def _forget(*which: ColumnElement[bool]) -> None:
    session = require_transaction()
    waiting = update(Letter).where(*which, Letter.state.in_(_WAITING))
    session.execute(waiting.values(state=LetterState.STOPPED), execution_options={"synchronize_session": False})
    session.execute(
        update(Letter).where(*which).values(to_email="", to_name="", to_key=""),
        execution_options={"synchronize_session": False},
    )
