"""Whom letters went to is kept for half a year: long enough to answer who was told what, and no longer."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, text, update

from app.core.db import db, transaction
from app.mail.models import Letter, LetterState

KEPT: Final = timedelta(days=180)
# Letters emptied in one transaction: short enough that sign-ups do not wait for it on SQLite.
STEP: Final = 500
_AT_REST: Final = (LetterState.SENT, LetterState.FAILED, LetterState.STOPPED)
# Written out, not bound: neither engine uses a partial index for a predicate that it cannot read (ix_letters_named).
_NAMED: Final = text("letters.to_email != ''")


def forget_recipients(now: datetime) -> int:
    """Empty name and address of the next letters at rest that were queued 180 days ago; return how many. A duty.

    What it was about, what became of it and why it failed stays. Any number may run at once.
    """
    over = (_NAMED, Letter.created_at <= now - KEPT, Letter.state.in_(_AT_REST))
    ids = db.session.scalars(select(Letter.id).where(*over).order_by(Letter.created_at).limit(STEP)).all()
    db.session.commit()
    if not ids:
        return 0
    with transaction() as session:
        statement = update(Letter).where(Letter.id.in_(ids), *over).values(to_email="", to_name="", to_key="")
        result = session.execute(statement, execution_options={"synchronize_session": False})
        return int(result.rowcount)  # type: ignore[attr-defined]  # an UPDATE gives a CursorResult
