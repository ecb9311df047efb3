"""Reading imports: the gate to one, its rows page by page, and what a dry run rests on."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from app.core.db import db, listed
from app.core.errors import NotFoundError
from app.core.i18n import gettext as _
from app.events.models import TicketType
from app.imports.models import AT_WORK, NEW, Import, ImportPart, ImportRow, ImportState, Outcome
from app.registrations.models import LIVE, Registration, RegistrationState

PER_PAGE: Final = 50
IMPORTS_MAX: Final = 50
TYPES_MAX: Final = 100
PARTS_AT_ONCE: Final = 20
FILES_MAX: Final = 2_000


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows in the order of the file; `before` and `after` lead to the pages beside this one."""

    rows: Sequence[ImportRow]
    before: int | None
    after: int | None


def import_of(event_id: int, import_id: int) -> Import:
    """Return an import of this event. Raises NotFoundError."""
    found = db.session.scalar(select(Import).where(Import.id == import_id, Import.event_id == event_id))
    if found is None:
        raise NotFoundError(_("There is no such import at this event, or no longer."))
    return found


def imports_of(event_id: int) -> Sequence[Import]:
    """Return the latest imports of an event, the newest first."""
    statement = select(Import).where(Import.event_id == event_id).order_by(Import.id.desc()).limit(IMPORTS_MAX)
    return db.session.scalars(statement).all()


def has_file(import_id: int) -> bool:
    """Tell whether the file is still there, so that the columns can be said anew."""
    return db.session.scalar(select(ImportPart.number).where(ImportPart.import_id == import_id).limit(1)) is not None


def row_page(import_id: int, outcome: Outcome | None, *, after: int = 0, before: int | None = None) -> Page:
    """Return up to 50 rows behind the row `after` of the file, or just ahead of `before`; one statement."""
    wanted: list[ColumnElement[bool]] = [ImportRow.import_id == import_id]
    if outcome is not None:
        wanted.append(ImportRow.outcome == outcome)
    statement = select(ImportRow).limit(PER_PAGE + 1)
    if before is None:
        statement = statement.where(*wanted, ImportRow.number > after).order_by(ImportRow.number)
        rows = db.session.scalars(statement).all()
        more, rows = len(rows) > PER_PAGE, rows[:PER_PAGE]
        return Page(rows, rows[0].number if rows and after else None, rows[-1].number if more else None)
    statement = statement.where(*wanted, ImportRow.number < before).order_by(ImportRow.number.desc())
    rows = db.session.scalars(statement).all()
    more, rows = len(rows) > PER_PAGE, rows[:PER_PAGE][::-1]
    return Page(rows, rows[0].number if more else None, rows[-1].number if rows else None)


def ticket_types_of(event_id: int) -> Sequence[TicketType]:
    """Return the event's ticket types in their order, those too that only organizers give."""
    statement = (
        select(TicketType)
        .where(TicketType.event_id == event_id)
        .order_by(TicketType.position, TicketType.id)
        .limit(TYPES_MAX)
    )
    return db.session.scalars(statement).all()


def free_seats(event_id: int) -> dict[int, int | None]:
    """Return how many seats of each ticket type a new one could have now: none where somebody waits; None: no limit."""
    waits = exists().where(
        Registration.ticket_type_id == TicketType.id, Registration.state == RegistrationState.WAITING
    )
    rows = db.session.execute(
        select(TicketType.id, TicketType.capacity, TicketType.seats_taken, waits)
        .where(TicketType.event_id == event_id)
        .order_by(TicketType.id)
        .limit(TYPES_MAX)
    )
    return {
        type_id: 0 if has_queue else None if capacity is None else max(0, capacity - taken)
        for type_id, capacity, taken, has_queue in rows
    }


def live_among(event_id: int, email_keys: Iterable[str]) -> set[str]:
    """Return those of these addresses that have a place at the event now."""
    statement = select(Registration.email_key).where(
        Registration.event_id == event_id, Registration.email_key.in_(list(email_keys)), Registration.state.in_(LIVE)
    )
    return set(db.session.scalars(statement))


def rows_by_address(import_id: int, email_keys: Iterable[str]) -> dict[str, int]:
    """Return the first row of this import with each of these addresses."""
    wanted = listed(db.session(), email_keys)
    statement = (
        select(ImportRow.email_key, func.min(ImportRow.number))
        .where(ImportRow.import_id == import_id, ImportRow.email_key.in_(wanted))
        .group_by(ImportRow.email_key)
    )
    return dict(db.session.execute(statement).all())


def wanted_seats(import_id: int, outcome: Outcome, *, after: int = 0) -> Mapping[int, int]:
    """Return how many rows behind `after` become this, by the ticket type, in the order in which types are locked."""
    statement = (
        select(ImportRow.ticket_type_id, func.count())
        .where(ImportRow.import_id == import_id, ImportRow.outcome == outcome, ImportRow.number > after)
        .group_by(ImportRow.ticket_type_id)
        .order_by(ImportRow.ticket_type_id)
    )
    return {type_id: number for type_id, number in db.session.execute(statement) if type_id is not None}


def new_rows(import_id: int, *, after: int, limit: int) -> Sequence[ImportRow]:
    """Return the next rows of which a registration is to be made."""
    statement = (
        select(ImportRow)
        .where(ImportRow.import_id == import_id, ImportRow.number > after, ImportRow.outcome.in_(NEW))
        .order_by(ImportRow.number)
        .limit(limit)
    )
    return db.session.scalars(statement).all()


def held(session: Session, import_id: int, *states: ImportState) -> Import | None:
    """Lock an import that is in one of these states; None when it has moved on."""
    return session.scalars(
        select(Import)
        .where(Import.id == import_id, Import.state.in_(states))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()


def with_file(event_id: int | None) -> Mapping[int, int]:
    """Return the imports, of one event or of all, whose file is still kept, with its parts; the newest first."""
    here = [] if event_id is None else [Import.event_id == event_id]
    statement = (
        select(Import.id, func.count())
        .join(ImportPart, ImportPart.import_id == Import.id)
        .where(*here)
        .group_by(Import.id)
        .order_by(Import.id.desc())
        .limit(FILES_MAX)
    )
    return dict(db.session.execute(statement).all())


def parts_of(import_id: int) -> Iterator[bytes]:
    """Yield the parts of a file, some at a time."""
    number = 0
    while found := db.session.execute(
        select(ImportPart.number, ImportPart.data)
        .where(ImportPart.import_id == import_id, ImportPart.number > number)
        .order_by(ImportPart.number)
        .limit(PARTS_AT_ONCE)
    ).all():
        number = found[-1].number
        yield from (data for _number, data in found)


def forgettable(now: datetime, limit: int) -> Sequence[int]:
    """Return the imports whose file and people are to be forgotten by now; none at work."""
    statement = (
        select(Import.id)
        .where(Import.forget_at <= now, Import.state.not_in(AT_WORK))
        .order_by(Import.forget_at)
        .limit(limit)
    )
    return db.session.scalars(statement).all()
