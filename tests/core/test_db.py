"""What the database takes and gives back, and the one door to a write; on both engines."""

import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, func, insert, select, text
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import Session

from app.community.models import Group, GroupKind, Person
from app.core.checks import first_line
from app.core.db import (
    NAMING,
    Translated,
    UtcDateTime,
    choice,
    each_once,
    planned_for_values,
    position,
    require_transaction,
    transaction,
)
from app.core.i18n import Texts
from app.events.models import City

on_sqlite = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("engine_url", ["postgresql"], indirect=True)


class Mood(StrEnum):
    GOOD = "good"


@pytest.fixture
def notes(db):
    """A table of our column types alone."""
    columns = [Column("at", UtcDateTime()), Column("words", Translated()), Column("mood", choice(Mood, "mood"))]
    table = Table("notes", MetaData(naming_convention=NAMING), Column("id", Integer, primary_key=True), *columns)
    with transaction() as session:
        table.create(session.connection())
    yield table
    db.rollback()
    with transaction() as session:
        table.drop(session.connection())


def put(table, **values):
    with transaction() as session:
        session.execute(insert(table).values(**values))


def cities(db):
    return db.scalars(select(City.slug).order_by(City.slug)).all()


def city(slug):
    return City(slug=slug, name=Texts(zh=slug))


@pytest.mark.parametrize(
    "at",
    [
        datetime(2019, 12, 14, 5, 0, 0, 1, tzinfo=UTC),
        datetime(2019, 12, 14, 13, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=8))),
        datetime(1970, 1, 1, tzinfo=timezone(-timedelta(hours=3, minutes=30))),
        datetime(9999, 1, 1, tzinfo=UTC),
    ],
)
def test_instant_comes_back_aware_and_exact(db, notes, at):
    put(notes, at=at)

    back = db.scalar(select(notes.c.at))

    assert back == at
    assert back.tzinfo is UTC


def test_instants_are_ordered_and_compared_as_instants(db, notes):
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    for minutes, zone in ((2, UTC), (1, timezone(timedelta(hours=8))), (3, timezone(-timedelta(hours=5)))):
        put(notes, at=(noon + timedelta(minutes=minutes, microseconds=minutes)).astimezone(zone))

    statement = select(notes.c.id).order_by(notes.c.at)

    assert db.scalars(statement).all() == [2, 1, 3]
    assert db.scalars(statement.where(notes.c.at > noon + timedelta(minutes=2))).all() == [1, 3]


def test_naive_instant_is_refused(db, notes):
    with pytest.raises(StatementError, match="every instant has a zone"):
        put(notes, at=datetime(2026, 1, 1))  # noqa: DTZ001 - that is the fault

    assert db.scalar(select(func.count()).select_from(notes)) == 0


@pytest.mark.parametrize(
    ("texts", "stored"),
    [
        (Texts(zh="聚会", en="Meetup"), '{"en": "Meetup", "zh": "聚会"}'),
        (Texts(en='"quoted" \\ \n 🎉'), '{"en": "\\"quoted\\" \\\\ \\n 🎉"}'),
        (Texts(), "{}"),
        (None, "{}"),
    ],
)
def test_texts_are_stored_as_readable_json_of_what_exists(db, notes, texts, stored):
    put(notes, words=texts)

    assert db.scalar(select(notes.c.words)) == (texts or Texts())
    assert db.scalar(text("SELECT CAST(words AS TEXT) FROM notes")) == stored


def test_choice_takes_only_its_words(db, notes):
    put(notes, mood=Mood.GOOD)
    with pytest.raises(IntegrityError, match="ck_notes_mood"), transaction() as session:
        session.execute(text("INSERT INTO notes (mood) VALUES ('bad')"))

    assert db.scalars(select(notes.c.mood)).all() == [Mood.GOOD]
    assert db.scalar(text("SELECT mood FROM notes")) == "good"


