"""Letters from before 0036: those about an event say which, all others stay as they are."""

import os

import flask_migrate
import pytest
from sqlalchemy import text

from app.core.clock import utc_now
from app.core.db import db as database
from app.core.db import transaction
from app.mail import outbox
from tests.support import postgres
from tests.support.databases import migrate
from tests.support.factories import sign_up_as


@pytest.fixture(params=["sqlite", "postgresql"])
def engine_url(request, tmp_path):
    """The address of a migrated database of this test's own, since its schema changes."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'juhui.sqlite3'}"
        migrate(url)
        yield url
        return
    url = postgres.create_database(f"juhui_topics_{os.getpid()}")
    migrate(url)
    yield url
    postgres.drop_database(url)


def test_letters_of_before_say_which_event_they_are_about(app, make_event):
    first, second = make_event(), make_event()
    ada, bob = sign_up_as(first, "ada"), sign_up_as(second, "bob")
    with transaction():
        for kind, ids in (("personal_feed", {"registration": ada.id, "feed": 1}), ("mine", {"link": 1})):
            outbox.queue(kind, key=kind, to_email=ada.email, language="en", ids=ids, now=utc_now())
        outbox.queue(
            "confirmed",
            key="gone",
            to_email="x@example.com",
            language="en",
            ids={"registration": 999},
            topic="event:999",
            now=utc_now(),
        )
    with transaction() as session:
        session.execute(text("UPDATE letters SET topic = ''"))
    expected = {
        f"confirmed:{ada.id}": f"event:{first.id}",
        f"confirmed:{bob.id}": f"event:{second.id}",
        "personal_feed": "",
        "mine": "",
        "gone": "",
    }
    database.session.remove()

    # To the version before it, whichever that is.
    flask_migrate.downgrade(revision="0036")
    flask_migrate.downgrade(revision="-1")
    flask_migrate.upgrade()

    with database.engine.connect() as connection:
        topics = dict(connection.execute(text("SELECT key, topic FROM letters")).all())
    assert topics == expected
