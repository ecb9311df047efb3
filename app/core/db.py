"""The database: base model, column types that refuse what must not be stored, and the one door to a write.

Two engines, one behaviour. SQLite: WAL, synchronous=FULL (a commit survives a power cut), foreign keys on,
writes start IMMEDIATE. PostgreSQL: READ COMMITTED, with time limits on statements and locks.
"""

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    CTE,
    JSON,
    ColumnElement,
    Connection,
    DateTime,
    Dialect,
    Enum,
    Integer,
    MetaData,
    Select,
    String,
    column,
    event,
    func,
    literal,
    select,
    text,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Engine
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

from app.core.i18n import Texts

NAMING: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
SQLITE_BUSY_MS: Final = 20_000
POSTGRES_OPTIONS: Final = "-c statement_timeout=60000 -c lock_timeout=15000 -c timezone=UTC"
_WRITE: Final = "juhui_write"

# JSONB where there is one: it can be indexed later, and compares by value.
Json = JSON().with_variant(JSONB(), "postgresql")
# Where there may be nothing: None is NULL, and not the word null.
OptionalJson = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class Model(DeclarativeBase):
    """Base of every table; constraints are named by convention so that migrations can speak of them."""

    metadata = MetaData(naming_convention=NAMING)


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: aware on the way in (naive is refused), aware UTC on the way out, microseconds kept."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive value; SQLite, which knows no zone, gets naive UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = f"naive datetime {value!r}: every instant has a zone"
            raise ValueError(message)
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - signature of the base
        """Give back aware UTC from both engines."""
        if value is None:
            return None
        if value.tzinfo is None:
            # Says the same as value.replace(tzinfo=UTC) in a seventh of the time, which a long list notices.
            return datetime.combine(value, value.time(), UTC)
        return value.astimezone(UTC)


class Translated(TypeDecorator[Texts]):
    """A `Texts` stored as a JSON object of the languages it exists in; never NULL, empty is `{}`."""

    impl = Json
    cache_ok = True

    def process_bind_param(self, value: Texts | None, dialect: Dialect) -> dict[str, str]:  # noqa: ARG002 - signature of the base
        """Store only what exists."""
        return value.as_dict() if value else {}

    def process_result_value(self, value: dict[str, str] | None, dialect: Dialect) -> Texts:  # noqa: ARG002 - signature of the base
        """Give back a `Texts`, empty when nothing is stored."""
        return Texts(**value) if value else Texts()


def choice(kind: type[StrEnum], name: str) -> Enum:
    """Return a column type for a closed set of words: text in the database, with a CHECK of that name."""
    return Enum(
        kind,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=32,
        values_callable=lambda members: [member.value for member in members],
    )


db = SQLAlchemy(model_class=Model, session_options={"expire_on_commit": False})


def engine_options(url: str) -> dict[str, Any]:
    """Return what create_engine needs for this engine; pool waits end in an error after twenty seconds."""
    options: dict[str, Any] = {
        "json_serializer": lambda value: json.dumps(value, ensure_ascii=False, sort_keys=True),
        # What people typed has no place in the words of an error, which end up in logs.
        "hide_parameters": True,
        "pool_size": 10,
        "max_overflow": 10,
        "pool_timeout": 20,
    }
    if url.startswith("sqlite"):
        options["connect_args"] = {"timeout": SQLITE_BUSY_MS / 1000, "check_same_thread": False}
    else:
        options["pool_pre_ping"] = True
        options["connect_args"] = {"options": POSTGRES_OPTIONS, "connect_timeout": 10}
    return options


class position(FunctionElement[int]):  # noqa: N801 - reads as a function in a statement, like SQLAlchemy's own
    """Where a word begins in a text, from 1; 0 where it is not in it: `position(Person.name, word) > 0`.

    By the characters as they are, without wildcards; to PostgreSQL it is a third cheaper than LIKE, and to SQLite where
    the word is Chinese.
    """

    type = Integer()
    inherit_cache = True

    def __init__(self, column: ColumnElement[str] | InstrumentedAttribute[str], word: str) -> None:
        super().__init__(column, literal(word))


