"""A trace tells where an error came from and which kind it is, and nothing that people typed."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.core.db import transaction
from app.core.i18n import Texts
from app.core.traces import trace
from app.events.models import City

TYPED = "ada@example.org"


def caught(action):
    try:
        action()
    except Exception as error:  # noqa: BLE001 - whatever it is
        return error
    raise AssertionError


def read_number(words):
    try:
        return int(words)
    except ValueError as error:
        message = f"{words} is no number"
        raise RuntimeError(message) from error


def test_trace_names_each_error_of_the_chain_and_its_lines():
    lines = trace(caught(lambda: read_number(TYPED))).splitlines()

    assert [line for line in lines if not line.startswith("  ")] == ["builtins.ValueError", "builtins.RuntimeError"]
    assert lines[0].startswith("  tests/core/test_traces.py:")
    assert lines[0].endswith(" in read_number: return int(words)")


def test_trace_does_not_say_what_was_typed():
    assert TYPED not in trace(caught(lambda: read_number(TYPED)))


def test_trace_shows_installed_code_by_its_last_step():
    lines = trace(caught(lambda: Texts.of(select(City))))  # a regular expression over something else

    assert "builtins.TypeError" in lines


def test_trace_of_a_broken_constraint_names_it_but_not_its_values(db):
    def twice():
        with transaction() as session:
            session.add_all([City(slug=TYPED, name=Texts()), City(slug=TYPED, name=Texts())])

    error = caught(twice)

    assert isinstance(error, IntegrityError)
    assert TYPED in str(error.orig) or db.get_bind().dialect.name == "sqlite"
    assert TYPED not in trace(error)
    assert "sqlalchemy.exc.IntegrityError" in trace(error)
    if db.get_bind().dialect.name == "postgresql":
        assert "psycopg.errors.UniqueViolation 23505 uq_cities_slug" in trace(error)


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_trace_says_what_ails_the_database(db):
    error = caught(lambda: db.execute(text("SELECT * FROM nowhere")))

    assert isinstance(error, DBAPIError)
    assert "sqlite3.OperationalError: no such table: nowhere" in trace(error).splitlines()


def test_trace_says_what_ails_the_machine_but_not_which_file(tmp_path):
    assert trace(caught((tmp_path / TYPED).read_text)).splitlines()[-1] == (
        "builtins.FileNotFoundError: No such file or directory"
    )


def test_trace_of_errors_that_cause_each_other_ends():
    one, other = ValueError(), TypeError()
    one.__cause__, other.__cause__ = other, one

    assert len(trace(one).splitlines()) == 10
