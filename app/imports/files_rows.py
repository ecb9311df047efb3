"""What every file becomes: rows of text with their number in the sheet, and what is wrong with single cells."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from app.imports.problems import Problem

# An upload; 100,000 people with ten columns are 15 MB as CSV, and 4 MB as XLSX.
BYTES_MAX: Final = 20 * 1024 * 1024
ROWS_MAX: Final = 100_000  # beside the header; empty ones are not counted
COLUMNS_MAX: Final = 200
FIRST_ROWS: Final = 20  # shown, and looked at to know the columns
CELL_MAX: Final = 32_767  # characters: what a cell of Excel holds

# Numbers that a spreadsheet wrote for people to look at: 1.38E+10, 1,10101E+17.
_SCIENTIFIC: Final = re.compile(r"[+-]?\d(?:[.,]\d+[Ee]\+?|[Ee]\+)\d{1,3}")
# A spreadsheet keeps fifteen digits and makes the rest noughts.
_DIGITS_KEPT: Final = 15
_LONG_NUMBER: Final = re.compile(r"\d{16,40}")
_ID_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS: Final = "10X98765432"
_ID_LENGTH: Final = 18


class Fault(StrEnum):
    """What makes a cell unusable, if its column is wanted."""

    FORMULA = "formula"
    ERROR = "error"  # #N/A, #REF! …
    SCIENTIFIC = "scientific"
    ROUNDED = "rounded"


@dataclass(frozen=True, slots=True)
class Row:
    """One row that is not empty: `number` as a spreadsheet counts, from 1; `faults` by the column, from 0."""

    number: int
    cells: list[str]
    faults: Mapping[int, Fault] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Table:
    """A file that can be read: how it was understood, and its rows from the first on, as often as asked for."""

    kind: str  # "csv" or "xlsx"
    first: tuple[Row, ...]
    rows: Callable[[], Iterator[Row]]
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    sheets: int = 1
    place: int = 0  # among them
    others: tuple["Table", ...] = ()  # the further sheets with rows
    problem: Problem | None = None  # of a sheet that cannot be read, while another one can


def fault_in(text: str) -> Fault | None:
    """Tell whether a spreadsheet has spoiled this number, and how.

    A Chinese id may end in noughts: one whose check digit (GB 11643) holds is as it was typed.
    """
    if len(text) < 5 or not text[-1].isdigit():  # noqa: PLR2004 - the shortest is 1E+10
        return None
    if _SCIENTIFIC.fullmatch(text):
        return Fault.SCIENTIFIC
    is_long = _LONG_NUMBER.fullmatch(text) and not text[_DIGITS_KEPT:].strip("0")
    return Fault.ROUNDED if is_long and not _is_chinese_id(text) else None


def _is_chinese_id(text: str) -> bool:
    if len(text) != _ID_LENGTH:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(text, _ID_WEIGHTS, strict=False))
    return _ID_CHECKS[total % 11] == text[-1]