def test_transaction_is_kept_at_its_end(db):
    with transaction() as session:
        session.add(city("beijing"))
    db.rollback()

    assert cities(db) == ["beijing"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_transaction_with_an_error_leaves_nothing(db, error):
    def break_off():
        with transaction() as session:
            session.add(city("beijing"))
            session.flush()
            raise error

    with pytest.raises(error):
        break_off()

    assert cities(db) == []
    with transaction() as session:
        session.add(city("chengdu"))
    assert cities(db) == ["chengdu"]


def test_transaction_whose_commit_fails_leaves_nothing_and_the_next_one_works(db):
    with transaction() as session:
        session.add(city("beijing"))
    with pytest.raises(IntegrityError), transaction() as session:
        session.add_all([city("chengdu"), city("beijing")])

    with transaction() as session:
        session.add(city("shanghai"))
    assert cities(db) == ["beijing", "shanghai"]


def test_transaction_inside_a_transaction_is_refused(db):
    def nest():
        with transaction() as session:
            session.add(city("beijing"))
            with transaction():
                pass

    with pytest.raises(RuntimeError, match="inside a transaction"):
        nest()

    assert cities(db) == []


@pytest.mark.parametrize("what", ["new", "changed", "deleted"])
def test_transaction_refuses_what_was_changed_outside_of_it(db, what):
    with transaction() as session:
        session.add(city("beijing"))
    beijing = db.scalars(select(City)).one()
    if what == "new":
        db.add(city("chengdu"))
    elif what == "changed":
        beijing.name = Texts(zh="北京")
    else:
        db.delete(beijing)

    with pytest.raises(RuntimeError, match="changed outside of a transaction"), transaction():
        pass

    db.rollback()
    assert cities(db) == ["beijing"]


def test_transaction_sees_what_others_wrote_since_the_session_read(db, app):
    before = cities(db)

    def write():
        with app.app_context(), transaction() as session:
            session.add(city("beijing"))

    other = threading.Thread(target=write)
    other.start()
    other.join()
    with transaction():
        inside = cities(db)

    assert (before, inside) == ([], ["beijing"])


def test_objects_stay_usable_after_a_transaction(db):
    with transaction() as session:
        beijing = city("beijing")
        session.add(beijing)

    assert beijing.id is not None
    assert beijing.name == Texts(zh="beijing")


def test_require_transaction_gives_its_session_and_refuses_without_one(db):
    with transaction() as session:
        assert require_transaction() is session
    with pytest.raises(RuntimeError, match="inside a transaction"):
        require_transaction()


def try_to_write(path):
    """Tell whether somebody else can begin to write now, without waiting."""
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as other:
        try:
            other.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            assert str(error) == "database is locked"  # noqa: PT017 - both answers are expected
            return False
        return True


@on_sqlite
def test_transaction_has_the_right_to_write_from_its_beginning(app, db):
    path = db.get_bind().url.database
    db.scalar(select(func.count()).select_from(City))

    while_reading = try_to_write(path)
    with transaction():
        while_writing = try_to_write(path)
    afterwards = try_to_write(path)

    assert (while_reading, while_writing, afterwards) == (True, False, True)


@on_sqlite
def test_transactions_of_two_threads_wait_for_each_other(app, db):
    # Deferred transactions that both read first would end in "database is locked" at once, whatever the timeout.
    def count_up():
        with app.app_context():
            for _ in range(20):
                with transaction() as session:
                    number = session.scalar(select(func.count()).select_from(City))
                    session.add(city(f"city-{number}"))

    threads = [threading.Thread(target=count_up) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert db.scalar(select(func.count()).select_from(City)) == 60


@on_sqlite
def test_every_connection_to_sqlite_is_prepared(app, db):
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 20_000, "temp_store": 2}
    engine = db.get_bind()

    with engine.connect() as one, engine.connect() as two:
        found = [{name: c.exec_driver_sql(f"PRAGMA {name}").scalar() for name in wanted} for c in (one, two)]

    assert found == [wanted, wanted]


@on_postgresql
def test_every_connection_to_postgresql_has_its_limits(app, db):
    names = ("statement_timeout", "lock_timeout", "timezone", "default_transaction_isolation")

    found = {name: db.scalar(text(f"SHOW {name}")) for name in names}

    assert found == {
        "statement_timeout": "1min",
        "lock_timeout": "15s",
        "timezone": "UTC",
        "default_transaction_isolation": "read committed",
    }


def test_foreign_keys_are_kept(db):
    orphan = Group(slug="a", kind=GroupKind.SIG, name=Texts(zh="甲"), parent_id=4711, revised_at=datetime.now(UTC))
    with pytest.raises(IntegrityError), transaction() as session:
        session.add(orphan)

    assert db.scalar(select(func.count()).select_from(Group)) == 0


def test_error_of_the_database_does_not_repeat_what_was_typed(db):
    with transaction() as session:
        session.add(city("ada-example-org"))
    with pytest.raises(IntegrityError) as caught, transaction() as session:
        session.add(city("ada-example-org"))

    assert "ada-example-org" not in first_line(caught.value)
    assert "[SQL parameters hidden due to hide_parameters=True]" in str(caught.value)


@pytest.mark.parametrize(
    ("word", "place"),
    [("wang", 7), ("王", 1), ("小明", 3), ("%", 5), ("_", 0), ("WANG", 0), ("wang'", 0), ("王 小明%", 1)],
)
def test_position_takes_a_word_as_it_is(db, word, place):
    with transaction() as session:
        session.add(city("王 小明% wang"))

    assert db.scalar(select(position(City.slug, word))) == place


@pytest.mark.parametrize(("most", "found"), [(2, ["a", "b"]), (3, ["a", "b", "c"]), (9, ["a", "b", "c", None])])
def test_each_once_goes_no_further_than_it_is_told(db, most, found):
    with transaction() as session:
        session.add_all(
            Person(slug=f"{number}", name=Texts(zh="甲"), github=word, revised_at=datetime.now(UTC))
            for number, word in enumerate("ababcbd")
        )

    steps = each_once(Person.github, Person.github != "d", most=most)

    assert db.scalars(select(steps.c.value)).all() == found


@on_postgresql
def test_planning_for_values_ends_with_what_whoever_runs_the_server_has_set(engine_url):
    engine = create_engine(engine_url, connect_args={"options": "-c parallel_tuple_cost=0.5"})
    ways = text("SELECT current_setting('plan_cache_mode'), current_setting('parallel_tuple_cost')")

    with Session(engine) as session:
        with planned_for_values(session):
            inside = session.execute(ways).one()
        after = session.execute(ways).one()
    engine.dispose()

    assert (inside, after) == (("force_custom_plan", "0.01"), ("auto", "0.5"))
