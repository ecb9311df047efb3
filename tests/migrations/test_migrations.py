"""The schema goes up, down, up, and is what the models say; what is in the database survives. On both engines."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
from sqlalchemy import Enum, Inspector, String, inspect, text
from sqlalchemy.exc import IntegrityError

from app.config import ROOT
from app.core import foundations
from app.core.clock import utc_now
from app.core.db import Model
from app.core.db import db as database
from app.exchange.load import load
from tests.support import postgres
from tests.support.factories import sign_up_as

VERSION_TABLE = "alembic_version"


@pytest.fixture(params=["sqlite", "postgresql"])
def engine_url(request, tmp_path):
    """The address of a database of this test's own, with nothing in it."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'juhui.sqlite3'}"
        return
    url = postgres.create_database(f"juhui_migrations_{os.getpid()}_{tmp_path.name[-20:]}".lower())
    yield url
    postgres.drop_database(url)


def newest() -> str | None:
    """Return the version that nothing follows; numbers need not be in the order of the chain."""
    return foundations.newest_schema(str(ROOT / "migrations"))


def described(inspector: Inspector) -> dict[str, Any]:
    """Return all that the engine knows of the schema, in a form that can be compared."""
    tables = {}
    for table in sorted(set(inspector.get_table_names()) - {VERSION_TABLE}):
        tables[table] = {
            "columns": {
                c["name"]: (str(c["type"]), c["nullable"], str(c.get("default"))) for c in inspector.get_columns(table)
            },
            "primary key": inspector.get_pk_constraint(table),
            "foreign keys": in_order(inspector.get_foreign_keys(table)),
            "unique": in_order(inspector.get_unique_constraints(table)),
            "indexes": in_order(inspector.get_indexes(table)),
            "checks": {c["name"]: " ".join(c["sqltext"].split()) for c in inspector.get_check_constraints(table)},
        }
    return tables


def in_order(constraints):
    return sorted(json.dumps(constraint, sort_keys=True, default=str) for constraint in constraints)


def schema():
    database.session.rollback()
    return described(inspect(database.engine))


def contents():
    """Return every row of every table."""
    with database.engine.connect() as connection:
        return {
            table.name: sorted(repr(tuple(row)) for row in connection.execute(text(f'SELECT * FROM "{table.name}"')))
            for table in Model.metadata.sorted_tables
        }


@pytest.fixture
def filled(app, make_event):
    """The database with the demo community and people who signed up; its contents."""
    flask_migrate.upgrade()
    load([ROOT / "app" / "demo"], now=utc_now())
    event = make_event("full", capacity=1, questions=[{}])
    for name in ("ada", "bob"):
        sign_up_as(event, name)
    database.session.rollback()
    rows = contents()
    assert sum(len(table) for table in rows.values()) > 500
    return rows


def test_schema_goes_up_down_and_up_again(app):
    flask_migrate.upgrade()
    first = schema()
    flask_migrate.downgrade(revision="base")
    nothing = schema()
    flask_migrate.upgrade()
    second = schema()

    assert nothing == {}
    assert set(first) == set(Model.metadata.tables)
    assert second == first


def test_schema_goes_down_and_up_one_step_at_a_time(app):
    flask_migrate.upgrade()
    versions = len(foundations.schema_versions())

    seen = [schema()]
    for _ in range(versions):
        flask_migrate.downgrade()
        seen.append(schema())
    for step in reversed(seen[:-1]):
        flask_migrate.upgrade(revision="+1")
        assert schema() == step


def test_going_down_leaves_nothing_but_the_mark_of_the_version(app):
    flask_migrate.upgrade()
    flask_migrate.downgrade(revision="base")

    assert inspect(database.engine).get_table_names() == [VERSION_TABLE]
    if database.engine.dialect.name == "postgresql":
        with database.engine.connect() as connection:
            left = connection.execute(
                text(
                    "SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = 'public'"
                    " UNION SELECT typname FROM pg_type JOIN pg_namespace n ON n.oid = typnamespace"
                    " WHERE nspname = 'public' AND typtype = 'e'"
                )
            )
            assert {name for (name,) in left} == {VERSION_TABLE, f"{VERSION_TABLE}_pkc"}


def test_models_equal_migrations(app):
    flask_migrate.upgrade()

    flask_migrate.check()  # raises SystemExit with what a new migration would change


