"""Empty, migrated databases: a SQLite file or a PostgreSQL database for each test; the migrations run once."""

import os
import shutil
import sqlite3
from pathlib import Path
from typing import Any, Final, Self, cast

import flask_migrate
import psycopg
from flask import Flask
from sqlalchemy import Engine, MetaData, QueuePool, create_engine, event

from app import create_app
from app.core.db import db
from tests.support import postgres, run_folder

_VERSION_TABLE = "alembic_version"


def migrate(url: str) -> None:
    """Bring the database at this address to the newest schema, by the migrations and by nothing else."""
    app = create_app(
        {"APP_ENV": "testing", "DATABASE_URL": url, "INSTANCE_PATH": str(run_folder.path()), "DUTIES": "off"}
    )
    with app.app_context():
        flask_migrate.upgrade()
        db.session.remove()
        db.engine.dispose()


def new_sqlite(folder: Path) -> str:
    """Return the address of a fresh migrated SQLite file in this folder, in place of one that is there."""
    copy = folder / "juhui.sqlite3"
    for part in ("", "-wal", "-shm", "-journal"):
        Path(f"{copy}{part}").unlink(missing_ok=True)
    shutil.copyfile(_sqlite_template(), copy)
    return f"sqlite:///{copy}"


def _sqlite_template() -> Path:
    template = run_folder.path() / "template.sqlite3"
    with run_folder.lock("template.sqlite3"):
        if not template.exists():
            growing = template.with_suffix(".growing")
            migrate(f"sqlite:///{growing}")
            growing.rename(template)
    return template


def _reverse_what_is_unordered(connection: sqlite3.Connection, _record: object) -> None:
    """Give rows back to front where nobody asked for an order; PostgreSQL may do so on any day."""
    connection.execute("PRAGMA reverse_unordered_selects=ON")


class SharedEngines:
    """One engine an address, for all the applications that a worker makes one after the other.

    An engine keeps the SQL it has compiled, and compiling is half of what a short test does. To PostgreSQL it keeps its
    connections too, rolled back, while all have been given back: a new one has every table to learn.
    """

    def __init__(self) -> None:
        self._engines: dict[str, Engine] = {}

    def give(self, app: Flask) -> None:
        """Let this application use the engine that an earlier one had for the same address."""
        with app.app_context():
            # Flask-SQLAlchemy keeps them in a dict, and says only Mapping.
            own = cast("dict[str | None, Engine]", db.engines)
            address = app.config["SQLALCHEMY_DATABASE_URI"]
            if address not in self._engines and own[None].dialect.name == "sqlite":
                event.listen(own[None], "connect", _reverse_what_is_unordered)
            own[None] = self._engines.setdefault(address, own[None])

    def close(self) -> None:
        """Close every connection."""
        for engine in self._engines.values():
            engine.dispose()

    @staticmethod
    def take_back(app: Flask) -> None:
        """Close the connections that the next test must not have."""
        with app.app_context():
            db.session.remove()
            for engine in db.engines.values():
                if engine.dialect.name != "postgresql" or cast("QueuePool", engine.pool).checkedout():
                    engine.dispose()


class PostgresDatabase:
    """The PostgreSQL database of one worker process, emptied after each test.

    Emptying asks each table whether it holds a row, and deletes only where one does: 2 ms instead of 20 for 25 tables
    truncated, and of 47 for 60 tables and their sequences without asking.
    """

    def __init__(self) -> None:
        worker = os.environ.get("PYTEST_XDIST_WORKER", "gw")
        self.url = postgres.create_database(f"{_prefix()}_{worker}", template=_postgres_template())
        self._address = self.url.replace("+psycopg", "", 1)
        self._function = _function_that_empties(self.url)
        self._connection: psycopg.Connection[tuple[Any, ...]] | None = None
        self._is_empty = True

    def __enter__(self) -> Self:
        """Hand over the database."""
        return self

    def __exit__(self, *_: object) -> None:
        """Delete the database."""
        if self._connection is not None:
            self._connection.close()
        postgres.drop_database(self.url)

    def begin(self) -> None:
        """Make sure that nothing is in it, even after a test whose rows could not be deleted."""
        if not self._is_empty:
            self.empty()
        self._is_empty = False

    def empty(self, *, patience: float = 15) -> None:
        """Delete every row, start every sequence again, forget what the planner was told.

        Raises AssertionError with what was said last in a transaction that was still open after `patience` seconds,
        having ended it.
        """
        connection = self._connected()
        left = [query for (query,) in connection.execute("SELECT * FROM pg_temp.left_open(%s)", [patience])]
        (grown,) = connection.execute("SELECT pg_temp.empty()").fetchone() or ([],)
        for table in grown:
            # Nobody else does it here (autovacuum is off), and rows that are gone still take time to be passed over.
            connection.execute(f'VACUUM "{table}"'.encode())
        self._is_empty = True
        assert left == [], f"The test left a transaction open. Said in it last: {left}"

    def _connected(self) -> psycopg.Connection[tuple[Any, ...]]:
        """Return the connection that empties: kept from test to test, since a new one is slow to learn the tables."""
        if self._connection is None or self._connection.closed:
            # What cannot be had for this long is held by a test that did not end well.
            options = "-c lock_timeout=5s -c client_min_messages=warning"
            self._connection = psycopg.connect(self._address, options=options, autocommit=True)
            self._connection.execute(_FUNCTION_THAT_FINDS.encode())
            self._connection.execute(self._function.encode())
        return self._connection


