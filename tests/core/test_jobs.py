"""Duties run again and again, whatever happens to one of them."""

import logging
import threading
import time

import pytest
from sqlalchemy import select, text

from app.core.db import db as database
from app.core.db import transaction
from app.core.i18n import Texts
from app.core.jobs import DutyThread, register, run_all
from app.events.models import City

any_database = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)


@pytest.fixture
def app(make_app):
    """An application that has no duties of its own."""
    app = make_app(DUTY_PAUSE=0.05)
    app.extensions["duties"] = []
    with app.app_context():
        yield app


class Counter:
    """A duty that counts its calls, and lets a test wait for them."""

    def __init__(self, *, done=0, error=None):
        self.calls = 0
        self._done = done
        self._error = error
        self._called = threading.Condition()

    def __call__(self, now):
        assert now.tzinfo is not None
        with self._called:
            self.calls += 1
            self._called.notify_all()
        if self._error:
            raise self._error
        return self._done

    def wait_for(self, calls, seconds=60):
        with self._called:
            return self._called.wait_for(lambda: self.calls >= calls, seconds)


@pytest.fixture
def running(app):
    """Make the duties' thread with this pause in seconds; stopped in any case."""
    made = []

    def make(pause=0.05):
        app.config["DUTY_PAUSE"] = pause
        made.append(DutyThread(app))
        return made[0]

    yield make

    for thread in made:
        thread.stop()


@any_database
def test_round_says_how_much_was_done(app):
    register(app, "one", lambda _now: 1)
    register(app, "two", lambda _now: 2)

    assert run_all(app) == 3


def test_failing_duty_stops_no_other_and_leaves_nothing_behind(app, db, caplog):
    def breaks_off(_now):
        with transaction() as session:
            session.add(City(slug="half", name=Texts(zh="一半")))
            session.flush()
            session.execute(text("SELECT * FROM nowhere"))
        return 1

    def works(_now):
        with transaction() as session:
            session.add(City(slug="whole", name=Texts(zh="全部")))
        return 1

    register(app, "break off", breaks_off)
    register(app, "work", works)

    done = run_all(app)

    assert done == 1
    assert db.scalars(select(City.slug)).all() == ["whole"]
    assert [record.message.splitlines()[0] for record in caplog.records] == ["duty break off failed"]


@any_database
def test_failing_duty_is_logged_without_what_people_typed(app, caplog):
    register(app, "deliver", Counter(error=ValueError("ada@example.org has no mailbox")))

    with caplog.at_level(logging.INFO, logger="app"):
        run_all(app)

    assert "duty deliver failed" in caplog.text
    assert "builtins.ValueError" in caplog.text
    assert "ada@example.org" not in caplog.text


@any_database
def test_each_duty_has_a_session_of_its_own(app):
    seen = []

    def leaves_unsaved(_now):
        database.session.add(City(slug="unsaved", name=Texts()))
        return 0

    def looks(_now):
        seen.append(list(database.session.new))
        return 0

    register(app, "leave unsaved", leaves_unsaved)
    register(app, "look", looks)

    run_all(app)

    assert seen == [[]]


@any_database
def test_thread_runs_duties_until_it_is_told_to_stop(app, running):
    duty = Counter()
    register(app, "count", duty)

    thread = running()
    thread.start()
    assert duty.wait_for(3)
    thread.stop()
    after = duty.calls
    time.sleep(0.2)

    assert duty.calls == after
    assert not thread._thread.is_alive()


@any_database
def test_thread_goes_on_after_anything_a_duty_does(app, running):
    duty = Counter()
    register(app, "break", Counter(error=RuntimeError("broken")))
    register(app, "count", duty)

    running().start()

    assert duty.wait_for(3)


@any_database
def test_thread_looks_again_at_once_while_there_is_something_to_do(app, running):
    duty = Counter(done=1)
    register(app, "count", duty)

    running(pause=60).start()

    assert duty.wait_for(20)


@any_database
def test_thread_that_is_woken_does_not_wait_for_its_pause(app, running):
    duty = Counter()
    register(app, "count", duty)
    thread = running(pause=60)
    thread.start()
    assert duty.wait_for(1)

    thread.wake()

    assert duty.wait_for(2)


@any_database
def test_thread_that_is_woken_during_a_round_makes_another(app, running):
    duty = Counter()
    thread = running(pause=60)

    def queued_meanwhile(_now):
        if duty.calls == 0:
            thread.wake()
        return 0

    register(app, "queue", queued_meanwhile)
    register(app, "count", duty)
    thread.start()

    assert duty.wait_for(2)


@any_database
def test_thread_asks_a_failing_duty_less_and_less_often_and_the_others_as_always(app, running):
    duty = Counter(error=RuntimeError("the database is away"))
    healthy = Counter()
    register(app, "break", duty)
    register(app, "count", healthy)
    running().start()

    assert healthy.wait_for(20)
    calls = duty.calls

    # At 0, 0.1, 0.3, 0.7, 1.5 … seconds; without growing pauses it would be as often as the healthy one.
    assert 2 <= calls <= 10


@any_database
def test_thread_that_is_stopped_while_it_waits_ends_at_once(app, running):
    duty = Counter()
    register(app, "count", duty)
    thread = running(pause=60)
    thread.start()
    assert duty.wait_for(1)

    thread.stop()

    assert not thread._thread.is_alive()
