"""The statements that the database is asked, their time, and the plan it would follow."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Engine, event

# What opens and closes a transaction asks the database for nothing; PostgreSQL's driver sends it by itself.
_FRAME: Final = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


@dataclass(slots=True)
class Asked:
    """One statement as the driver got it."""

    text: str
    parameters: Any
    many: bool
    began_at: float
    milliseconds: float = 0.0

    @property
    def short(self) -> str:
        return " ".join(self.text.split())[:160]


@contextmanager
def watched(engine: Engine) -> Iterator[list[Asked]]:
    """Collect what this engine is asked, except what frames a transaction."""
    asked: list[Asked] = []

    def before(_c: Connection, _cursor: object, text: str, parameters: Any, _context: object, many: bool) -> None:  # noqa: ANN401, FBT001 - SQLAlchemy's signature
        if not text.lstrip().upper().startswith(_FRAME):
            asked.append(Asked(text, parameters, many, time.perf_counter()))

    def after(_c: Connection, _cursor: object, text: str, _p: Any, _context: object, _many: bool) -> None:  # noqa: ANN401, FBT001 - SQLAlchemy's signature
        if asked and asked[-1].text == text:
            asked[-1].milliseconds = (time.perf_counter() - asked[-1].began_at) * 1000

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", before)
        event.remove(engine, "after_cursor_execute", after)


def plan(engine: Engine, asked: Asked) -> list[str]:
    """Return how the database would find what this statement asks, with its values."""
    prefix = "EXPLAIN QUERY PLAN " if engine.dialect.name == "sqlite" else "EXPLAIN "
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute(prefix + asked.text, asked.parameters)
        rows = cursor.fetchall()
        cursor.close()
        connection.rollback()
    finally:
        connection.close()
    return [str(row[-1]) for row in rows]
