"""Letters leave: leased from the outbox, written, handed to the server, settled. A duty; any number may run at once.

A lease is one guarded UPDATE that gives each due row to one worker until `due_at`; a worker that dies is forgotten
then, and its row is due again. The claim's number (`attempts`) guards the settling: who lost the lease settles
nothing. No transaction is open while a letter is written or the network is waited for.

Of a last letter (`kinds.register`) the statement that settles it for good also takes name and address out of its row.
"""

import logging
import re
import time
import traceback
from datetime import datetime, timedelta
from typing import Final

from flask import current_app
from flask_mail import BadHeaderError
from sqlalchemy import case, func, select, update
from sqlalchemy.exc import DBAPIError

from app.core.db import db, require_transaction, transaction
from app.core.i18n import language_of, speaking
from app.mail import kinds, pace, queries
from app.mail.message import BadLetterError, Message
from app.mail.models import Failure, Letter, LetterState
from app.mail.pace import Admission
from app.mail.refusals import failure_of
from app.mail.render import sender_name
from app.mail.transport import STEPS_MAX, DeliveryError, Transport, open_transport

log = logging.getLogger(__name__)

BATCH_MAX: Final = 50
# A letter is begun within this time of its lease, or handed back: its lease must outlast the slowest server.
BEGIN_WITHIN: Final = timedelta(seconds=40)
# After the n-th attempt; all together 45 hours, and the letter is given up at the last one.
PAUSES: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, *[240] * 11))
ATTEMPTS_MAX: Final = len(PAUSES) + 1
WORDS_MAX: Final = 500
_AT_REST: Final = frozenset({LetterState.SENT, LetterState.FAILED, LetterState.STOPPED})


def deliver(now: datetime) -> int:
    """Send what is due; return how many letters were dealt with, whatever became of them."""
    if not queries.is_anything_due(now):
        return 0
    letters = _lease(now)
    return _send_admitted(letters, now)


def deliver_one(letter_id: int, *, now: datetime) -> int:
    """Send this letter if it is due and nobody else has it; return 1 if it was dealt with here."""
    return _send_admitted(_lease(now, only=letter_id), now)


def lease_length() -> timedelta:
    """Return how long a worker may take: longer than the slowest server can make it wait."""
    return BEGIN_WITHIN + timedelta(seconds=STEPS_MAX * current_app.config["MAIL_TIMEOUT"])


def _lease(now: datetime, *, only: int | None = None) -> list[Letter]:
    """Take up to BATCH_MAX due letters for this worker alone: those somebody waits for first, then the longest due."""
    due = select(Letter.id).where(queries.IN_THE_QUEUE, Letter.due_at <= now)
    if only is not None:
        due = due.where(Letter.id == only)
    # A CTE, since PostgreSQL may run a subquery with LIMIT more than once; SQLite has one writer and needs no lock.
    taken = (
        due.order_by(Letter.priority, Letter.due_at, Letter.id)
        .limit(BATCH_MAX)
        .with_for_update(skip_locked=True)
        .cte("taken")
    )
    with transaction() as session:
        letters = session.scalars(
            update(Letter)
            .where(Letter.id.in_(select(taken.c.id)))
            .values(
                state=LetterState.SENDING,
                attempts=Letter.attempts + 1,
                due_at=now + lease_length(),
                # One taken over from a worker that died stays as late as it is.
                leased_at=case((Letter.state == LetterState.SENDING, func.coalesce(Letter.leased_at, now)), else_=now),
            )
            .returning(Letter),
            execution_options={"synchronize_session": False, "populate_existing": True},
        ).all()
    return sorted(letters, key=lambda letter: (letter.priority, letter.id))


def _send_admitted(letters: list[Letter], now: datetime) -> int:
    """Send those of the leased letters that may go now; return how many were dealt with."""
    if not letters:
        return 0
    admission = pace.admit(letters, now=now)
    db.session.commit()  # ends the reading: no connection is held while the network is waited for
    for until, waiting in admission.wait.items():
        pace.hand_back(waiting, until=until)
    for letter in admission.suppressed:
        _fail(letter, "not sent: this address refused earlier letters", Failure.SUPPRESSED, now=now)
    decided = len(letters) - len(admission.go)
    return decided + (_send_all(admission, now) if admission.go else 0)


def _send_all(admission: Admission, now: datetime) -> int:
    letters = admission.go
    started = time.monotonic()
    with open_transport() as transport:
        for position, letter in enumerate(letters):
            passed = timedelta(seconds=time.monotonic() - started)
            if passed > BEGIN_WITHIN:
                _hand_back(letters[position:], now + passed)
                return position
            try:
                _send(letter, transport, admission, now + passed)
            except DeliveryError as error:
                # The server itself is away: the rest would each wait for it in vain.
                passed = timedelta(seconds=time.monotonic() - started)
                for left in letters[position:]:
                    _postpone(left, error.words, now + passed)
                return len(letters)
    return len(letters)


