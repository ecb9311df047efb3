"""What the doctor looks at, sound and broken."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.core import checks, foundations, heartbeat, jobs
from app.core.clock import utc_now

NOW = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)


def problems(app, now=None):
    heartbeat.beat(utc_now())
    return {name for name, finding in checks.run_all(app, now=now or utc_now()) if not finding.is_ok}


def test_checks_find_nothing_wrong_with_a_fresh_installation(app):
    assert problems(app) == set()


@pytest.mark.parametrize("key", ["short", "a" * 60])
def test_secret_key_that_can_be_guessed_is_a_problem(make_app, key):
    app = make_app(SECRET_KEY=key)
    with app.app_context():
        assert problems(app) == {"secret key"}


def test_secret_key_that_others_can_read_is_a_problem(app):
    path = Path(app.config["INSTANCE_PATH"]) / "secret_key"
    path.parent.mkdir(exist_ok=True)
    path.write_text("x")
    path.chmod(0o644)

    assert problems(app) == {"secret key"}
    assert foundations.secret_key(NOW).advice == f"Run `chmod 600 {path}`."


def test_site_without_https_is_a_problem_in_production(make_app):
    app = make_app(
        APP_ENV="production", PUBLIC_URL="http://m.example.org", MAIL_SERVER="127.0.0.1", MAIL_SENDER="a@example.org"
    )
    with app.app_context():
        assert "https://" in foundations.settings(NOW).advice


def test_database_of_another_version_is_a_problem(app, set_schema):
    set_schema("of the future")

    assert problems(app) == {"schema"}
    assert "newer Juhui" in foundations.schema(NOW).advice


def test_empty_database_is_a_problem_that_prepare_solves(make_app, tmp_path):
    app = make_app(DATABASE_URL=f"sqlite:///{tmp_path}/empty.sqlite3")
    with app.app_context():
        before = problems(app)
        changed = foundations.prepare()
        again = foundations.prepare()

        assert {"schema", "writes"} <= before
        assert (changed, again, problems(app)) == (True, False, set())


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_database_that_cannot_be_written_is_a_problem(make_app, engine_url):
    path = engine_url.removeprefix("sqlite:///")
    app = make_app(DATABASE_URL=f"sqlite:///file:{path}?mode=ro&immutable=1&uri=true")
    with app.app_context():
        assert "writes" in problems(app)


def test_worker_that_fell_silent_is_a_problem(app):
    assert foundations.worker(utc_now()).says == "no worker has ever run here"

    jobs.run_all(app)

    assert foundations.worker(utc_now()).is_ok
    assert not foundations.worker(utc_now() + foundations.SILENCE_MAX + timedelta(seconds=5)).is_ok


def test_heartbeat_touches_its_file_every_few_seconds_only(app):
    heartbeat.beat(utc_now())
    file = Path(app.config["INSTANCE_PATH"]) / "heartbeat"
    aged = utc_now() - timedelta(seconds=3)
    os.utime(file, (aged.timestamp(), aged.timestamp()))

    heartbeat.beat(utc_now())
    untouched = heartbeat.last_beat()
    heartbeat.beat(utc_now() + timedelta(seconds=3))

    assert abs((untouched - aged).total_seconds()) < 0.01
    assert heartbeat.last_beat() > aged + timedelta(seconds=2)


def test_check_that_breaks_is_a_problem_and_stops_no_other(app):
    def breaks(_now):
        raise ZeroDivisionError

    checks.register(app, "broken", breaks)
    checks.register(app, "after", lambda _now: checks.Finding("here"))

    found = dict(checks.run_all(app, now=NOW))

    assert found["broken"].says == "could not be checked: ZeroDivisionError"
    assert found["after"].is_ok
