"""What is wrong in a file, and where."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from app.core.errors import BadInputError

# The way to a value in a file: keys of mappings, and numbers of list items counted from 0.
Path = tuple[str | int, ...]

ROOT: Final[Path] = ()


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One thing to correct: file, line (from 1; 0 when the file itself is meant), field, and a sentence."""

    file: str
    line: int
    field: str
    sentence: str

    def __str__(self) -> str:
        """Write it the way compilers do, so that editors can jump to it."""
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.field}: {self.sentence}" if self.field else f"{where}: {self.sentence}"


class FileMistakesError(BadInputError):
    """Files that cannot be loaded; `mistakes` are all of them, in the order of files and lines."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        """Sort what was found, each mistake once."""
        self.mistakes = sorted(set(mistakes))
        super().__init__("\n".join(map(str, self.mistakes)))


def field_name(path: Path) -> str:
    """Return a path as people write it: `events[3].agenda[0].title`, counted from 0."""
    name = ""
    for part in path:
        name += f"[{part}]" if isinstance(part, int) else f".{part}" if name else part
    return name
