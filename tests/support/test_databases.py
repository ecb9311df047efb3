"""Each test gets a database that is migrated and empty, on each engine."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, inspect, text

from tests.support import postgres


@pytest.mark.parametrize("nth", [1, 2])
def test_engine_url_is_migrated_and_empty_each_time(engine_url, nth):
    engine = create_engine(engine_url)

    with engine.begin() as connection:
        tables = set(inspect(connection).get_table_names()) - {"alembic_version"}
        version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        filled = {name for name in tables if connection.execute(text(f'SELECT 1 FROM "{name}" LIMIT 1')).first()}
        number = connection.execute(
            text("INSERT INTO tags (slug, name) VALUES ('left', '{}') RETURNING id")
        ).scalar_one()
    engine.dispose()

    assert version
    assert tables
    assert filled == set()
    assert number == 1


# One that failed or was killed must not spoil those after it.
ADD = "INSERT INTO tags (slug, name) VALUES ('left', '{}')"


@pytest.mark.parametrize("engine_url", ["postgresql"], indirect=True)
def test_transaction_left_open_is_named_and_ended(engine_url, postgres_database):
    address = engine_url.replace("+psycopg", "", 1)
    with psycopg.connect(address, autocommit=True) as other:
        other.execute(ADD)
    left = psycopg.connect(address)
    left.execute("UPDATE tags SET slug = 'changed'")

    with pytest.raises(AssertionError, match=r"left a transaction open.*UPDATE tags SET slug = 'changed'"):
        postgres_database.empty(patience=0.1)
    postgres_database.empty(patience=0.1)

    with pytest.raises(psycopg.OperationalError):
        left.execute("SELECT 1")
    with psycopg.connect(address) as other:
        assert other.execute("SELECT count(*) FROM tags").fetchone() == (0,)


@pytest.mark.parametrize("engine_url", ["postgresql"], indirect=True)
def test_what_one_test_made_large_and_analyzed_is_as_new_for_the_next(engine_url, postgres_database):
    about = (
        "SELECT reltuples, relpages, pg_relation_size(oid), (SELECT count(*) FROM pg_stats WHERE tablename = 'tags')"
        " FROM pg_class WHERE oid = 'tags'::regclass"
    )
    with psycopg.connect(engine_url.replace("+psycopg", "", 1), autocommit=True) as other:
        [before] = other.execute(about)
        other.execute("INSERT INTO tags (slug, name) SELECT 'tag-' || n, '{}' FROM generate_series(1, 5000) AS n")
        other.execute("ANALYZE tags")
        [between] = other.execute(about)

        postgres_database.empty()

        [after] = other.execute(about)
        assert between[0] == 5000
        assert between[2] > 65536 >= after[2]
        if other.info.server_version >= 18_00_00:
            assert before[3] == after[3] == 0
            assert after[0] <= 0
        assert other.execute(ADD + " RETURNING id").fetchone() == (1,)


def test_postgres_is_a_real_and_recent_server(postgres_database):
    with psycopg.connect(postgres.admin_url()) as connection:
        version = connection.info.server_version

    assert version >= 14_00_00


def test_durable_database_waits_for_the_disk(postgres_database):
    postgres.use_disk(durable=True)
    with psycopg.connect(postgres.admin_url()) as connection:
        waiting = connection.execute("SHOW synchronous_commit").fetchone()
    postgres.use_disk(durable=False)

    assert waiting == ("on",)


def test_postgres_keeper_ends_with_the_run(tmp_path):
    """A run killed with SIGKILL leaves no server behind."""
    script = """
import os, signal
from tests.support import postgres, run_folder
run_folder.create()
print(postgres.admin_url(), run_folder.path(), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    # Not as a part of the present run: neither on a server given to it, nor as one of its workers.
    ours = {"TEST_POSTGRES_URL", "PYTEST_XDIST_WORKER"}
    own = {name: value for name, value in os.environ.items() if name not in ours}

    ended = subprocess.run(
        [sys.executable, "-c", script], env=own, capture_output=True, text=True, check=False, timeout=60
    )
    address, folder = ended.stdout.split()
    deadline = time.monotonic() + 15
    while Path(folder).exists() and time.monotonic() < deadline:
        time.sleep(0.05)

    assert ended.returncode == -signal.SIGKILL
    assert not Path(folder).exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(address)


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_rows_in_no_order_come_back_to_front(db):
    for word in "abc":
        db.execute(text("INSERT INTO tags (slug, name) VALUES (:word, '{}')"), {"word": word})

    assert db.scalars(text("SELECT slug FROM tags")).all() == ["c", "b", "a"]
    assert db.scalars(text("SELECT slug FROM tags ORDER BY id")).all() == ["a", "b", "c"]
    db.rollback()
