"""What organizers do with an import: bring a file, say what its columns are, have it applied, take it back."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from app.core.db import db, transaction
from app.core.errors import BadInputError, BusyError, ConflictError
from app.core.i18n import Language, current_language
from app.core.i18n import gettext as _
from app.events.models import Event, EventState
from app.history.models import Entry
from app.history.service import Actor
from app.history.undo import changed_since
from app.imports import applying, queries
from app.imports.files_rows import FIRST_ROWS, Row, Table
from app.imports.headers import CLIP, EMAIL, FIRST_NAME, LAST_NAME, NAME, SINGLE, Recognised, recognise
from app.imports.models import AT_WORK, NEW, Import, ImportPart, ImportRow, ImportState, Outcome
from app.imports.parts import unpacked
from app.imports.problems import Code, Problem, UnreadableFileError
from app.imports.rules import importable
from app.imports.sheets import Read, Sheet, read_all, sheets_of
from app.registrations.queries import questions_of
from app.work import service as work_service

KEPT: Final = timedelta(days=7)  # the file, and what its rows say of people
CHECK: Final = "import-check"
APPLY: Final = "import"
UNDO: Final = "import-undo"
# Behind a usual file; behind a large one whoever comes later is told to.
PATIENCE: Final = 3.0
_reading: Final = threading.Lock()


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns are, as somebody has said."""

    targets: Sequence[str]
    has_header: bool
    ticket_type_id: int | None
    language: Language


def receive(event_id: int, data: bytes, *, language: Language, by: Actor, now: datetime) -> int:
    """Take a file in: its rows as they are, and what the columns seem to be; return the import's id.

    The whole file is read here, outside of any transaction, so that whatever is wrong with it is said at once. Raises
    UnreadableFileError, and BusyError while others are being read.
    """
    table, found, parts = _taken_apart(data)
    ticket_types = queries.ticket_types_of(event_id)
    lists = [(at, read, _looks(event_id, read.first)) for at, read in enumerate(found) if read.sheet.problem is None]
    lists = [each for each in lists if each[1].sheet.rows > each[2].has_header]
    if not lists:
        raise UnreadableFileError(Problem(Code.EMPTY))
    # A sheet that says what the others are, or a drawing of the hall, stands ahead of the people often.
    at, read, looks = next((each for each in lists if EMAIL in each[2].targets), lists[0])
    with transaction() as session:
        work = Import(
            event_id=event_id,
            organizer_id=by.organizer_id,
            state=ImportState.MAPPING,
            created_at=now,
            forget_at=now + KEPT,
            about={
                "kind": table.kind,
                "encoding": table.encoding,
                "delimiter": table.delimiter,
                "sheets": table.sheets,
                "list": [each.sheet.as_stored() for each in found] if len(found) > 1 else [],
            },
            ticket_type_id=ticket_types[0].id if len(ticket_types) == 1 else None,
            language=language,
        )
        _read_from(work, at, read.sheet, read.first, looks)
        session.add(work)
        session.flush()
        session.execute(insert(ImportPart), [{"import_id": work.id, **part} for part in parts])
        return work.id


def _looks(event_id: int, first: Sequence[Row]) -> Recognised:
    """Return what the columns of a sheet seem to be."""
    return recognise(first, importable(questions_of(event_id)), queries.ticket_types_of(event_id))


def _read_from(work: Import, at: int, sheet: Sheet, first: Sequence[Row], looks: Recognised) -> None:
    """Let this sheet be the list: its first rows are shown, with what its columns seem to be."""
    width = max(len(row.cells) for row in first)
    work.about = work.about | {"sheet": sheet.title, "at": at}
    work.program, work.has_header, work.rows = looks.program, looks.has_header, sheet.rows - looks.has_header
    work.first = [[cell[:CLIP] for cell in [*row.cells, *[""] * (width - len(row.cells))]] for row in first[:6]]
    work.targets = [*looks.targets, *[""] * (width - len(looks.targets))]