def test_schema_of_the_migrations_is_the_one_of_the_models_to_the_last_check(app):
    # Alembic compares no CHECK; and on SQLite a table that a migration rebuilds in batch mode loses its own, unless
    # they are passed on as `table_args`. One of them keeps an event from being oversold.
    flask_migrate.upgrade()
    migrated = schema()
    flask_migrate.downgrade(revision="base")
    Model.metadata.create_all(database.engine)

    created = schema()

    assert migrated == created
    assert sum(len(table["checks"]) for table in created.values()) > 20


def test_preparing_a_database_that_is_up_to_date_changes_nothing(filled):
    changed = foundations.prepare()

    assert not changed
    assert contents() == filled


def a_migration_that_rebuilds_every_table(folder: Path) -> None:
    """Write the next migration: it changes the type of a column of each table, which SQLite does by a new table."""
    shutil.copytree(ROOT / "migrations", folder, ignore=shutil.ignore_patterns("__pycache__"))
    changes = []
    for table in Model.metadata.sorted_tables:
        texts = [c for c in table.columns if type(c.type) is String and not isinstance(c.type, Enum)]
        changes += [(table.name, c.name, c.type.length, c.nullable) for c in texts[:1]]
    (folder / "versions" / "9999_rebuild.py").write_text(
        "import sqlalchemy as sa\n"
        "from alembic import op\n"
        "revision, down_revision, branch_labels, depends_on = '9999', "
        f"{newest()!r}, None, None\n"
        f"CHANGES = {changes!r}\n"
        "def change(old, new):\n"
        "    for table, column, length, nullable in CHANGES:\n"
        "        types = {'short': sa.String(length), 'long': sa.Text()}\n"
        "        with op.batch_alter_table(table) as batch:\n"
        "            batch.alter_column(\n"
        "                column, existing_type=types[old], type_=types[new], existing_nullable=nullable\n"
        "            )\n"
        "def upgrade():\n"
        "    change('short', 'long')\n"
        "def downgrade():\n"
        "    change('long', 'short')\n"
    )


def test_data_survives_a_migration_that_rebuilds_every_table(filled, tmp_path):
    # SQLite drops the old table once the new one is filled: with foreign keys on, that would delete what hangs on it.
    folder = tmp_path / "migrations"
    a_migration_that_rebuilds_every_table(folder)

    flask_migrate.upgrade(directory=str(folder))
    up = contents()
    flask_migrate.downgrade(directory=str(folder))
    down = contents()

    assert up == filled
    assert down == filled
    if database.engine.dialect.name == "sqlite":
        with database.engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_migration_that_fails_half_way_leaves_the_database_as_it_was(filled, tmp_path):
    folder = tmp_path / "migrations"
    a_migration_that_rebuilds_every_table(folder)
    script = folder / "versions" / "9999_rebuild.py"
    script.write_text(
        script.read_text() + "    # …\ndef upgrade():\n    change('short', 'long')\n    raise LookupError\n"
    )
    before = schema()

    with pytest.raises(LookupError):
        flask_migrate.upgrade(directory=str(folder))

    assert foundations.present_schema() == newest()
    assert schema() == before
    assert contents() == filled


def test_migration_that_leaves_orphans_is_undone(filled, tmp_path):
    folder = tmp_path / "migrations"
    a_migration_that_rebuilds_every_table(folder)
    script = folder / "versions" / "9999_rebuild.py"
    script.write_text(script.read_text() + "def upgrade():\n    op.execute('DELETE FROM people')\n")

    with pytest.raises((ValueError, IntegrityError)):
        flask_migrate.upgrade(directory=str(folder))

    assert contents() == filled


def test_processes_that_prepare_at_once_make_one_schema(engine_url, tmp_path):
    environment = {
        "PATH": os.environ["PATH"],
        "APP_ENV": "testing",
        "DATABASE_URL": engine_url,
        "INSTANCE_PATH": str(tmp_path / "instance"),
        "SECRET_KEY": "a key for the tests, long enough for one",
    }
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "prepare"]

    started = [
        subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        for _ in range(2)
    ]
    said = [process.communicate(timeout=60)[0] for process in started]

    assert [process.returncode for process in started] == [0, 0], said
