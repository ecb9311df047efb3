"""Workbooks: the sheets that are shown, row by row (docs/decisions, "Reading workbooks")."""

import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from io import BytesIO
from itertools import islice
from typing import Final
from xml.parsers import expat

from openpyxl.utils.datetime import from_excel, from_ISO8601

from app.imports.files_book import Book, Pieces, column_of
from app.imports.files_guard import SHEET_BYTES_MAX, Attributes, Reader
from app.imports.files_rows import CELL_MAX, COLUMNS_MAX, FIRST_ROWS, ROWS_MAX, Fault, Row, Table, fault_in
from app.imports.problems import Code, UnreadableFileError, unreadable

# A number of Excel has fifteen digits; what is larger was rounded.
_EXACT_BELOW: Final = 10**15
# The last cell of a sheet is XFD1048576.
_SHEET_ROWS_MAX: Final = 1_048_576
_SHEET_COLUMNS_MAX: Final = 16_384
# Cells, their values, and what stands around them, of more rows and columns than are read.
_TAGS_MAX: Final = 80_000_000
_RANGES_SHOWN: Final = 3
# Of a workbook, those ahead of all others; a list of people has one or two.
SHEETS_MAX: Final = 20


def xlsx_table(data: bytes) -> Table:
    """Return the first table in a workbook, with those of its other sheets. Raises UnreadableFileError.

    Refused are a workbook that is too much to look at, one without a sheet, and, when its last row is read, a sheet
    with merged cells: which of the rows they stand for would have their value, nobody can tell. A sheet that is refused
    while another one can be read says so by its `problem`.
    """
    book = Book(data)
    if not book.sheets:
        raise unreadable(Code.NO_SHEET)
    shown = list(book.sheets.items())[:SHEETS_MAX]
    tables = [_table(book, place, part, title) for place, (part, title) in enumerate(shown)]
    found = [table for table in tables if table is not None]
    readable = [table for table in found if table.problem is None]
    if not readable:
        raise UnreadableFileError(found[0].problem) if found and found[0].problem else unreadable(Code.EMPTY)
    others = tuple(table for table in found if table is not readable[0])
    return replace(readable[0], others=others)


def _table(book: Book, place: int, part: str, title: str) -> Table | None:
    """Return the table of one sheet; None for a sheet without rows."""
    problem, first = None, tuple[Row, ...]()
    try:
        first = tuple(islice(_rows(book, part), FIRST_ROWS))
    except UnreadableFileError as error:
        problem = error.problem
    if not first and problem is None:
        return None
    return Table(
        kind="xlsx",
        first=first,
        rows=lambda: _rows(book, part),
        sheet=title,
        sheets=len(book.sheets),
        place=place,
        problem=problem,
    )


def _rows(book: Book, part: str) -> Iterator[Row]:
    """Yield the rows that are not empty. Raises UnreadableFileError for too many rows, columns or characters."""
    sheet, found = _Sheet(book), 0
    for _chunk in _chunks(book, part, sheet):
        for row in sheet.taken():
            found += 1
            # One more for the header.
            if found > ROWS_MAX + 1:
                raise unreadable(Code.TOO_MANY_ROWS, max=ROWS_MAX)
            yield row
    # They stand behind the rows. A sheet without any may have as many as it likes: another one is read.
    if found and sheet.merged:
        raise unreadable(Code.MERGED, ranges=", ".join(sheet.merged))


def _chunks(book: Book, part: str, sheet: "_Sheet") -> Iterator[None]:
    """Tell the sheet its part; whatever is wrong with it is said with its row."""
    try:
        yield from book.archive.chunks(part, sheet, bytes_max=SHEET_BYTES_MAX)
    except (UnreadableFileError, MemoryError):
        raise
    except (expat.ExpatError, ValueError, LookupError, ArithmeticError) as error:
        if not sheet.has_begun:
            raise unreadable(Code.DAMAGED) from error
        raise unreadable(Code.DAMAGED_ROW, row=sheet.number + (not sheet.is_in_row)) from error


