"""A table as a file: XLSX for people, CSV for tables, JSON lines for programs.

Rows are written as they come, so that 100,000 of them need no more memory than a few. What people typed cannot become
a formula (OWASP, "CSV Injection").
"""

import csv
import io
import json
import re
import tempfile
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, BinaryIO, Final, Protocol

from app.exports import workbook
from app.exports.workbook import Sheet, clean
from app.registrations.words import Cell

_CHUNK: Final = 64 * 1024

# Spreadsheets take a cell that starts so for a formula; some take the full-width forms too.
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# Where a spreadsheet that expects semicolons or tabs, as Excel does in half of Europe, begins a cell of its own.
_CELL_WITHIN: Final = re.compile("([;\t\n][\\s\"']*)(?=[=+\\-@＝＋－＠])")


class Lines(Protocol):
    """Rows as programs read them."""

    def objects(self) -> Iterator[Mapping[str, Any]]:
        """Yield the rows, each as plain JSON."""


@dataclass(frozen=True, slots=True)
class Format:
    """A way to write a table; `suffix` is of the file, and differs from the address for JSON lines."""

    suffix: str
    content_type: str
    chunks: Callable[[Any], Iterator[bytes]]
    # The same into a file; yields now and then.
    write: Callable[[Any, BinaryIO], Generator[None, None, None]]


def _write(chunks: Callable[[Any], Iterator[bytes]], table: object, file: BinaryIO) -> Generator[None, None, None]:
    for chunk in chunks(table):
        file.write(chunk)
        yield


def neutral(text: str) -> str:
    """Return the text so that no spreadsheet that reads a CSV takes it, or a part of it, for a formula.

    An apostrophe stands ahead of what would be one.
    """
    text = _CELL_WITHIN.sub(r"\1'", clean(text))
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def csv_chunks(sheet: Sheet) -> Iterator[bytes]:
    """Yield a CSV (RFC 4180) in UTF-8 with a byte order mark, without which Excel garbles Chinese names."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    buffer.write("\ufeff")
    writer.writerow([neutral(name) for name in sheet.header()])
    for cells in sheet.cells():
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


def json_chunks(lines: Lines) -> Iterator[bytes]:
    """Yield one JSON object a line."""
    buffer = io.StringIO()
    for line in lines.objects():
        buffer.write(json.dumps(line, ensure_ascii=False) + "\n")
        if buffer.tell() > _CHUNK:
            yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()


def xlsx_chunks(sheet: Sheet) -> Iterator[bytes]:
    """Yield a workbook of one sheet. It is made in a file first: the end of a ZIP says where everything is."""
    with tempfile.TemporaryFile() as file:
        for _part in workbook.write(sheet, file):
            pass
        file.seek(0)
        while chunk := file.read(_CHUNK):
            yield chunk


_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMATS: Final[Mapping[str, Format]] = {
    "xlsx": Format("xlsx", _XLSX, xlsx_chunks, workbook.write),
    "csv": Format("csv", "text/csv; charset=utf-8", csv_chunks, partial(_write, csv_chunks)),
    "json": Format("jsonl", "application/x-ndjson; charset=utf-8", json_chunks, partial(_write, json_chunks)),
}
# Of what has no shape for programs.
FOR_PEOPLE: Final[Mapping[str, Format]] = {name: FORMATS[name] for name in ("xlsx", "csv")}
