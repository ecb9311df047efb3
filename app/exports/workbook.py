"""A table as a workbook: XlsxWriter makes the book, and the rows of its one sheet are written here.

XlsxWriter takes 10 µs for a cell, which was two thirds of a download of 100,000 attendees, and takes text that begins
and ends like its own tags (`<r>…</r>`) for tags. So it makes a book with the header and two cells that show the
formats; the rows stand in a file of their own meanwhile, and take the place of these two when the book is packed
(ECMA-376, Part 1, 18.3.1).
"""

import io
import math
import re
import tempfile
import zipfile
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Final, Protocol
from xml.sax.saxutils import escape

from app.core.errors import RefusedError
from app.core.i18n import Language, speaking
from app.core.i18n import gettext as _
from app.registrations.words import Cell

ROWS_MAX: Final = 1_048_575  # beside the header; Excel's own limit
CELL_MAX: Final = 32_767  # UTF-16 units; Excel's own limit
_ROWS_A_PART: Final = 250
_CHUNK: Final = 64 * 1024
_SHEET: Final = "xl/worksheets/sheet1.xml"
_LARGE: Final = 2**30  # bytes of a sheet, beyond which the ZIP says its sizes in 64 bits
_DAY_0: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - spreadsheets know no zones
_DAY: Final = 24 * 60 * 60

# What XML 1.0 cannot carry, and nobody typed on purpose.
_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
# How a spreadsheet writes a character that XML cannot carry: whoever types it means what they typed.
_ESCAPE: Final = re.compile("(?=_x[0-9A-Fa-f]{4}_)")
_FORMATS_SHOWN: Final = re.compile(
    r'<row r="2"[^>]*><c r="A2" s="(\d+)"/></row><row r="3"[^>]*><c r="A3" s="(\d+)"/></row>'
)
_DIMENSION: Final = re.compile(r'(?<=<dimension ref=")[^"]*(?=")')


class Sheet(Protocol):
    """Rows of cells in one language, each as long as the header."""

    @property
    def language(self) -> Language:
        """The language that its words are in."""

    def title(self) -> str:
        """Return what the sheet is called, in the language that is spoken."""

    def header(self) -> list[str]:
        """Return the names of the columns."""

    def widths(self) -> list[float]:
        """Return how wide the columns are, in characters."""

    def cells(self) -> Iterator[list[Cell]]:
        """Yield the rows."""


def clean(text: str) -> str:
    """Return the text without characters that XML forbids, its line ends as LF."""
    if text.isprintable():
        return text  # nearly every cell, in a tenth of the time
    return _FORBIDDEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def fitting(text: str) -> str:
    """Return the clean text, cut to what a cell can hold."""
    text = clean(text)
    if len(text) <= CELL_MAX // 2:
        return text  # whatever it is made of
    return text.encode("utf-16-le")[: 2 * CELL_MAX].decode("utf-16-le", errors="ignore")


def write(table: Sheet, file: BinaryIO) -> Generator[None, None, None]:
    """Write a workbook; yield after some hundred rows. Raises RefusedError for more rows than a sheet has."""
    with tempfile.TemporaryFile() as rows:
        number = yield from _write_rows(table, _frame(table, rows=0), rows)
        frame = _frame(table, rows=number)
        is_large = rows.tell() > _LARGE
        rows.seek(0)
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as book:
            for name, content in frame.others.items():
                book.writestr(name, content)
            with book.open(_SHEET, "w", force_zip64=is_large) as sheet:
                sheet.write(frame.head)
                while chunk := rows.read(_CHUNK):
                    sheet.write(chunk)
                    yield
                sheet.write(frame.tail)


@dataclass(frozen=True, slots=True)
class _Frame:
    """A workbook around its rows: what stands ahead of them and behind, the other files, and the formats' numbers."""

    head: bytes
    tail: bytes
    others: dict[str, bytes]
    text: str
    instant: str
    letters: Sequence[str]


def _frame(table: Sheet, *, rows: int) -> _Frame:
    # Here and not above: few ever ask for a workbook, and a process that serves need not hold what writes one.
    import xlsxwriter
    from xlsxwriter.utility import xl_col_to_name

    packed, header = io.BytesIO(), table.header()
    with xlsxwriter.Workbook(packed, {"in_memory": True}) as book:
        with speaking(table.language):
            sheet = book.add_worksheet(table.title()[:31])
        # "@" is Excel's text format: a phone number or an id stays as typed even after somebody edits the cell.
        text = book.add_format({"num_format": "@"})
        instant = book.add_format({"num_format": "yyyy-mm-dd hh:mm", "align": "left"})
        head = book.add_format({"bold": True, "num_format": "@", "bottom": 1})
        for column, width in enumerate(table.widths()):
            sheet.set_column(column, column, width)
        sheet.freeze_panes(1, 0)
        for column, name in enumerate(header):
            sheet.write_string(0, column, fitting(name), head)
        sheet.write_blank(1, 0, None, text)
        sheet.write_blank(2, 0, None, instant)
        sheet.autofilter(0, 0, rows, len(header) - 1)
    with zipfile.ZipFile(packed) as parts:
        files = {name: parts.read(name) for name in parts.namelist()}
    xml = files.pop(_SHEET).decode()
    letters = [xl_col_to_name(column) for column in range(len(header))]
    shown = _FORMATS_SHOWN.search(xml)
    if shown is None:
        message = "XlsxWriter writes the cells that show the formats in another way now"
        raise RuntimeError(message)
    ahead = _DIMENSION.sub(f"A1:{letters[-1]}{rows + 1}", xml[: shown.start()], count=1)
    return _Frame(ahead.encode(), xml[shown.end() :].encode(), files, shown[1], shown[2], letters)


def _write_rows(table: Sheet, frame: _Frame, file: BinaryIO) -> Generator[None, None, int]:
    """Write the rows as XML, below a header; return how many there are."""
    lines: list[str] = []
    number = 0
    for number, cells in enumerate(table.cells(), start=1):
        if number > ROWS_MAX:
            raise RefusedError(_("There are more attendees than an XLSX sheet has rows. Choose CSV or JSON."))
        lines.append(_row(str(number + 1), cells, frame))
        if number % _ROWS_A_PART == 0:
            file.write("".join(lines).encode())
            lines.clear()
            yield
    file.write("".join(lines).encode())
    return number


def _row(number: str, cells: Sequence[Cell], frame: _Frame) -> str:
    written = []
    for letter, cell in zip(frame.letters, cells, strict=True):
        if isinstance(cell, str):
            if cell:
                written.append(_text(f"{letter}{number}", cell, frame.text))
        elif isinstance(cell, datetime):
            since = cell - _DAY_0
            written.append(
                f'<c r="{letter}{number}" s="{frame.instant}"><v>{since.days + since.seconds / _DAY:.16G}</v></c>'
            )
        elif cell is not None and math.isfinite(cell):
            written.append(f'<c r="{letter}{number}"><v>{cell:.16G}</v></c>')
    return f'<row r="{number}">{"".join(written)}</row>'


def _text(where: str, text: str, style: str) -> str:
    shown = fitting(text)
    space = "" if shown == shown.strip() else ' xml:space="preserve"'
    if "_x" in shown:
        shown = _ESCAPE.sub("_x005F", shown)
    return f'<c r="{where}" s="{style}" t="inlineStr"><is><t{space}>{escape(shown)}</t></is></c>'