def choose_sheet(event_id: int, import_id: int, at: int) -> None:
    """Let another sheet of the workbook be the list; its columns are to be said.

    Raises BadInputError, ConflictError.
    """
    with transaction() as session:
        work = _held(session, event_id, import_id, ImportState.MAPPING, ImportState.CHECKED)
        sheets = dict(enumerate(sheets_of(work)))
        if at not in sheets or sheets[at].problem or sheets[at].rows < 1:
            raise BadInputError(_("Choose one of the sheets that can be read."), field="sheet")
        part = session.scalar(
            select(ImportPart.data).where(ImportPart.import_id == work.id, ImportPart.number == sheets[at].behind + 1)
        )
        if part is None:
            raise ConflictError(_("This file is no longer kept. Please bring it once more."))
        first = unpacked(part)[:FIRST_ROWS]
        _read_from(work, at, sheets[at], first, _looks(event_id, first))
        work.state, work.counts, work.changed = ImportState.MAPPING, {}, None


def _taken_apart(data: bytes) -> tuple[Table, list[Read], list[dict[str, Any]]]:
    """Return what a file is, its sheets and their parts; one file at a time, for each takes a processor."""
    # Here and not above: few ever bring a file, and a process that serves need not hold what knows workbooks.
    from app.imports.files import read_table

    if not _reading.acquire(timeout=PATIENCE):
        raise BusyError(_("Too much arrives at once right now. Please wait a minute, then send it again."))
    try:
        table = read_table(data)
        return table, *read_all(table)
    finally:
        _reading.release()


def check(event_id: int, import_id: int, mapping: Columns, *, language: Language, by: Actor, now: datetime) -> str:
    """Begin the dry run with these columns; return the code of the work. Raises BadInputError, ConflictError.

    `language` is that of whoever asks, for what is said when the work cannot go on.
    """
    _refuse_bad_mapping(mapping)
    with transaction() as session:
        work = _held(session, event_id, import_id, ImportState.MAPPING, ImportState.CHECKED)
        work.rows += work.has_header - mapping.has_header
        work.targets, work.has_header = list(mapping.targets), mapping.has_header
        work.ticket_type_id, work.language = mapping.ticket_type_id, mapping.language
        work.changed = None
        return _begin_check(work, language=language, by=by, now=now)


def _refuse_bad_mapping(mapping: Columns) -> None:
    targets = list(mapping.targets)
    if EMAIL not in targets:
        raise BadInputError(_("Say which column holds the e-mail address: without one nobody can be registered."))
    if not {NAME, FIRST_NAME, LAST_NAME} & set(targets):
        raise BadInputError(_("Say which column holds the name."))
    for target in targets:
        if target and targets.count(target) > 1 and (target in SINGLE or target.startswith("q_")):
            raise BadInputError(_("Two columns are the same thing. Leave one of them out."))


def _begin_check(work: Import, *, language: Language, by: Actor, now: datetime) -> str:
    task = work_service.begin(
        CHECK,
        event_id=work.event_id,
        params={"import": work.id},
        total=work.rows,
        language=language,
        by=by,
        now=now,
    )
    work.state, work.task_code = ImportState.CHECKING, task.code
    return task.code


class _ChangedError(Exception):
    """What the dry run has shown is not what would happen now."""