@compiles(position, "sqlite")
def _instr(element: position, compiler: SQLCompiler, **given: object) -> str:
    return f"instr({compiler.process(element.clauses, **given)})"


@compiles(position, "postgresql")
def _strpos(element: position, compiler: SQLCompiler, **given: object) -> str:
    return f"strpos({compiler.process(element.clauses, **given)})"


def listed(session: Session, values: Iterable[str]) -> Select[tuple[str]]:
    """Return what selects these values, to be used with `in_`: one parameter however many they are.

    PostgreSQL joins with it by an index or a hash. With a long list of parameters it compares each row with each of
    them once it has kept a plan for the statement.
    """
    unpack = func.json_each if session.get_bind().dialect.name == "sqlite" else func.jsonb_array_elements_text
    return select(unpack(type_coerce(list(values), Json)).table_valued(column("value", String), name="listed").c.value)


def each_once(column: InstrumentedAttribute[str], here: ColumnElement[bool], *, most: int) -> CTE:
    """Return a table of the first values of a column, each once, in its one column `value`; the last may be NULL.

    Made by stepping from one to the next through the column's index: DISTINCT would read an entry for each of a hundred
    thousand rows to tell five values.
    """
    first = select(func.min(column).label("value"), literal(1).label("number")).where(here)
    steps = first.cte("steps", recursive=True)
    following = select(func.min(column)).where(here, column > steps.c.value).correlate(steps).scalar_subquery()
    more = select(following, steps.c.number + 1).where(steps.c.value.is_not(None), steps.c.number < most)
    return steps.union_all(more)


# Until the transaction ends. What a row costs that one process hands to another is what keeps PostgreSQL from looking
# through a hundred thousand with all processors, as it should where somebody waits.
_PLAN: Final = text(
    "SELECT set_config('plan_cache_mode', CAST(:way AS text), true),"
    " set_config('parallel_tuple_cost', CAST(:cost AS text), true)"
)


@contextmanager
def planned_for_values(session: Session) -> Iterator[None]:
    """Have what is asked inside planned for the values it comes with.

    PostgreSQL keeps one plan for all values of a statement that was asked five times. Where one value is everybody's
    and another nobody's, as with answers, that one plan may take seconds. SQLite plans without the values anyway.
    """
    if session.get_bind().dialect.name != "postgresql":
        yield
        return
    session.execute(_PLAN, {"way": "force_custom_plan", "cost": "0.01"})
    yield
    # NULL is what whoever runs the server has set. An error ends the transaction, and this with it.
    session.execute(_PLAN, {"way": None, "cost": None})


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: object, _record: object) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    # We say BEGIN ourselves (below); the driver must not say it for us.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={SQLITE_BUSY_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "temp_store=MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    # A deferred transaction that turns to writing late fails at once with SQLITE_BUSY_SNAPSHOT, whatever
    # the timeout; one that is IMMEDIATE from the start waits its turn.
    write = connection.get_execution_options().get(_WRITE)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


# SQLite lets writers wait by looking again after growing pauses, and whoever came last may be first. So one thread of
# a process waits there and the others here: the slowest of a hundred sign-ups in a rush took three times as long.
_sqlite_line = threading.Lock()


@contextmanager
def transaction() -> Iterator[Session]:
    """Open the one transaction of an action; commit at the end, roll back on any error.

    Opened in services only, never inside another one. Objects read before stay usable; what decides must
    be written or read again inside.
    """
    session: Session = db.session()
    if session.info.get("writing"):
        message = "a transaction inside a transaction: the inner service must take part in the outer one"
        raise RuntimeError(message)
    if session.new or session.dirty or session.deleted:
        message = "something was changed outside of a transaction"
        raise RuntimeError(message)
    session.commit()  # ends the reading snapshot: the write must see the newest rows
    session.info["writing"] = True
    try:
        with _sqlite_line if session.get_bind().dialect.name == "sqlite" else nullcontext():
            session.connection(execution_options={_WRITE: True})
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info["writing"] = False


def require_transaction() -> Session:
    """Return the session of the open transaction; a programming error when there is none."""
    session: Session = db.session()
    if not session.info.get("writing"):
        message = "this must be called inside a transaction"
        raise RuntimeError(message)
    return session
