"""An event with 5,000 registered moves: how long the change takes, the queueing of all letters, and their delivery."""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import IO, Final

from flask import Flask
from sqlalchemy import func, select, update

from app.core.clock import utc_now
from app.core.db import db, transaction
from app.events.models import TicketType
from app.mail import delivery
from app.mail.models import Letter, LetterState
from app.registrations import changes
from app.registrations.models import Registration, RegistrationState
from bench import seed
from bench.inside import milliseconds
from bench.report import Budget, Report
from bench.stage import ROOT, Engine, Stage
from tests.registrations.pages import fields_on
from tests.support.organizers import signed_in

CHANGE: Final = Budget("at most", 500)
QUEUED: Final = Budget("at most", 5)
DELIVERED: Final = Budget("at least", 100)


def measure(stage: Stage, engine: Engine, report: Report) -> None:
    url, people = stage.database(engine, "letters"), stage.size.fan_out
    with _sink() as (port, taken):
        settings = {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": str(port), "MAIL_SECURITY": "none"}
        with stage.application(url, **settings, CHANGE_LETTER_DELAY="0") as app, app.app_context():
            _fill(people)
            move = _reviewed_move(app)
            report.add(f"an event with {people:,} registered moves: the request", milliseconds(move), "ms", CHANGE)
            report.add(f"{people:,} letters queued", milliseconds(_announce) / 1000, "s", QUEUED)
            started = time.perf_counter()
            done = _deliver(stage.size.delivered)
            seconds = time.perf_counter() - started
            if taken() != done:
                message = f"{done} letters were sent, and {taken()} arrived"
                raise RuntimeError(message)
            report.add("letters with a calendar entry delivered a second", done / seconds, "1/s", DELIVERED)


def _fill(people: int) -> None:
    now = utc_now()
    seed.places(now)
    seed.events(1, agenda=seed.AGENDA, now=now)
    seed.attendees(people, now=now)
    with transaction() as session:
        session.execute(update(Registration).values(state=RegistrationState.CONFIRMED))
        session.execute(update(TicketType).values(capacity=people, seats_taken=people))


def _reviewed_move(app: Flask) -> Callable[[], None]:
    """Open the page that moves the event and look over an hour earlier; return what presses the button there."""
    path = f"/organizer/events/{seed.CROWDED}/schedule"
    browser = signed_in(app, seed.ORGANIZER)
    fields = fields_on(browser.get(path), path)
    fields["starts"] = (datetime.fromisoformat(fields["starts"]) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    page = browser.post(path, data=fields)
    # The button is what says that this was looked at.
    proof = re.search(r'name="shown" value="([^"]+)"', page.text)
    reviewed = fields_on(page, path) | {"shown": proof[1] if proof else ""}

    def press() -> None:
        answer = browser.post(path, data=reviewed)
        if answer.status_code != HTTPStatus.SEE_OTHER:
            message = f"the move is answered with {answer.status}"
            raise RuntimeError(message)

    return press


def _announce() -> None:
    while changes.announce(utc_now()):
        pass


def _deliver(count: int) -> int:
    """Send at least so many letters, a batch at a time as the duty does; return how many were sent."""
    done = 0
    while done < count and (sent := delivery.deliver(utc_now())):
        done += sent
    statement = select(func.count()).select_from(Letter).where(Letter.state == LetterState.SENT)
    if db.session.scalar(statement) != done:
        message = "not every letter that was dealt with was sent"
        raise RuntimeError(message)
    return done


@contextmanager
def _sink() -> Iterator[tuple[int, "Counter"]]:
    """Run the mail server; give its port, and who tells how many letters it has taken."""
    command = [sys.executable, "-m", "bench.smtp_sink"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline()), Counter(process.stdin, process.stdout)
        finally:
            process.stdin.close()
            process.wait(10)


class Counter:
    """Asks the sink how many letters it has taken."""

    def __init__(self, asking: IO[str], answering: IO[str]) -> None:
        self._asking, self._answering = asking, answering

    def __call__(self) -> int:
        self._asking.write("\n")
        self._asking.flush()
        return int(self._answering.readline())