def apply(
    event_id: int,
    import_id: int,
    *,
    letters: bool,
    without_refused: bool,
    language: Language,
    by: Actor,
    now: datetime,
) -> str:
    """Take all the seats and begin to register; return the code of the work.

    All or nothing: where a seat is gone, or the event was changed, nothing happens but that the dry run is made anew
    (the import's `changed` holds what it said before). Raises BadInputError where rows are refused and nobody has said
    that they are to be left out, ConflictError for an event that is cancelled and for an import that is applied.
    """
    try:
        with transaction() as session:
            work = _held(session, event_id, import_id, ImportState.CHECKED)
            event = session.execute(
                select(Event.state, Event.revision, Event.ends_at).where(Event.id == event_id)
            ).one()
            if event.state is EventState.CANCELLED:
                raise ConflictError(_("This event is cancelled: nobody can be given a place any more."))
            _refuse_apply(work, without_refused=without_refused)
            _take_all_seats(work, event.revision)
            work.letters = letters and event.state is EventState.PUBLISHED and event.ends_at > now
            work.state, work.changed = ImportState.APPLYING, None
            task = work_service.begin(
                APPLY,
                event_id=event_id,
                params={"import": work.id},
                total=new_of(work.counts),
                language=language,
                by=by,
                now=now,
            )
            work.task_code = task.code
            return task.code
    except _ChangedError:
        with transaction() as session:
            work = _held(session, event_id, import_id, ImportState.CHECKED)
            work.changed = {name: number for name, number in work.counts.items() if name != "seats"}
            return _begin_check(work, language=language, by=by, now=now)


def _take_all_seats(work: Import, revision: int) -> None:
    if revision != work.event_revision or not applying.take_all_seats(work):
        raise _ChangedError


def _refuse_apply(work: Import, *, without_refused: bool) -> None:
    if not new_of(work.counts):
        raise BadInputError(_("No row of this file would be a new attendee."))
    if refused_of(work.counts) and not without_refused:
        raise BadInputError(
            _("Some rows cannot be taken. Correct the file and bring it again, or tick that they are left out."),
            field="without_refused",
        )


def new_of(counts: Mapping[str, Any]) -> int:
    """Return how many registrations these counts of rows come to."""
    return sum(counts.get(outcome.value, 0) for outcome in NEW)


def refused_of(counts: Mapping[str, Any]) -> int:
    """Return how many rows cannot be taken, for what they say or for want of a seat."""
    return int(counts.get(Outcome.REFUSED.value, 0) + counts.get(Outcome.FULL.value, 0))


def undo(event_id: int, import_id: int, *, language: Language, by: Actor, now: datetime) -> str:
    """Begin to take back what an import made; return the code of the work. Raises ConflictError when it cannot be."""
    with transaction() as session:
        work = _held(session, event_id, import_id, ImportState.APPLIED)
        return _begin_undo(session, work, language=language, by=by, now=now)


def undo_entry(entry: Entry, *, by: Actor, may: frozenset[str], now: datetime) -> None:  # noqa: ARG001 - history.undo.Run
    """Take an import back from the history; in the transaction that is open."""
    session = db.session()
    work = queries.held(session, entry.changes["_import"][0], ImportState.APPLIED)
    if work is None:
        raise changed_since()
    _begin_undo(session, work, language=current_language(), by=by, now=now)


def _begin_undo(session: Session, work: Import, *, language: Language, by: Actor, now: datetime) -> str:
    made = select(func.count()).where(ImportRow.import_id == work.id, ImportRow.registration_id.is_not(None))
    total = session.scalar(made) or 0
    if not total:
        raise changed_since()
    task = work_service.begin(
        UNDO, event_id=work.event_id, params={"import": work.id}, total=total, language=language, by=by, now=now
    )
    work.state, work.task_code = ImportState.UNDOING, task.code
    return task.code


def discard(event_id: int, import_id: int, *, now: datetime) -> None:
    """Drop an import that was not applied: its file at once, its rows by the duty that forgets."""
    with transaction() as session:
        work = _held(session, event_id, import_id, ImportState.MAPPING, ImportState.CHECKED)
        session.execute(delete(ImportPart).where(ImportPart.import_id == work.id))
        work.forget_at, work.first = now, []
        work.state = ImportState.MAPPING


def _held(session: Session, event_id: int, import_id: int, *states: ImportState) -> Import:
    work = queries.held(session, import_id, *states)
    if work is None or work.event_id != event_id:
        raise ConflictError(_("This import has moved on in the meantime. Look at it again."))
    return work


def is_at_work(work: Import) -> bool:
    """Tell whether a duty is at this import."""
    return work.state in AT_WORK
