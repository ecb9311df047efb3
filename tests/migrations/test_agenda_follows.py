"""Agendas from before 0008: an item that began where the one before it ended follows it from then on."""

import os
from datetime import UTC, datetime, timedelta

import flask_migrate
import pytest
from sqlalchemy import text

from app.core.db import db as database
from tests.support import postgres
from tests.support.databases import migrate
from tests.support.people import add_session

START = datetime(2026, 12, 19, 5, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine_url(request, tmp_path):
    """The address of a migrated database of this test's own, since its schema changes."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'juhui.sqlite3'}"
        migrate(url)
        yield url
        return
    url = postgres.create_database(f"juhui_follows_{os.getpid()}")
    migrate(url)
    yield url
    postgres.drop_database(url)


def test_items_that_began_where_the_one_before_ended_follow(app, make_event):
    times = [(0, 30), (30, 60), (70, 80), (80, None), (80, 90), (90, 95), (None, None)]
    event = make_event("meetup", starts_at=START)
    day = make_event("day", starts_at=START, is_all_day=True)
    for each in (event, day):
        for place, (begin, end) in enumerate(times):
            values = {"starts_at": begin, "ends_at": end}
            add_session(
                each,
                str(place),
                **{key: START + timedelta(minutes=value) for key, value in values.items() if value is not None},
            )
    database.session.remove()

    flask_migrate.downgrade(revision="0003")
    flask_migrate.upgrade(revision="0008")

    with database.engine.connect() as connection:
        rows = connection.execute(text("SELECT follows FROM sessions ORDER BY event_id, position")).scalars().all()
    expected = [True, True, False, False, False, True, False]
    assert [bool(row) for row in rows] == [*expected, False, *expected[1:]]
