"""Five thousand people are told of a change by a process that is killed again and again: each has one letter for it."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from app.core.clock import utc_now
from app.core.db import db, transaction
from app.events.models import Event
from app.events.service import apply_changes
from app.mail.models import Letter
from app.registrations.models import EventChange, Registration, RegistrationState
from bench import seed

ROOT = Path(__file__).parents[2]
PEOPLE = 5_000
KILLS = (400, 2_000, 4_400)  # letters that are there when the process dies
# Announces and does nothing else, in steps so slow that a kill falls into one of them.
ANNOUNCER = """
import time
from app import create_app
from app.core.clock import utc_now
from app.registrations.changes import announce
app = create_app()
with app.app_context():
    print("ready", flush=True)
    while announce(utc_now()):
        time.sleep(0.02)
"""


@pytest.fixture
def settings():
    return {"CHANGE_LETTER_DELAY": "0"}


def start(engine_url, folder):
    environment = {
        **{name: value for name, value in os.environ.items() if name in {"PATH", "HOME"}},
        "APP_ENV": "testing",
        "DATABASE_URL": engine_url,
        "INSTANCE_PATH": str(folder / "announcer"),
        "DUTIES": "off",
    }
    process = subprocess.Popen([sys.executable, "-c", ANNOUNCER], cwd=ROOT, env=environment, stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"ready\n"
    return process


def letters():
    db.session.rollback()
    return db.session.scalar(select(func.count()).where(Letter.kind == "event-changed"))


def kill_when(process, wanted):
    """Kill the process once there are so many letters; return how many there were."""
    deadline = time.monotonic() + 30
    while (there := letters()) < wanted and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    return there


@pytest.mark.durable
def test_each_of_five_thousand_has_one_letter_whenever_the_process_was_killed(app, engine_url, tmp_path):
    now = utc_now()
    seed.places(now)
    seed.events(1, agenda=0, now=now)
    seed.attendees(PEOPLE, now=now)
    with transaction() as session:
        session.execute(update(Registration).values(state=RegistrationState.CONFIRMED))
        event = session.scalars(select(Event).where(Event.slug == seed.CROWDED)).one()
        apply_changes(event, {"starts_at": event.starts_at + timedelta(hours=1)}, now=now)

    reached = [kill_when(start(engine_url, tmp_path), wanted) for wanted in KILLS]
    last = start(engine_url, tmp_path)
    ended = last.wait(60)
    last.stdout.close()

    assert all(wanted <= there < PEOPLE for wanted, there in zip(KILLS, reached, strict=True)), reached
    assert ended == 0
    assert letters() == PEOPLE
    told = select(func.count(func.distinct(Letter.ids["registration"].as_integer()))).where(
        Letter.kind == "event-changed"
    )
    assert db.session.scalar(told) == PEOPLE
    assert db.session.scalar(select(EventChange.finished_at)) is not None
