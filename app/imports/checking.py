"""The dry run: each row of the file becomes what it would be. Nothing is written but these rows.

A step is one part of the file in the transaction that is open (work.kinds); it may be killed anywhere.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from app.core.db import require_transaction
from app.core.errors import ConflictError
from app.core.i18n import gettext as _
from app.events.models import Event
from app.imports import queries
from app.imports.headers import is_header_again
from app.imports.models import NEW, Import, ImportPart, ImportRow, ImportState, Outcome
from app.imports.parts import unpacked
from app.imports.problems import Code, Problem
from app.imports.rules import Person, Reader
from app.imports.sheets import part_at
from app.registrations.queries import questions_of
from app.work.models import Task

_CLEAR_STEP: Final = 5_000


class Seats:
    """Gives out, on paper, the seats there are: nobody gets one while somebody waits for it."""

    def __init__(self, free: dict[int, int | None], planned: dict[str, int], *, has_waiting_list: bool) -> None:
        """Begin with what is free less what rows before these were given."""
        self.planned = planned
        self.has_waiting_list = has_waiting_list
        self.free = {
            type_id: None if left is None else max(0, left - planned.get(str(type_id), 0))
            for type_id, left in free.items()
        }

    def outcome_of(self, wish: Outcome, ticket_type_id: int | None) -> Outcome:
        """Return what somebody who asks for this gets.

        Who waited elsewhere waits here where there is a queue. Where seats are free there is none, and whoever stood in
        one is for an organizer to decide about.
        """
        if ticket_type_id is None or ticket_type_id not in self.free:
            return Outcome.FULL
        left = self.free[ticket_type_id]
        is_full = left == 0
        if wish is Outcome.WAITING:
            return Outcome.WAITING if is_full and self.has_waiting_list else Outcome.PENDING
        if wish is not Outcome.CONFIRMED:
            return wish
        if is_full:
            return Outcome.WAITING if self.has_waiting_list else Outcome.FULL
        self.planned[str(ticket_type_id)] = self.planned.get(str(ticket_type_id), 0) + 1
        self.free[ticket_type_id] = None if left is None else left - 1
        return Outcome.CONFIRMED


def step(task: Task, now: datetime) -> bool:  # noqa: ARG001 - as every step
    """Look at the next part of the file; True while there is more."""
    session = require_transaction()
    work = queries.held(session, task.params["import"], ImportState.CHECKING)
    if work is None:
        return False
    if task.cursor == 0 and clear_rows(session, work.id):
        return True  # what an earlier check has left
    event = session.execute(select(Event.revision, Event.has_waiting_list).where(Event.id == work.event_id)).one()
    if task.cursor == 0:
        work.event_revision, work.counts = event.revision, {}
    elif work.event_revision != event.revision:
        # Rows are checked by one state of the event; it was changed while we were at it.
        task.cursor = task.done = 0
        return True
    part = session.scalar(
        select(ImportPart.data).where(ImportPart.import_id == work.id, ImportPart.number == part_at(work, task.cursor))
    )
    if part is None:
        if task.cursor == 0:
            raise ConflictError(_("This file is no longer kept. Please bring it once more."))
        work.state = ImportState.CHECKED
        return False
    rows = unpacked(part)
    head = work.first[0] if work.has_header and work.first else []
    reader = reader_of(work)
    if task.cursor == 0 and work.has_header:
        rows = rows[1:]
    people = [_left(row.number) if is_header_again(row.cells, head) else reader.person(row) for row in rows]
    _write(session, work, people, has_waiting_list=event.has_waiting_list)
    task.cursor += 1
    task.done += len(rows)
    return True


def take_back(task: Task, now: datetime) -> bool:  # noqa: ARG001 - as every step
    """Go back to where the columns are said, since somebody stopped the check."""
    session = require_transaction()
    work = queries.held(session, task.params["import"], ImportState.CHECKING)
    if work is None:
        return False
    if clear_rows(session, work.id):
        return True
    work.state, work.counts = ImportState.MAPPING, {}
    return False


def clear_rows(session: Session, import_id: int) -> bool:
    """Delete some thousand rows of an import; tell whether there were any."""
    some = select(ImportRow.id).where(ImportRow.import_id == import_id).limit(_CLEAR_STEP)
    gone = session.execute(
        delete(ImportRow).where(ImportRow.id.in_(some)), execution_options={"synchronize_session": False}
    )
    return bool(gone.rowcount)  # type: ignore[attr-defined]  # a DELETE gives a CursorResult


def reader_of(work: Import) -> Reader:
    """Return what makes people of this import's rows."""
    return Reader(
        work.targets,
        questions_of(work.event_id),
        queries.ticket_types_of(work.event_id),
        ticket_type_id=work.ticket_type_id,
        language=work.language,
    )


def _left(number: int) -> Person:
    return Person(number, wish=Outcome.LEFT)


def _write(session: Session, work: Import, people: Sequence[Person], *, has_waiting_list: bool) -> None:
    keys = {person.email_key for person in people if person.email_key and person.wish is not Outcome.LEFT}
    known = queries.live_among(work.event_id, keys)
    seen = queries.rows_by_address(work.id, keys)
    counts = dict(work.counts)
    free, planned = queries.free_seats(work.event_id), dict(counts.get("seats", {}))
    seats = Seats(free, planned, has_waiting_list=has_waiting_list)
    rows = []
    for person in people:
        outcome = _outcome(person, known, seen, seats)
        counts[outcome.value] = counts.get(outcome.value, 0) + 1
        rows.append(_as_row(work.id, person, outcome))
    work.counts = counts | {"seats": planned}
    if rows:
        session.execute(insert(ImportRow.__table__), rows)  # type: ignore[arg-type]  # a table


def _outcome(person: Person, known: set[str], seen: dict[str, int], seats: Seats) -> Outcome:
    if person.wish is Outcome.LEFT:
        return Outcome.LEFT
    if person.email_key:
        first = seen.setdefault(person.email_key, person.number)
        if first != person.number:
            person.problems.append(Problem(Code.TWICE, person.number, None, {"other": first}))
    if person.problems:
        return Outcome.REFUSED
    if person.email_key in known:
        return Outcome.KNOWN
    return seats.outcome_of(person.wish, person.ticket_type_id)


def _as_row(import_id: int, person: Person, outcome: Outcome) -> dict[str, Any]:
    is_left = outcome is Outcome.LEFT
    # Of rows that make nobody no more is kept than it takes to find them in the file.
    return {
        "import_id": import_id,
        "number": person.number,
        "outcome": outcome,
        "name": "" if is_left else person.name,
        "email": "" if is_left else person.email,
        # Who does not come is in nobody's way: they may stand in the list once more, with a place.
        "email_key": "" if is_left else person.email_key,
        "language": person.language,
        "ticket_type_id": person.ticket_type_id,
        "details": person.details if outcome in NEW else {},
        "problems": [] if is_left else [problem.as_stored() for problem in person.problems],
    }