def remove_leftovers() -> None:
    """Delete the template from a server that outlives the run; our own server goes as a whole."""
    mark = run_folder.path() / "postgres.template"
    if mark.exists() and "TEST_POSTGRES_URL" in os.environ:
        postgres.drop_database(mark.read_text())


def _prefix() -> str:
    # The random part of the folder's name: two runs on one server do not meet.
    return f"juhui_test_{run_folder.path().name.rpartition('-')[2]}".lower()


def _postgres_template() -> str:
    name = f"{_prefix()}_template"
    mark = run_folder.path() / "postgres.template"
    with run_folder.lock("postgres.template"):
        if not mark.exists():
            url = postgres.create_database(name)
            migrate(url)
            mark.write_text(url)
    return name


# Who has written or locked a row and has not ended it. Processes that were killed are given time to be missed.
_FUNCTION_THAT_FINDS: Final = """
CREATE FUNCTION pg_temp.left_open(seconds float) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE patience int := ceil(seconds * 100);
BEGIN
  WHILE EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND backend_xid IS NOT NULL
                AND pid <> pg_backend_pid()) LOOP
    patience := patience - 1;
    IF patience < 0 THEN
      -- OFFSET 0: first who it is, then their end.
      RETURN QUERY SELECT query FROM (
        SELECT pid, query FROM pg_stat_activity WHERE datname = current_database()
        AND backend_xid IS NOT NULL AND pid <> pg_backend_pid() OFFSET 0
      ) AS unfinished WHERE pg_terminate_backend(pid, 5000);
      RETURN;
    END IF;
    PERFORM pg_sleep(0.01);
    PERFORM pg_stat_clear_snapshot();
  END LOOP;
END $$
"""
_FUNCTION_THAT_EMPTIES: Final = """
CREATE FUNCTION pg_temp.empty() RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE grown text[] := '{{}}';
BEGIN
  {deletions}
  PERFORM setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
    FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL;
  {forgetting}
  RETURN grown;
END $$
"""
_DELETION: Final = """
  IF EXISTS (SELECT FROM "{table}") THEN
    DELETE FROM "{table}";
    IF pg_relation_size('"{table}"') > 65536 THEN grown := array_append(grown, '{table}'); END IF;
  END IF;
"""
# What one test let ANALYZE find out is not for the next. PostgreSQL can forget since 18.
_FORGETTING: Final = """
  IF EXISTS (SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace AND reltuples > 0) THEN
    PERFORM pg_clear_attribute_stats(schemaname, tablename, attname, inherited)
      FROM pg_stats WHERE schemaname = 'public';
    PERFORM pg_clear_relation_stats('public', relname) FROM pg_class
      WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i') AND reltuples > 0;
  END IF;
"""


def _function_that_empties(url: str) -> str:
    engine = create_engine(url)
    schema = MetaData()
    with engine.connect() as connection:
        schema.reflect(connection)
        tables = [table.name for table in reversed(schema.sorted_tables) if table.name != _VERSION_TABLE]
        filled = [t for t in tables if connection.exec_driver_sql(f'SELECT 1 FROM "{t}" LIMIT 1').first()]
        can_forget = connection.exec_driver_sql("SELECT to_regproc('pg_clear_relation_stats')").scalar() is not None
    engine.dispose()
    if filled:
        message = f"A migration writes rows into {filled}: emptying would lose them; copy the template for each test."
        raise RuntimeError(message)
    deletions = "".join(_DELETION.format(table=table) for table in tables)
    return _FUNCTION_THAT_EMPTIES.format(deletions=deletions, forgetting=_FORGETTING if can_forget else "")
