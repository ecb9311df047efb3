"""Workbooks: the first sheet that is shown, row by row (docs/decisions, "Reading workbooks")."""

import io
import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any, Final

from app.imports.files_guard import looked_through
from app.imports.files_rows import CELL_MAX, COLUMNS_MAX, FIRST_ROWS, ROWS_MAX, Fault, Row, Table, fault_in
from app.imports.problems import Code, UnreadableFileError, unreadable

# A number of Excel has fifteen digits; what is larger was rounded.
_EXACT_BELOW: Final = 10**15
_FORMULA: Final = "f"
_ERROR: Final = "e"


def xlsx_table(data: bytes) -> Table:
    """Return the table in a workbook. Raises UnreadableFileError.

    Refused are a workbook that is too much to look at, one without a sheet, and one with merged cells: which of the
    rows they stand for would have their value, nobody can tell.
    """
    found = looked_through(data)
    with _opened(data) as book:
        # A sheet that is one chart has no rows.
        shown = [each for each in book.worksheets if each.sheet_state == "visible" and hasattr(each, "iter_rows")]
        if not shown:
            raise unreadable(Code.NO_SHEET)
        for sheet in shown:
            # What a sheet says of its size is not to be trusted, and costs memory where it says too much.
            sheet.reset_dimensions()
            if first := tuple(islice(_numbered(sheet), FIRST_ROWS)):
                break
        else:
            raise unreadable(Code.EMPTY)
        title, part = sheet.title, sheet._worksheet_path.lstrip("/")  # noqa: SLF001 - nothing public says which part
    about = found.get(part)
    if about is not None and about.merged:
        raise unreadable(Code.MERGED, ranges=", ".join(about.merged))
    return Table(
        kind="xlsx",
        first=first,
        rows=lambda: _rows(data, title),
        rows_about=about.rows if about else 0,
        sheet=title,
        sheets=len(shown),
    )


class _opened:  # noqa: N801 - read as a word behind `with`
    """A workbook for reading, closed at the end; whatever is wrong with it is said in our way."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def __enter__(self) -> Any:  # noqa: ANN401 - openpyxl's types do not know read-only workbooks
        # Here and not above: few ever send a workbook, and a process that serves need not hold what reads one.
        from openpyxl import load_workbook

        try:
            with warnings.catch_warnings():
                # Of what it does not keep when it writes a workbook; nothing is written here.
                warnings.simplefilter("ignore")
                self.book = load_workbook(io.BytesIO(self.data), read_only=True, keep_links=False)
        except MemoryError:
            raise
        except Exception as error:  # its parsers raise whatever they stumble over
            raise unreadable(Code.DAMAGED) from error
        return self.book

    def __exit__(self, *_exception: object) -> None:
        self.book.close()


def _within(sheet: Any) -> Iterator[tuple[int, Any]]:  # noqa: ANN401 - openpyxl's types do not know such sheets
    """Yield the number and the cells of each row; whatever is wrong with the sheet is said with its row."""
    number = 0
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for number, cells in enumerate(sheet.iter_rows(), start=1):
                yield number, cells
    except (UnreadableFileError, MemoryError, GeneratorExit):
        raise
    except Exception as error:  # as above
        raise unreadable(Code.DAMAGED_ROW, row=number + 1) from error


def _rows(data: bytes, title: str) -> Iterator[Row]:
    with _opened(data) as book:
        sheet = book[title]
        sheet.reset_dimensions()
        yield from _numbered(sheet)


def _numbered(sheet: Any) -> Iterator[Row]:  # noqa: ANN401 - as above
    """Yield the rows that are not empty. Raises UnreadableFileError for too many rows, columns or characters."""
    found = 0
    for number, cells in _within(sheet):
        row = _row(number, cells)
        if row is None:
            continue
        found += 1
        # One more for the header.
        if found > ROWS_MAX + 1:
            raise unreadable(Code.TOO_MANY_ROWS, max=ROWS_MAX)
        yield row


def _row(number: int, cells: Any) -> Row | None:  # noqa: ANN401 - cells of two kinds
    texts: list[str] = []
    faults: dict[int, Fault] = {}
    for column, cell in enumerate(cells):
        value = cell.value
        if value is None:
            texts.append("")
            continue
        text, fault = _text_of(value, cell.data_type)
        if len(text) > CELL_MAX:
            raise unreadable(Code.CELL_TOO_LONG, row=number, column=column, max=CELL_MAX)
        if fault:
            faults[column] = fault
        texts.append(text)
    while texts and not texts[-1] and len(texts) - 1 not in faults:
        texts.pop()
    if not texts:
        return None
    if len(texts) > COLUMNS_MAX:
        raise unreadable(Code.TOO_MANY_COLUMNS, row=number, columns=len(texts), max=COLUMNS_MAX)
    return Row(number, texts, faults) if faults else Row(number, texts)


def _text_of(value: object, data_type: str) -> tuple[str, Fault | None]:
    """Return a cell's value as a person would write it, and what is wrong with it."""
    if data_type == _FORMULA:
        # What it came to when it was last reckoned may be old, or not there: many programs do not keep it.
        return "", Fault.FORMULA
    if data_type == _ERROR:
        return str(value), Fault.ERROR
    if isinstance(value, str):
        text = value.strip()
        return text, fault_in(text)
    if isinstance(value, bool):
        return ("true" if value else "false"), None
    if isinstance(value, int | float):
        return _number(value)
    return _moment(value), None


def _number(value: float) -> tuple[str, Fault | None]:
    if abs(value) >= _EXACT_BELOW:
        return f"{value:.6g}", Fault.ROUNDED
    if isinstance(value, int) or value.is_integer():
        return str(int(value)), None
    return f"{value:.15g}", None


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
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError, OSError, ValueError) as error:
        raise unreadable(Code.DAMAGED) from error
    if "xl/workbook.bin" in names:
        raise unreadable(Code.XLSB)
    if "content.xml" in names:
        raise unreadable(Code.ODS)
    return any(name.startswith("xl/") and name.endswith(".xml") for name in names)