class _Sheet(Reader):
    """Makes rows of the tags of a sheet, in the order of the file; `number` is that of the last one that began."""

    tags_max = _TAGS_MAX

    def __init__(self, book: Book) -> None:
        self._book = book
        self.has_begun = self.is_in_row = self._is_inside = False
        self.number = 0
        self.merged: list[str] = []
        self._rows: list[Row] = []
        self._texts: list[str] = []
        self._faults: dict[int, Fault] = {}
        self._column, self._columns, self._cells = -1, 0, 0
        self._type, self._style = "n", 0
        self._is_formula = self._is_text = self._is_reading = False
        self._pieces = Pieces()

    def taken(self) -> list[Row]:
        """Return the rows that are complete since it was last asked."""
        rows, self._rows = self._rows, []
        return rows

    def start(self, name: str, attributes: Attributes) -> None:
        if not self._is_inside:
            if name == "sheetData":
                self.has_begun = self._is_inside = True
            elif name == "mergeCell" and len(self.merged) < _RANGES_SHOWN:
                self.merged.append(attributes.get("ref", "")[:40])
        elif name == "c":
            self._begin_cell(attributes)
        elif name in {"v", "t"}:
            self._is_text = not self._is_reading
        elif name == "row":
            self._begin_row(attributes)
        elif name == "f":
            self._is_formula = True
        elif name == "rPh":  # how a text is pronounced
            self._is_reading = True

    def end(self, name: str) -> None:
        if not self._is_inside:
            return
        if name == "c":
            self._end_cell()
        elif name in {"v", "t"}:
            self._is_text = False
        elif name == "row":
            self._end_row()
        elif name == "rPh":
            self._is_reading = False
        elif name == "sheetData":
            self._is_inside = False

    def text(self, text: str) -> None:
        if self._is_text:
            self._pieces.add(text)

    def _begin_row(self, attributes: Attributes) -> None:
        said = attributes.get("r")
        number = int(said) if said else self.number + 1
        if number > _SHEET_ROWS_MAX:
            raise unreadable(Code.TOO_MANY_ROWS, max=ROWS_MAX)
        if number <= self.number:
            raise ValueError(said)
        self.number, self.is_in_row = number, True
        self._texts, self._faults = [], {}
        self._column, self._columns, self._cells = -1, 0, 0

    def _end_row(self) -> None:
        self.is_in_row = False
        if self._columns > COLUMNS_MAX:
            raise unreadable(Code.TOO_MANY_COLUMNS, row=self.number, columns=self._columns, max=COLUMNS_MAX)
        if self._columns:
            texts, faults = self._texts[: self._columns], self._faults
            self._rows.append(Row(self.number, texts, faults) if faults else Row(self.number, texts))

    def _begin_cell(self, attributes: Attributes) -> None:
        self._cells += 1
        if self._cells > _SHEET_COLUMNS_MAX:
            raise unreadable(Code.BOMB_ROW, row=self.number)
        place = attributes.get("r")
        self._column = _column_at(place.rstrip("0123456789")) if place else self._column + 1
        self._type, self._style = attributes.get("t", "n"), int(attributes.get("s", 0))
        self._is_formula = False

    def _end_cell(self) -> None:
        text, fault = self._value(self._pieces.taken())
        if not text and fault is None:
            return
        self._columns = max(self._columns, self._column + 1)
        if self._column >= COLUMNS_MAX:
            return  # refused at the row's end, with how many there are
        if len(text) > CELL_MAX:
            raise unreadable(Code.CELL_TOO_LONG, row=self.number, column=self._column, max=CELL_MAX)
        self._texts += [""] * (self._column + 1 - len(self._texts))
        self._texts[self._column] = text
        if fault:
            self._faults[self._column] = fault

    def _value(self, raw: str) -> tuple[str, Fault | None]:
        """Return a cell's value as a person would write it, and what is wrong with it."""
        if self._is_formula:
            # What it came to when it was last reckoned may be old, or not there: many programs do not keep it.
            return "", Fault.FORMULA
        kind = self._type
        if not raw:
            return "", None
        if kind == "s":
            text = self._book.texts[_whole(raw)].strip()
        elif kind in {"str", "inlineStr"}:
            text = raw.strip()
        elif kind == "e":
            return raw, Fault.ERROR
        elif kind == "b":
            return ("true" if _whole(raw) else "false"), None
        elif kind == "d":
            return _moment(from_ISO8601(raw)), None
        else:
            return self._number(float(raw) if set(raw) & set(".eE") else int(raw))
        return text, fault_in(text)

    def _number(self, value: float) -> tuple[str, Fault | None]:
        formats = self._book.formats
        if self._style in formats.dates:
            try:
                return _moment(from_excel(value, self._book.epoch, timedelta=self._style in formats.lengths)), None
            except (OverflowError, ValueError):
                return "#VALUE!", Fault.ERROR
        if abs(value) >= _EXACT_BELOW:
            return f"{value:.6g}", Fault.ROUNDED
        if isinstance(value, int) or value.is_integer():
            return str(int(value)), None
        return f"{value:.15g}", None


@lru_cache(maxsize=_SHEET_COLUMNS_MAX)
def _column_at(letters: str) -> int:
    column = column_of(letters)
    if not 0 <= column < _SHEET_COLUMNS_MAX:
        raise ValueError(letters)
    return column


def _whole(raw: str) -> int:
    number = int(raw)
    if number < 0:
        raise ValueError(raw)
    return number


def _moment(value: object) -> str:
    """Return a date or a time, which a workbook keeps as a number, as people write it."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}" if value.time() == time() else f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, date):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, time):
        return f"{value:%H:%M}" if not value.second else f"{value:%H:%M:%S}"
    if isinstance(value, timedelta):
        return str(value)
    return str(value).strip()


def is_workbook(data: bytes) -> bool:
    """Tell whether a ZIP holds a workbook of ours to read. Raises UnreadableFileError for what is like one."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError, OSError, ValueError) as error:
        raise unreadable(Code.DAMAGED) from error
    if "xl/workbook.bin" in names:
        raise unreadable(Code.XLSB)
    if "content.xml" in names:
        raise unreadable(Code.ODS)
    return any(name.startswith("xl/") and name.endswith(".xml") for name in names)
