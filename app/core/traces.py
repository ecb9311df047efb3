"""Where an error came from, without what it says: for logs, which hold nothing that people typed.

The words of an error often quote what it choked on: `Key (email)=(ada@example.org) already exists`. The kind of the
error and the lines it passed are enough to find it; LOG_LEVEL=debug logs the words as well.
"""

import traceback
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from app.config import ROOT

_CHAIN_MAX: Final = 10
# Code that was installed beside ours: of each way through it, only the last step is shown.
_INSTALLED: Final = frozenset({"site-packages", "dist-packages"})


def trace(error: BaseException) -> str:
    """Return the error and those that led to it, the first one first: lines of code and kinds of error."""
    return "\n".join(line for each in reversed(list(_chain(error))) for line in _lines(each))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    for _ in range(_CHAIN_MAX):
        if error is None:
            return
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _lines(error: BaseException) -> Iterator[str]:
    for is_ours, frames in groupby(traceback.extract_tb(error.__traceback__), key=_is_ours):
        for frame in frames if is_ours else list(frames)[-1:]:
            path = Path(frame.filename)
            shown = path.relative_to(ROOT) if is_ours else Path(*path.parts[-3:])
            yield f"  {shown}:{frame.lineno} in {frame.name}: {frame.line}"
    kind = type(error)
    yield f"{kind.__module__}.{kind.__qualname__}{_harmless_words(error)}"


def _is_ours(frame: traceback.FrameSummary) -> bool:
    path = Path(frame.filename)
    return path.is_relative_to(ROOT) and not _INSTALLED & set(path.parts)


def _harmless_words(error: BaseException) -> str:
    """Return what an error says of machines: "database is locked", "No space left on device", a constraint's name."""
    if isinstance(error, SQLAlchemyError):
        return ""  # repeats the driver's error, which comes before it in the chain
    if isinstance(error, OSError):
        return f": {error.strerror}" if error.strerror else ""
    if any(kind.__name__ == "OperationalError" for kind in type(error).__mro__):
        return ": " + (str(error).splitlines() or [""])[0]
    if isinstance(error, NameError | AttributeError | ImportError):
        return f": {error}"  # names in our code
    state = getattr(error, "sqlstate", None)
    constraint = getattr(getattr(error, "diag", None), "constraint_name", None)
    return "".join(f" {word}" for word in (state, constraint) if isinstance(word, str))
