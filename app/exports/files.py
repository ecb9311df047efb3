"""The attendee list as a file: XLSX for people, CSV for tables, JSON lines for programs.

Rows are read and written a thousand at a time, so that 100,000 attendees need no more memory than a few. Each
batch is a read of its own: a long download holds no snapshot open. What people typed cannot become a formula
(OWASP, "CSV Injection").
"""

import csv
import io
import json
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO, Final

from sqlalchemy import select

from app.attendees import queries as attendees
from app.attendees.wanted import Wanted
from app.core.db import db
from app.core.errors import RefusedError
from app.core.i18n import Language, Texts, speaking
from app.core.i18n import gettext as _
from app.events.models import Event
from app.registrations.models import Answer, Question, QuestionKind, Registration, RegistrationState
from app.registrations.queries import all_questions_of
from app.registrations.words import Cell, answer_in_words, state_names

BATCH: Final = 1000
XLSX_ROWS_MAX: Final = 1_048_575  # beside the header; Excel's own limit
XLSX_CELL_MAX: Final = 32_767  # characters; Excel's own limit
_CHUNK: Final = 64 * 1024

# What XML 1.0 cannot carry, and nobody typed on purpose.
_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
# Spreadsheets take a cell that starts so for a formula; some take the full-width forms too.
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# Where a spreadsheet that expects semicolons or tabs, as Excel does in half of Europe, begins a cell of its own.
_CELL_WITHIN: Final = re.compile("([;\t\n][\\s\"']*)(?=[=+\\-@＝＋－＠])")


@dataclass(frozen=True, slots=True)
class Row:
    """One attendee as read: `answers` by question id, in the shape they were stored."""

    state: RegistrationState
    name: str
    email: str
    ticket_type_id: int
    signed_up_at: datetime
    checked_in_at: datetime | None
    code: str
    answers: Mapping[int, Any]


@dataclass(frozen=True, slots=True)
class AttendeeList:
    """What is exported: the attendees of one event that are wanted, and the words of one language."""

    event: Event
    wanted: Wanted
    questions: Sequence[Question]
    ticket_types: Mapping[int, Texts]
    language: Language
    on_progress: Callable[[int], None] = lambda _rows: None

    def rows(self) -> Iterator[Row]:
        """Yield every attendee in the order of sign-up; two statements a batch."""
        after = 0
        while True:
            batch = attendees.batch(self.event, self.wanted, after=after, size=BATCH)
            if not batch:
                db.session.commit()
                return
            answers = _answers(self.event.id, first=batch[0].id, last=batch[-1].id)
            # Ends the read: the next batch sees today's rows, and no snapshot stays open while we write.
            db.session.commit()
            for found in batch:
                yield Row(
                    state=found.state,
                    name=found.name,
                    email=found.email,
                    ticket_type_id=found.ticket_type_id,
                    signed_up_at=found.created_at,
                    checked_in_at=found.checked_in_at,
                    code=found.code,
                    answers=answers.get(found.id, {}),
                )
            after = batch[-1].id
            self.on_progress(len(batch))

    def header(self) -> list[str]:
        """Return the names of the columns; questions of the same wording are told apart by their key."""
        zone = self.event.zone
        with speaking(self.language):
            fixed = [
                _("Status"),
                _("Name"),
                _("E-mail"),
                _("Ticket type"),
                _("Signed up (%(zone)s)", zone=zone),
                _("Checked in (%(zone)s)", zone=zone),
                _("Code"),
            ]
        labels = [question.label.in_language(self.language) for question in self.questions]
        asked = [
            f"{label} ({question.key})" if labels.count(label) > 1 else label
            for label, question in zip(labels, self.questions, strict=True)
        ]
        return fixed + asked

    def cells(self) -> Iterator[list[Cell]]:
        """Yield every attendee as cells for people to read: words in one language, instants in the event's zone."""
        with speaking(self.language):
            states = state_names()
            spoken = [answer_in_words(question, self.language) for question in self.questions]
        zone = self.event.tz

        def local(at: datetime | None) -> datetime | None:
            return at.astimezone(zone).replace(tzinfo=None, microsecond=0) if at else None

        for row in self.rows():
            yield [
                states[row.state],
                row.name,
                row.email,
                self.ticket_types.get(row.ticket_type_id, Texts()).in_language(self.language),
                local(row.signed_up_at),
                local(row.checked_in_at),
                row.code,
                *[say(row.answers.get(question.id)) for say, question in zip(spoken, self.questions, strict=True)],
            ]


@dataclass(frozen=True, slots=True)
class Format:
    """A way to write the list; `suffix` is of the file, and differs from the address for JSON lines."""

    suffix: str
    content_type: str
    chunks: Callable[[AttendeeList], Iterator[bytes]]


def attendee_list(
    event: Event, wanted: Wanted, *, language: Language, on_progress: Callable[[int], None] = lambda _rows: None
) -> AttendeeList:
    """Return what `Format.chunks` writes; reads the questions and ticket types, but no attendee yet.

    `on_progress` is told the number of attendees written since it was told last.
    """
    questions, ticket_types = all_questions_of(event.id), attendees.ticket_type_names(event.id)
    return AttendeeList(event, wanted, questions, ticket_types, language, on_progress)


