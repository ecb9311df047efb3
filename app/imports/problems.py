"""What can be wrong with a file, a row or a cell: a code with its place, put into words where it is shown.

Kept as plain values, since a file may be read by a duty that knows no reader's language.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self


class Code(StrEnum):
    """Everything that can be wrong; the sentence of each is in `words`."""

    # With a whole file.
    BOMB = "bomb"
    BOMB_ROW = "bomb_row"
    CELL_TOO_LONG = "cell_too_long"
    DAMAGED = "damaged"
    DAMAGED_ROW = "damaged_row"
    EMPTY = "empty"
    ENCODING = "encoding"
    MARKUP = "markup"
    MERGED = "merged"
    NO_SHEET = "no_sheet"
    NO_TABLE = "no_table"
    NUL = "nul"
    ODS = "ods"
    PASSWORD = "password"  # noqa: S105 - it says that there is one
    QUOTES = "quotes"
    TOO_LARGE = "too_large"
    TOO_MANY_COLUMNS = "too_many_columns"
    TOO_MANY_ROWS = "too_many_rows"
    UNCLOSED_QUOTE = "unclosed_quote"
    XLS = "xls"
    XLSB = "xlsb"
    # With one row.
    MISSING_NAME = "missing_name"
    BAD_NAME = "bad_name"
    NAME_TOO_LONG = "name_too_long"
    MISSING_EMAIL = "missing_email"
    BAD_EMAIL = "bad_email"
    TWICE = "twice"
    UNKNOWN_TICKET_TYPE = "unknown_ticket_type"
    UNKNOWN_STATUS = "unknown_status"
    UNKNOWN_LANGUAGE = "unknown_language"
    FORMULA = "formula"
    ERROR = "error"
    SCIENTIFIC = "scientific"
    ROUNDED = "rounded"
    CHOICE = "choice"
    NUMBER = "number"
    NUMBER_TOO_LARGE = "number_too_large"
    PHONE = "phone"
    TICK = "tick"
    TOO_LONG = "too_long"
    NO_TICKET_TYPE = "no_ticket_type"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: `code` names its sentence in `words`, `column` counts from 0, `details` fill it."""

    code: Code
    row: int | None = None  # as a spreadsheet counts, from 1
    column: int | None = None
    details: Mapping[str, Any] = field(default_factory=dict)

    def as_stored(self) -> dict[str, Any]:
        """Return it as JSON."""
        stored: dict[str, Any] = {"code": self.code.value}
        if self.row is not None:
            stored["row"] = self.row
        if self.column is not None:
            stored["column"] = self.column
        return stored | ({"details": dict(self.details)} if self.details else {})

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """Return what was stored."""
        return cls(Code(stored["code"]), stored.get("row"), stored.get("column"), stored.get("details", {}))


class UnreadableFileError(Exception):
    """The file cannot be read, or not further than some place."""

    def __init__(self, problem: Problem) -> None:
        """Keep what is wrong and where."""
        super().__init__(problem.code)
        self.problem = problem


def unreadable(code: Code, *, row: int | None = None, column: int | None = None, **details: object) -> Exception:
    """Return the error to raise for a file with this problem at this place."""
    return UnreadableFileError(Problem(code, row, column, details))


def letter_of(column: int) -> str:
    """Return what a spreadsheet calls a column: 0 is A, 26 is AA."""
    letters = ""
    number = column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
