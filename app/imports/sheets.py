"""The sheets of a workbook: all that have rows are kept with the file, and one of them is the list.

Their rows are one row of parts (`ImportPart`), sheet behind sheet; what an import is about says where each begins.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from app.imports.files_rows import ROWS_MAX, Row, Table
from app.imports.headers import CLIP
from app.imports.models import Import
from app.imports.parts import packed
from app.imports.problems import Code, Problem, UnreadableFileError

# In all sheets of a file together; each has its own limit.
ALL_ROWS_MAX: Final = 2 * ROWS_MAX


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet with rows: its parts are the `parts` ones behind `behind`; or what is wrong with it."""

    title: str
    behind: int
    parts: int
    rows: int  # with the header
    problem: Problem | None = None

    def as_stored(self) -> dict[str, Any]:
        """Return it as JSON."""
        stored: dict[str, Any] = {"title": self.title, "behind": self.behind, "parts": self.parts, "rows": self.rows}
        return stored | ({"problem": self.problem.as_stored()} if self.problem else {})

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """Return what was stored."""
        problem = Problem.of(stored["problem"]) if "problem" in stored else None
        return cls(stored["title"], stored["behind"], stored["parts"], stored["rows"], problem)


@dataclass(frozen=True, slots=True)
class Read:
    """A sheet that was read to its end, or as far as something was wrong; and its first rows."""

    sheet: Sheet
    first: Sequence[Row]


def read_all(table: Table) -> tuple[list[Read], list[dict[str, Any]]]:
    """Return every sheet of a file, and the parts of those that can be read. Raises UnreadableFileError if none can."""
    found: list[Read] = []
    parts: list[dict[str, Any]] = []
    rows = 0
    for each in sorted((table, *table.others), key=lambda one: one.place):
        behind, mine = len(parts), list[dict[str, Any]]()
        size, problem = 0, each.problem
        try:
            if rows > ALL_ROWS_MAX:
                problem = Problem(Code.TOO_MANY_ROWS, details={"max": ROWS_MAX})
            for number, (more, part) in enumerate(() if problem else packed(each.rows()), start=behind + 1):
                mine.append({"number": number, "data": part})
                size += more
        except UnreadableFileError as error:
            problem = error.problem
        if problem is None:
            parts += mine
            rows += size
        found.append(Read(Sheet(each.sheet[:CLIP], behind, 0 if problem else len(mine), size, problem), each.first))
    if all(read.sheet.problem for read in found):
        raise UnreadableFileError(next(read.sheet.problem for read in found if read.sheet.problem))
    return found, parts


def sheets_of(work: Import) -> list[Sheet]:
    """Return the sheets among which can be chosen, those too that cannot be read; none where there is but one."""
    return [Sheet.of(stored) for stored in work.about.get("list", ())]


def present(work: Import) -> int:
    """Return which of them is the list, from 0."""
    return int(work.about.get("at", 0))


def part_at(work: Import, cursor: int) -> int:
    """Return the number of the part that stands behind so many of the list; 0, which none has, behind the last."""
    sheets = sheets_of(work)
    if not sheets:
        return cursor + 1
    sheet = sheets[present(work)]
    return sheet.behind + cursor + 1 if cursor < sheet.parts else 0
