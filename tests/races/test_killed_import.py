"""Fifteen hundred people come from a file, by a process that is killed again and again: each has one place."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.core.clock import utc_now
from app.core.db import db
from app.events.models import TicketType
from app.history.service import THE_SITE
from app.imports import service
from app.imports.models import ImportRow, ImportState
from app.mail.models import Letter
from app.registrations.models import Registration, RegistrationState
from tests.imports.samples import begin_applying, brought, csv_of, fresh

ROOT = Path(__file__).parents[2]
PEOPLE = 1_500
# Does long work and nothing else, a step at a time and so slowly that a kill falls into one of them.
WORKER = """
import time
from datetime import timedelta
from app import create_app
from app.core.clock import utc_now
from app.work import service
service.ROUND = timedelta(0)
app = create_app()
with app.app_context():
    print("ready", flush=True)
    while service.advance(utc_now()):
        time.sleep(0.02)
"""


def start(engine_url, folder):
    environment = {
        **{name: value for name, value in os.environ.items() if name in {"PATH", "HOME"}},
        "APP_ENV": "testing",
        "DATABASE_URL": engine_url,
        "INSTANCE_PATH": str(folder / "worker"),
        "DUTIES": "off",
    }
    process = subprocess.Popen([sys.executable, "-c", WORKER], cwd=ROOT, env=environment, stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"ready\n"
    return process


def number(what):
    db.session.rollback()
    return db.session.scalar(what)


def kill_when(process, what, wanted):
    """Kill the process once there are so many; return how many there were."""
    deadline = time.monotonic() + 60
    while (there := number(what)) < wanted and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    return there


def finish(process):
    assert process.wait(120) == 0
    process.stdout.close()


@pytest.mark.durable
def test_whoever_is_killed_each_row_is_one_place_and_none_is_left_after_undoing(app, make_event, engine_url, tmp_path):
    event = make_event(capacity=PEOPLE)
    data = csv_of([["name", "email"], *([f"Person {n}", f"p{n}@example.com"] for n in range(PEOPLE))])
    work = brought(event, data)
    columns = service.Columns(work.targets, has_header=True, ticket_type_id=work.ticket_type_id, language="en")
    rows = select(func.count()).select_from(ImportRow)
    people = select(func.count()).select_from(Registration)
    letters = select(func.count()).select_from(Letter)
    seats = select(TicketType.seats_taken)

    service.check(event.id, work.id, columns, language="en", by=THE_SITE, now=utc_now())
    half_checked = kill_when(start(engine_url, tmp_path), rows, 500)
    finish(start(engine_url, tmp_path))
    assert 500 <= half_checked < PEOPLE
    assert (number(rows), fresh(work.id).counts["confirmed"]) == (PEOPLE, PEOPLE)

    begin_applying(fresh(work.id), letters=True)
    assert number(seats) == PEOPLE
    half_applied = [kill_when(start(engine_url, tmp_path), people, wanted) for wanted in (400, 800)]
    finish(start(engine_url, tmp_path))
    assert all(there < PEOPLE for there in half_applied), half_applied
    assert (number(people), number(letters), number(seats)) == (PEOPLE, PEOPLE, PEOPLE)
    assert fresh(work.id).state is ImportState.APPLIED

    cancelled = select(func.count()).where(Registration.state == RegistrationState.CANCELLED)
    service.undo(event.id, work.id, language="en", by=THE_SITE, now=utc_now())
    half_undone = kill_when(start(engine_url, tmp_path), cancelled, 400)
    finish(start(engine_url, tmp_path))
    assert half_undone < PEOPLE
    assert (number(cancelled), number(letters), number(seats)) == (PEOPLE, 2 * PEOPLE, 0)
    assert fresh(work.id).counts["cancelled"] == PEOPLE
