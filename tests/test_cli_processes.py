"""The commands as processes of their own: what they exit with, and how they end."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import select

from app.core.clock import utc_now
from app.core.db import transaction
from app.mail import mails, outbox
from app.mail.models import Letter, LetterState
from tests.conftest import SECRET_KEY
from tests.support.server import ROOT

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
WAIT = 60


def start(tmp_path, engine_url, *words, **environment):
    values = {
        "PATH": os.environ["PATH"],
        "APP_ENV": "testing",
        "DATABASE_URL": engine_url,
        "SECRET_KEY": SECRET_KEY,
        "INSTANCE_PATH": str(tmp_path / "instance"),
    }
    return subprocess.Popen(
        [sys.executable, "-m", *words],
        cwd=ROOT,
        env=values | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_bad_setting_ends_a_command_with_one_sentence(engine_url, tmp_path):
    process = start(tmp_path, engine_url, "flask", "--app", "wsgi", "doctor", PORT="99999")

    answer, said = process.communicate(timeout=WAIT)

    sentence = "juhui: The setting PORT must be a whole number from 1 to 65535. It is '99999'.\n"
    assert (process.returncode, answer, said) == (2, "", sentence)


def test_bad_setting_ends_the_server_with_one_sentence(engine_url, tmp_path):
    words = ["granian", "--interface", "wsgi", "--port", "0", "--no-ws", "--log-level", "critical", "wsgi:app"]
    process = start(tmp_path, engine_url, *words, DUTY_PAUSE="soon")

    _answer, said = process.communicate(timeout=WAIT)

    assert process.returncode != 0
    assert said == "juhui: The setting DUTY_PAUSE must be a number of seconds from 0.05 to 60. It is 'soon'.\n"


def test_worker_delivers_and_ends_in_good_order(engine_url, app, db, tmp_path):
    process = start(tmp_path, engine_url, "flask", "--app", "wsgi", "worker", DUTY_PAUSE="0.05")
    with transaction():
        outbox.queue(mails.TEST, key="test:1", to_email="ada@example.com", language="en", ids={}, now=utc_now())

    sent = wait_for(lambda: state_of(db) is LetterState.SENT)
    process.send_signal(signal.SIGTERM)
    _answer, said = process.communicate(timeout=WAIT)

    assert sent
    assert (process.returncode, said) == (0, "Working. Stop with Ctrl+C.\nStopping after the present round.\n")
    assert Path(tmp_path / "instance" / "heartbeat").exists()


def state_of(db):
    db.rollback()
    return db.scalar(select(Letter.state))


def wait_for(condition):
    deadline = time.monotonic() + WAIT
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False