def _send(letter: Letter, transport: Transport, admission: Admission, now: datetime) -> None:
    """Write and send one letter and settle what became of it; raises DeliveryError only if it is general."""
    if letter.attempts > ATTEMPTS_MAX:
        _fail(letter, "every worker that tried to send it ended before it could say more", Failure.UNWRITTEN, now=now)
        return
    try:
        message = _written(letter, now)
    except (kinds.UnknownKindError, DBAPIError) as error:
        # An older version beside a newer one, or a database that was away: both pass.
        _postpone(letter, f"the letter could not be written: {type(error).__name__}", now)
        return
    except Exception as error:  # noqa: BLE001 - one room's fault must not keep the letters of the others
        # Neither the error's text nor its values: they may hold what people wrote.
        words = f"the letter could not be written: {type(error).__name__} in {_place(error)}"
        _fail(letter, words, Failure.UNWRITTEN, now=now)
        return
    if message is None:
        _settle(letter, state=LetterState.STOPPED, due_at=now, last_error=None)
        return
    started = time.monotonic()
    try:
        transport.send(message, name=f"{letter.id:08}")
    except DeliveryError as error:
        if error.is_general:
            raise
        _settle_refusal(letter, error, now + timedelta(seconds=time.monotonic() - started))
    except (BadHeaderError, BadLetterError) as error:
        _fail(letter, str(error) or "a control character in a header", Failure.UNWRITTEN, now=now)
    else:
        sent_at = now + timedelta(seconds=time.monotonic() - started)
        with transaction():
            _settle_here(letter, state=LetterState.SENT, due_at=sent_at, sent_at=sent_at, last_error=None, failure=None)
            pace.note_arrival(letter, admission)


def _settle_refusal(letter: Letter, error: DeliveryError, now: datetime) -> None:
    """Note what a refusal of this letter means for it, for its address and for its domain."""
    if error.is_final:
        _fail(letter, error.words, failure_of(error.refusal) if error.refusal else Failure.REFUSED, now=now)
        return
    _postpone(letter, error.words, now)
    if error.refusal is not None and error.refusal.asks_for_patience:
        pace.pause(pace.domain_of(letter), now=now)


def _written(letter: Letter, now: datetime) -> Message | None:
    """Return the letter as it is to be told now; None when nobody needs it any more."""
    settings = current_app.config
    # A context, and with it a session, of its own: each letter reads the newest rows, not what the one before it
    # happened to keep, and its reading ends before the network begins.
    with current_app.app_context(), speaking(language_of(letter.language) or settings["SITE_LANGUAGE"]):
        draft = kinds.writer_of(letter.kind)(letter)
        if draft is None:
            return None
        return Message(
            message_id=letter.message_id,
            sender=(sender_name(), settings["MAIL_SENDER"]),
            recipient=(letter.to_name, letter.to_email),
            reply_to=draft.reply_to or settings["MAIL_REPLY_TO"] or None,
            subject=draft.subject,
            text=draft.text,
            html=draft.html,
            calendar=draft.calendar,
            headers=dict(draft.headers),
            now=now,
        )


def _hand_back(letters: list[Letter], now: datetime) -> None:
    for letter in letters:
        _settle(letter, state=LetterState.QUEUED, due_at=now, attempts=letter.attempts - 1)


def _postpone(letter: Letter, words: str, now: datetime) -> None:
    """Try again after the next pause; give the letter up when there is none left."""
    if letter.attempts >= ATTEMPTS_MAX:
        _fail(letter, words, Failure.UNREACHABLE, now=now)
        return
    pause = PAUSES[letter.attempts - 1]
    log.warning("letter %d (%s) waits %s after attempt %d", letter.id, letter.kind, pause, letter.attempts)
    _settle(letter, state=LetterState.QUEUED, due_at=now + pause, last_error=_impersonal(words, letter))


def _fail(letter: Letter, words: str, failure: Failure, *, now: datetime) -> None:
    log.error("letter %d (%s) has failed at attempt %d: %s", letter.id, letter.kind, letter.attempts, failure.value)
    words = _impersonal(words, letter)
    with transaction():
        settled = _settle_here(letter, state=LetterState.FAILED, last_error=words, failure=failure)
        # Of whoever is to be forgotten, it is not kept either that their address refuses.
        if settled and letter.kind not in kinds.last_kinds():
            pace.note_refusal(letter, failure, words, now=now)


def _settle(letter: Letter, **values: object) -> None:
    with transaction():
        _settle_here(letter, **values)


def _settle_here(letter: Letter, **values: object) -> bool:
    """Write what became of the letter; False when the lease was lost to another worker meanwhile."""
    if letter.kind in kinds.last_kinds() and values.get("state") in _AT_REST:
        values |= {"to_email": "", "to_name": "", "to_key": ""}
    settled = require_transaction().scalar(
        update(Letter)
        .where(Letter.id == letter.id, Letter.state == LetterState.SENDING, Letter.attempts == letter.attempts)
        .values(**values)
        .returning(Letter.id)
    )
    if settled is None:
        log.warning("letter %d (%s) was taken over by another worker", letter.id, letter.kind)
    return settled is not None


def _impersonal(words: str, letter: Letter) -> str:
    """Return the server's words without whom they concern: servers repeat the address they refuse."""
    local = letter.to_email.partition("@")[0]
    words = re.sub(r"[^\s<>:;,'\"()]*@[^\s<>:;,'\"()]*", "…", " ".join(words.split()))
    words = re.sub(rf"(?i)(?<!\w){re.escape(local)}(?!\w)", "…", words)
    return words[:WORDS_MAX]


def _place(error: Exception) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{frame.name}, line {frame.lineno}"
