"""What this room does when the rooms below it say that something happened; inside their transaction."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.core.db import require_transaction
from app.imports import queries
from app.imports.models import Import, ImportPart, ImportRow, ImportState, Outcome
from app.imports.parts import names, pattern_of
from app.registrations.seats import release_seat
from app.registrations.signals import address_forgotten, person_erased
from app.registrations.waitlist import promote_all

# As many parts are looked through for an address, half a millisecond each; files beyond go without a look.
_PARTS_MAX: Final = 1_000


def forget_address(email_key: str, *, now: datetime, **_more: object) -> None:
    """Forget somebody who is erased everywhere."""
    _forget(email_key, None, now=now)


def forget_person(_registration_id: int, *, event_id: int, email_key: str, now: datetime, **_more: object) -> None:
    """Forget somebody who is erased from one event, perhaps from no other."""
    _forget(email_key, event_id, now=now)


def _forget(email_key: str, event_id: int | None, *, now: datetime) -> None:
    """Delete the rows about somebody who is erased, and the files that they stand in, whatever became of their row.

    What was applied keeps nothing of them that the registration did not; an import that was not cannot be checked anew
    without its file, which is brought once more.
    """
    session = require_transaction()
    theirs = select(ImportRow.import_id).join(Import).where(ImportRow.email_key == email_key)
    if event_id is not None:
        theirs = theirs.where(Import.event_id == event_id)
    import_ids = set(session.scalars(theirs.distinct())) | _with_file(email_key, event_id)
    if not import_ids:
        return
    for work in session.scalars(select(Import).where(Import.id.in_(import_ids)).order_by(Import.id).with_for_update()):
        work.first = work.first[:1] if work.has_header else []
        if work.state in {ImportState.CHECKING, ImportState.CHECKED}:
            # Its counts speak of rows that are gone, and a check that is at work begins anew, and finds no file.
            work.event_revision = -1
    _give_back_held(session, email_key, import_ids, now=now)
    session.execute(delete(ImportPart).where(ImportPart.import_id.in_(import_ids)))
    session.execute(
        delete(ImportRow).where(ImportRow.import_id.in_(import_ids), ImportRow.email_key == email_key),
        execution_options={"synchronize_session": False},
    )


def _with_file(email_key: str, event_id: int | None) -> set[int]:
    """Return the imports whose file names this address, in whatever column: also where no row was made of it yet."""
    pattern, seen = pattern_of(email_key), 0
    found: set[int] = set()
    for import_id, parts in queries.with_file(event_id).items():
        seen += parts
        if seen > _PARTS_MAX or any(names(part, pattern) for part in queries.parts_of(import_id)):
            found.add(import_id)
    return found


def _give_back_held(session: Session, email_key: str, import_ids: Collection[int], *, now: datetime) -> None:
    """Give back the seats that imports hold for this person at this moment, since nobody will be registered."""
    held = (
        select(ImportRow.ticket_type_id)
        .join(Import, Import.id == ImportRow.import_id)
        .where(
            ImportRow.import_id.in_(import_ids),
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
    person_erased.connect(forget_person)
