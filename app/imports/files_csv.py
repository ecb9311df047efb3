"""Tables as text: CSV and its relatives, in whatever encoding and with whatever separator other programs write."""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from app.imports.files_rows import CELL_MAX, COLUMNS_MAX, FIRST_ROWS, ROWS_MAX, Fault, Row, Table, fault_in
from app.imports.problems import Code, unreadable

_CHUNK: Final = 256 * 1024
_SAMPLE: Final = 64 * 1024
_SAMPLE_RECORDS: Final = 30
_DELIMITERS: Final = (",", ";", "\t", "|")
_BOMS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# Excel's own first line: which separator follows. One that is none of ours (a quote, an end of line) says nothing.
_SEPARATOR_LINE: Final = re.compile(r"sep=([,;\t|])\r?\n?", re.IGNORECASE)
# What exports, ours too, put ahead of what a spreadsheet would take for a formula: '+86 138…
_PROTECTED: Final = re.compile("^'(?=[=+\\-@＝＋－＠])")
# A text of few bytes may hold many records; more than these are no list of people.
_RECORDS_MAX: Final = 1_200_000

# The module's own limit is one of the process; ours is said with its place.
csv.field_size_limit(16 * 1024 * 1024)


def csv_table(data: bytes) -> Table:
    """Return the table in a text. Raises UnreadableFileError for what is no text, or an empty one."""
    encoding = _encoding_of(data)
    sample = _decoded(data[:_SAMPLE], encoding)
    delimiter = _delimiter_of(sample)
    return Table(
        kind="csv",
        first=tuple(islice(_rows(data, encoding, delimiter), FIRST_ROWS)),
        rows=lambda: _rows(data, encoding, delimiter),
        encoding=encoding,
        delimiter=delimiter,
    )


def _encoding_of(data: bytes) -> str:
    """Return what the text is written in: as its mark says, else the first of those in use that fits all of it."""
    for mark, name in _BOMS:
        if data.startswith(mark):
            _check(data, name)
            return name
    half = _utf16_without_mark(data)
    if half:
        return half
    for name in ("utf-8", "gb18030"):
        if _first_wrong_byte(data, name) is None:
            if b"\0" in data:
                raise unreadable(Code.NUL, row=data.count(b"\n", 0, data.index(b"\0")) + 1)
            return name
    wrong = _first_wrong_byte(data, "utf-8") or 0
    raise unreadable(Code.ENCODING, row=data.count(b"\n", 0, wrong) + 1)


def _utf16_without_mark(data: bytes) -> str:
    """Tell UTF-16 whose mark was lost by its noughts: every second byte of what is ASCII."""
    sample = data[:_SAMPLE]
    for start, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        noughts = sample[start::2].count(0)
        if noughts > len(sample) // 8 and not sample[1 - start :: 2].count(0) and not len(data) % 2:
            _check(data, name)
            return name
    return ""


def _check(data: bytes, encoding: str) -> None:
    if (wrong := _first_wrong_byte(data, encoding)) is not None:
        raise unreadable(Code.ENCODING, row=data.count(b"\n", 0, wrong) + 1)
    if encoding.startswith("utf-16") and "\0" in _decoded(data, encoding):
        raise unreadable(Code.NUL, row=_decoded(data, encoding).split("\0", 1)[0].count("\n") + 1)
    if not encoding.startswith("utf-16") and b"\0" in data:
        raise unreadable(Code.NUL, row=data.count(b"\n", 0, data.index(b"\0")) + 1)


def _first_wrong_byte(data: bytes, encoding: str) -> int | None:
    decoder = codecs.getincrementaldecoder(encoding)(errors="strict")
    for start in range(0, len(data), _CHUNK):
        try:
            decoder.decode(data[start : start + _CHUNK], final=start + _CHUNK >= len(data))
        except UnicodeDecodeError as error:
            return min(start + error.start, len(data))
    return None


def _decoded(data: bytes, encoding: str) -> str:
    return codecs.getincrementaldecoder(encoding)(errors="strict").decode(data, final=False)


def _lines(data: bytes, encoding: str) -> Iterator[str]:
    text = io.TextIOWrapper(io.BytesIO(data), encoding=encoding, errors="strict", newline="")
    first = text.readline()
    # A mark that a program wrote without being asked, when another one had put one there already.
    first = first.removeprefix("\ufeff")
    if not _SEPARATOR_LINE.fullmatch(first):
        yield first
    else:
        yield "\n"  # keeps the place of the rows below
    yield from text


def _delimiter_of(sample: str) -> str:
    """Return the separator by which most of the first records have the same number of cells, more than one."""
    sample = sample.removeprefix("\ufeff")
    if said := _SEPARATOR_LINE.match(sample):
        return said[1]
    best, best_score = ",", (0.0, 0)
    for delimiter in _DELIMITERS:
        reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
        records = [record for record in islice(reader, _SAMPLE_RECORDS) if any(record)]
        widths = Counter(len(record) for record in records)
        if not widths:
            continue
        width, times = widths.most_common(1)[0]
        score = (times / len(records) if width > 1 else 0.0, width)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _rows(data: bytes, encoding: str, delimiter: str) -> Iterator[Row]:
    """Yield the rows that are not empty. The number is that of the record, as a spreadsheet shows it.

    Raises UnreadableFileError for quotes that do not close, and for too many rows, columns or characters.
    """
    reader = csv.reader(_lines(data, encoding), delimiter=delimiter, strict=True)
    number = found = 0
    for record in _records(reader):
        number += 1
        if number > _RECORDS_MAX:
            raise unreadable(Code.TOO_MANY_ROWS, max=ROWS_MAX)
        row = _row(number, record)
        if row is None:
            continue
        found += 1
        # One more for the header.
        if found > ROWS_MAX + 1:
            raise unreadable(Code.TOO_MANY_ROWS, max=ROWS_MAX)
        yield row


def _records(reader: Iterable[list[str]]) -> Iterator[list[str]]:
    records, number = iter(reader), 0
    while True:
        number += 1
        try:
            record = next(records)
        except StopIteration:
            return
        except csv.Error as error:
            raise unreadable(_code_of(str(error)), row=number, max=CELL_MAX) from None
        yield record


def _code_of(words: str) -> Code:
    if "unexpected end of data" in words:
        return Code.UNCLOSED_QUOTE
    return Code.CELL_TOO_LONG if "limit" in words else Code.QUOTES


def _row(number: int, record: list[str]) -> Row | None:
    while record and not record[-1].strip():
        record.pop()
    if not record:
        return None
    if len(record) > COLUMNS_MAX:
        raise unreadable(Code.TOO_MANY_COLUMNS, row=number, columns=len(record), max=COLUMNS_MAX)
    cells = [_PROTECTED.sub("", cell.strip()) for cell in record]
    faults: dict[int, Fault] = {}
    for column, cell in enumerate(cells):
        if len(cell) > CELL_MAX:
            raise unreadable(Code.CELL_TOO_LONG, row=number, column=column, max=CELL_MAX)
        if fault := fault_in(cell):
            faults[column] = fault
    return Row(number, cells, faults) if faults else Row(number, cells)
