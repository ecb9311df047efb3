"""What this room does when the rooms below it say that something happened; inside their transaction."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.core.db import require_transaction
from app.imports.models import Import, ImportPart, ImportRow, ImportState, Outcome
from app.registrations.seats import release_seat
from app.registrations.signals import address_forgotten
from app.registrations.waitlist import promote_all


def forget_address(email_key: str, *, now: datetime, **_more: object) -> None:
    """Delete the rows about somebody who is erased, and the files that they stand in.

    What was applied keeps nothing of them that the registration did not; an import that was not cannot be checked anew
    without its file, which is brought once more.
    """
    session = require_transaction()
    theirs = select(ImportRow.import_id).where(ImportRow.email_key == email_key)
    import_ids = session.scalars(theirs.distinct()).all()
    if not import_ids:
        return
    for work in session.scalars(select(Import).where(Import.id.in_(import_ids)).order_by(Import.id).with_for_update()):
        work.first = work.first[:1] if work.has_header else []
        if work.state is ImportState.CHECKED:
            # Its counts speak of rows that are gone.
            work.event_revision = -1
    _give_back_held(session, email_key, now=now)
    session.execute(delete(ImportPart).where(ImportPart.import_id.in_(import_ids)))
    session.execute(
        delete(ImportRow).where(ImportRow.email_key == email_key), execution_options={"synchronize_session": False}
    )


def _give_back_held(session: Session, email_key: str, *, now: datetime) -> None:
    """Give back the seats that imports hold for this person at this moment, since nobody will be registered."""
    held = (
        select(ImportRow.ticket_type_id)
        .join(Import, Import.id == ImportRow.import_id)
        .where(
            ImportRow.email_key == email_key,
            ImportRow.outcome == Outcome.CONFIRMED,
            ImportRow.registration_id.is_(None),
            Import.state == ImportState.APPLYING,
        )
        .order_by(ImportRow.ticket_type_id)
    )
    for ticket_type_id in session.scalars(held).all():
        if ticket_type_id is not None:
            release_seat(ticket_type_id)
            promote_all(ticket_type_id, now=now)


def connect() -> None:
    """Listen."""
    address_forgotten.connect(forget_address)
