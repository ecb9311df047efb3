"""Forgetting: a file and what its rows say of people after a week, what it made a month after it was applied."""

import logging
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from app.core.db import db, transaction
from app.core.traces import trace
from app.imports import queries
from app.imports.checking import clear_rows
from app.imports.models import NEW, Import, ImportPart, ImportRow, ImportState

log = logging.getLogger(__name__)

# As long as the history offers to undo it: by which registrations it made.
KEPT: Final = timedelta(days=30)
STEP: Final = 2_000
_AT_ONCE: Final = 10


def forget(now: datetime) -> int:
    """Forget the next of what is due; return how many things were done. A duty."""
    import_ids = queries.forgettable(now, _AT_ONCE)
    db.session.commit()
    return sum(_tried(import_id, now=now) for import_id in import_ids)


def _tried(import_id: int, *, now: datetime) -> int:
    try:
        return _forget(import_id, now=now)
    except Exception as error:  # noqa: BLE001 - whatever it is, the others are forgotten
        log.error("import %s could not be forgotten\n%s", import_id, trace(error))  # noqa: TRY400 - a trace without people's data
        return 0


def _forget(import_id: int, *, now: datetime) -> int:
    with transaction() as session:
        states = (ImportState.MAPPING, ImportState.CHECKED, ImportState.APPLIED, ImportState.UNDONE)
        work = queries.held(session, import_id, *states)
        if work is None or work.forget_at is None or work.forget_at > now:
            return 0
        session.execute(delete(ImportPart).where(ImportPart.import_id == import_id))
        if work.state in {ImportState.MAPPING, ImportState.CHECKED}:
            # Never applied: nothing is left to tell of it.
            if not clear_rows(session, import_id):
                session.execute(delete(Import).where(Import.id == import_id))
            return 1
        if work.is_forgotten:
            if not clear_rows(session, import_id):
                work.forget_at = None
            return 1
        if not _blank(session, import_id):
            work.first, work.is_forgotten = [], True
            work.forget_at = (work.applied_at or now) + KEPT
        return 1


def _blank(session: Session, import_id: int) -> bool:
    """Empty the next rows of what they say of people; tell whether there were any. Rows that made nothing go."""
    idle = select(ImportRow.id).where(
        ImportRow.import_id == import_id, or_(ImportRow.outcome.not_in(NEW), ImportRow.registration_id.is_(None))
    )
    gone = session.execute(
        delete(ImportRow).where(ImportRow.id.in_(idle.limit(STEP))), execution_options={"synchronize_session": False}
    )
    named = select(ImportRow.id).where(ImportRow.import_id == import_id, ImportRow.email != "").limit(STEP)
    emptied = session.execute(
        update(ImportRow)
        .where(ImportRow.id.in_(named))
        .values(name="", email="", email_key="", details={}, problems=[]),
        execution_options={"synchronize_session": False},
    )
    return bool(gone.rowcount or emptied.rowcount)  # type: ignore[attr-defined]  # both give a CursorResult