def _answers(event_id: int, *, first: int, last: int) -> Mapping[int, Mapping[int, Any]]:
    rows = db.session.execute(
        select(Answer.registration_id, Answer.question_id, Answer.value)
        .join(Registration, Registration.id == Answer.registration_id)
        .where(Answer.registration_id.between(first, last), Registration.event_id == event_id)
    )
    found: dict[int, dict[int, Any]] = {}
    for registration_id, question_id, value in rows:
        found.setdefault(registration_id, {})[question_id] = value
    return found


def clean(text: str) -> str:
    """Return the text without characters that XML forbids, its line ends as LF."""
    return _FORBIDDEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def neutral(text: str) -> str:
    """Return the text so that no spreadsheet that reads a CSV takes it, or a part of it, for a formula.

    An apostrophe stands ahead of what would be one.
    """
    text = _CELL_WITHIN.sub(r"\1'", clean(text))
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def csv_chunks(attendee_list: AttendeeList) -> Iterator[bytes]:
    """Yield a CSV (RFC 4180) in UTF-8 with a byte order mark, without which Excel garbles Chinese names."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    buffer.write("\ufeff")
    writer.writerow([neutral(name) for name in attendee_list.header()])
    for cells in attendee_list.cells():
        writer.writerow([_csv_cell(cell) for cell in cells])
        if buffer.tell() > _CHUNK:
            yield _taken(buffer)
    yield _taken(buffer)


def _csv_cell(cell: Cell) -> str | int | float:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M:%S}"
    # A number we hold as a number is no formula, whatever its sign.
    return neutral(cell) if isinstance(cell, str) else cell


def json_chunks(attendee_list: AttendeeList) -> Iterator[bytes]:
    """Yield one JSON object a line: stable words and keys, answers as stored, instants with the event's offset."""
    zone, buffer = attendee_list.event.tz, io.StringIO()
    keys = {question.id: question.key for question in attendee_list.questions}
    for row in attendee_list.rows():
        line = {
            "status": row.state.value,
            "name": row.name,
            "email": row.email,
            "ticket_type": attendee_list.ticket_types.get(row.ticket_type_id, Texts()).as_dict(),
            "signed_up_at": row.signed_up_at.astimezone(zone).isoformat(),
            "checked_in_at": row.checked_in_at.astimezone(zone).isoformat() if row.checked_in_at else None,
            "code": row.code,
            "answers": {keys[id_]: value for id_, value in row.answers.items() if id_ in keys},
        }
        buffer.write(json.dumps(line, ensure_ascii=False) + "\n")
        if buffer.tell() > _CHUNK:
            yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()


def xlsx_chunks(attendee_list: AttendeeList) -> Iterator[bytes]:
    """Yield a workbook of one sheet. It is made in a file first: the end of a ZIP says where everything is."""
    with tempfile.TemporaryFile() as file:
        _write_xlsx(attendee_list, file)
        file.seek(0)
        while chunk := file.read(_CHUNK):
            yield chunk


def _write_xlsx(attendee_list: AttendeeList, file: BinaryIO) -> None:
    # Here and not above: few ever ask for a workbook, and a process that serves need not hold what writes one.
    import xlsxwriter

    with xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False}) as book:
        with speaking(attendee_list.language):
            sheet = book.add_worksheet(_("Attendees")[:31])
        # "@" is Excel's text format: a phone number or an id stays as typed even after somebody edits the cell.
        text = book.add_format({"num_format": "@"})
        instant = book.add_format({"num_format": "yyyy-mm-dd hh:mm", "align": "left"})
        head = book.add_format({"bold": True, "num_format": "@", "bottom": 1})
        header = attendee_list.header()
        for column, width in enumerate(_widths(attendee_list.questions)):
            sheet.set_column(column, column, width)
        sheet.freeze_panes(1, 0)
        for column, name in enumerate(header):
            sheet.write_string(0, column, clean(name), head)
        number = 0
        for number, cells in enumerate(attendee_list.cells(), start=1):
            if number > XLSX_ROWS_MAX:
                raise RefusedError(_("There are more attendees than an XLSX sheet has rows. Choose CSV or JSON."))
            for column, cell in enumerate(cells):
                if isinstance(cell, str):
                    if cell:
                        sheet.write_string(number, column, clean(cell)[:XLSX_CELL_MAX], text)
                elif isinstance(cell, datetime):
                    sheet.write_datetime(number, column, cell, instant)
                elif cell is not None:
                    sheet.write_number(number, column, cell)
        sheet.autofilter(0, 0, number, len(header) - 1)


def _widths(questions: Sequence[Question]) -> list[float]:
    wide = {QuestionKind.LONG_TEXT: 48, QuestionKind.CHECKBOX: 12, QuestionKind.NUMBER: 12, QuestionKind.PHONE: 20}
    return [12, 20, 32, 18, 18, 18, 14, *[wide.get(question.kind, 26) for question in questions]]


FORMATS: Final[Mapping[str, Format]] = {
    "xlsx": Format("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", xlsx_chunks),
    "csv": Format("csv", "text/csv; charset=utf-8", csv_chunks),
    "json": Format("jsonl", "application/x-ndjson; charset=utf-8", json_chunks),
}
