"""Any number of workers, on any machine, killed at any moment: no letter is lost, none is sent twice without need."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from email import message_from_bytes
from pathlib import Path

import pytest
from sqlalchemy import select, update

from app.core.clock import utc_now
from app.core.db import db, transaction
from app.mail import delivery, mails, outbox
from app.mail.models import Letter, LetterState
from app.mail.pace import Admission

ROOT = Path(__file__).parents[2]
WORKER = """
import time
from app import create_app
from app.core.jobs import run_all
app = create_app()
print("ready", flush=True)
while True:
    if not run_all(app):
        time.sleep(0.02)
"""


@pytest.fixture
def settings(smtp_server):
    return {
        "MAIL_SERVER": smtp_server.host,
        "MAIL_PORT": str(smtp_server.port),
        "MAIL_SECURITY": "none",
        "MAIL_TIMEOUT": "5",
    }


@pytest.fixture
def start_worker(engine_url, settings, tmp_path):
    """Start a process that runs the duties, as on another machine."""
    running = []

    def start():
        environment = {
            **{name: value for name, value in os.environ.items() if name in {"PATH", "HOME"}},
            **settings,
            "APP_ENV": "testing",
            "DATABASE_URL": engine_url,
            "INSTANCE_PATH": str(tmp_path / "worker"),
        }
        process = subprocess.Popen([sys.executable, "-c", WORKER], cwd=ROOT, env=environment, stdout=subprocess.PIPE)
        running.append(process)
        assert process.stdout.readline() == b"ready\n"
        return process

    yield start

    for process in running:
        process.kill()
        process.wait()
        process.stdout.close()


def queue_tests(count, *, at):
    with transaction():
        for number in range(count):
            outbox.queue(
                mails.TEST, key=f"test:{number}", to_email=f"p{number}@example.com", language="en", ids={}, now=at
            )


def states():
    db.session.rollback()
    return Counter(state.value for state in db.session.scalars(select(Letter.state)))


def received(server):
    return Counter(message_from_bytes(message.raw)["Message-ID"] for message in server.messages)


def message_ids():
    return set(db.session.scalars(select(Letter.message_id)))


def test_workers_at_once_send_each_letter_once(app, smtp_server, now):
    queue_tests(120, at=now)
    dealt_with, start = [], threading.Barrier(4)

    def work():
        with app.app_context():
            start.wait()
            while count := delivery.deliver(now):
                dealt_with.append(count)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(dealt_with) == 120
    assert states() == {"sent": 120}
    assert received(smtp_server) == Counter(message_ids())


def test_without_leases_two_workers_send_a_letter_twice(app, smtp_server, now):
    # The race that leases are there for: both look before either has settled.
    queue_tests(1, at=now)
    letter = db.session.scalar(select(Letter))
    with transaction() as session:
        session.execute(update(Letter).values(state=LetterState.SENDING, attempts=1))

    with delivery.open_transport() as first, delivery.open_transport() as second:
        delivery._send(letter, first, Admission(), now)
        delivery._send(letter, second, Admission(), now)

    assert received(smtp_server) == {letter.message_id: 2}


@pytest.mark.parametrize("taken", [False, True])
def test_killed_worker_loses_no_letter(app, smtp_server, start_worker, taken):
    # Killed while the server has not answered DATA yet; `taken`: it had the letter in its hands all the same.
    queue_tests(3, at=utc_now())
    smtp_server.stall("DATA", times=1)
    fault = smtp_server.faults["DATA"]
    fault.keeps = taken
    worker = start_worker()
    _wait_until(lambda: fault.times == 0)

    worker.send_signal(signal.SIGKILL)
    worker.wait()
    killed, before = states(), received(smtp_server)
    too_early = delivery.deliver(utc_now())
    delivery.deliver(utc_now() + delivery.lease_length())

    assert (killed, too_early) == ({"sending": 3}, 0)
    assert states() == {"sent": 3}
    # The one that was taken comes twice, and its Message-ID says so.
    assert received(smtp_server) == Counter(message_ids()) + before
    assert before.total() == int(taken)


def test_two_processes_share_the_letters(app, smtp_server, start_worker):
    start_worker()
    start_worker()

    queue_tests(60, at=utc_now())
    smtp_server.wait_for(60, seconds=60)

    assert received(smtp_server) == Counter(message_ids())
    _wait_until(lambda: states() == {"sent": 60})


def _wait_until(is_so, *, seconds=60):
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)
