"""Looks through a workbook before a parser does: a ZIP of some kilobytes can hold gigabytes, or a billion tags.

What is decompressed is bounded by what the ZIP's directory says (zipfile gives no byte more than that), and what a
parser makes of it by the number of tags, which cost some hundred times their length in memory.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from app.imports.problems import Code, unreadable

_PARTS_MAX: Final = 2_000
_BYTES_MAX: Final = 320 * 1024 * 1024
_SHEET_BYTES_MAX: Final = 256 * 1024 * 1024
_PART_BYTES_MAX: Final = 64 * 1024 * 1024
_TAGS_MAX: Final = 8_000_000  # of a part that is no sheet: its text table has two or three for each text
# Between one row and the next: the parser holds this much of a sheet at once.
_ROW_BYTES_MAX: Final = 4 * 1024 * 1024
_SHEET_ROWS_MAX: Final = 1_048_576
_CHUNK: Final = 1024 * 1024
_SHEETS: Final = "xl/worksheets/"

_ROW: Final = re.compile(rb"<(?:\w+:)?row[ />]")
_MERGED: Final = re.compile(rb"<(?:\w+:)?mergeCell [^>]*?ref=\"([A-Z0-9:$]{1,40})\"")
# Longer than any of what is looked for, so that none is missed between two chunks.
_OVERLAP: Final = 256


@dataclass(frozen=True, slots=True)
class Sheet:
    """What was found in one sheet: how many rows, and the ranges that are merged, some of them."""

    rows: int
    merged: tuple[str, ...]


def looked_through(data: bytes) -> dict[str, Sheet]:
    """Return what is in each sheet of a workbook, by its part. Raises UnreadableFileError for what is too much."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            _check_directory(parts)
            sheets = {}
            for part in parts:
                if part.filename.startswith(_SHEETS) and part.filename.endswith(".xml"):
                    sheets[part.filename] = _sheet(archive, part)
                else:
                    _check_part(archive, part)
            return sheets
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError, OSError, ValueError) as error:
        raise unreadable(Code.DAMAGED) from error
    except RuntimeError as error:  # what zipfile says of an encrypted part
        raise unreadable(Code.PASSWORD) from error


def _check_directory(parts: list[zipfile.ZipInfo]) -> None:
    if len(parts) > _PARTS_MAX or sum(part.file_size for part in parts) > _BYTES_MAX:
        raise unreadable(Code.BOMB, max=_BYTES_MAX // 1024 // 1024)
    for part in parts:
        is_sheet = part.filename.startswith(_SHEETS)
        if part.file_size > (_SHEET_BYTES_MAX if is_sheet else _PART_BYTES_MAX):
            raise unreadable(Code.BOMB, max=_BYTES_MAX // 1024 // 1024)
        if part.flag_bits & 0x1:
            raise unreadable(Code.PASSWORD)


def _chunks(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    read = 0
    with archive.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            read += len(chunk)
            # zipfile ends at the size that was declared; this does not rest on it.
            if read > _SHEET_BYTES_MAX:
                raise unreadable(Code.BOMB, max=_BYTES_MAX // 1024 // 1024)
            yield chunk


def _check_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    tags = 0
    for number, chunk in enumerate(_chunks(archive, part)):
        if number == 0:
            _refuse_declarations(chunk)
        tags += chunk.count(b"<")
        if tags > _TAGS_MAX:
            raise unreadable(Code.BOMB, max=_BYTES_MAX // 1024 // 1024)


def _sheet(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Sheet:
    rows, since_row, tail = 0, 0, b""
    merged: list[str] = []
    for number, chunk in enumerate(_chunks(archive, part)):
        if number == 0:
            _refuse_declarations(chunk)
        window = tail + chunk
        at = [found.start() for found in _ROW.finditer(window) if found.end() > len(tail)]
        # From row to row, and what has passed since the last one.
        edges = [-since_row + len(tail), *at, len(window)]
        if max(after - before for before, after in pairwise(edges)) > _ROW_BYTES_MAX:
            raise unreadable(Code.BOMB_ROW, row=rows + 1)
        rows += len(at)
        if rows > _SHEET_ROWS_MAX:
            raise unreadable(Code.BOMB, max=_BYTES_MAX // 1024 // 1024)
        since_row = len(window) - at[-1] if at else since_row + len(chunk)
        if len(merged) < 3:  # noqa: PLR2004 - enough to find them by
            merged += [found[1].decode() for found in _MERGED.finditer(window) if found.end() > len(tail)]
        tail = window[-_OVERLAP:]
    return Sheet(rows, tuple(merged[:3]))


def _refuse_declarations(beginning: bytes) -> None:
    """Refuse entities, by which a short text means a long one; no program writes them into a workbook."""
    if b"<!DOCTYPE" in beginning or b"<!ENTITY" in beginning or beginning[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        raise unreadable(Code.DAMAGED)
