"""Duties: plain functions that run again and again, by a thread in the process or by a worker of its own.

A duty claims rows, does its work in short transactions, and may run twice at once without harm.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flask import Flask

from app.core.clock import utc_now
from app.core.traces import trace

log = logging.getLogger(__name__)

# Returns how many things it did; a duty that did something is asked again without a pause.
Duty = Callable[[datetime], int]

# A duty that fails at once (the database is away) is asked less and less often, down to this; in seconds.
SLOWEST_PAUSE: Final = 30.0


@dataclass(frozen=True, slots=True)
class Registered:
    """A duty and its name in logs."""

    name: str
    run: Duty


def register(app: Flask, name: str, run: Duty) -> None:
    """Let this function be run by whoever runs the duties of this app."""
    app.extensions.setdefault("duties", []).append(Registered(name, run))


def run_all(app: Flask) -> int:
    """Run each duty once, now; return how many things were done. One that fails is logged, the others run."""
    return _round(app).done


@dataclass(frozen=True, slots=True)
class _Round:
    done: int
    failed: int


def _round(app: Flask) -> _Round:
    done = failed = 0
    for duty in app.extensions.get("duties", []):
        try:
            # Leaving the context rolls back what a failed duty left open.
            with app.app_context():
                done += duty.run(utc_now())
        except Exception as error:  # whatever it is, the others go on
            failed += 1
            log.error("duty %s failed\n%s", duty.name, trace(error))  # noqa: TRY400 - a trace without people's data
            log.debug("duty %s failed", duty.name, exc_info=error)
    return _Round(done, failed)


class DutyThread:
    """Runs the duties of an app in a daemon thread until told to stop."""

    def __init__(self, app: Flask) -> None:
        """Prepare; nothing runs before `start`."""
        self._app = app
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="duties", daemon=True)

    def start(self) -> None:
        """Start running."""
        self._thread.start()

    def wake(self) -> None:
        """Look now instead of after the pause: somebody has just queued something."""
        self._wake.set()

    def stop(self, timeout: float = 5.0) -> None:
        """Finish the present round and end; waits at most `timeout` seconds."""
        self._stop.set()
        self._wake.set()
        self._thread.join(timeout)

    def _run(self) -> None:
        usual = pause = float(self._app.config["DUTY_PAUSE"])
        while not self._stop.is_set():
            # Before the round: what is queued while it runs must not wait for a pause.
            self._wake.clear()
            result = _round(self._app)
            pause = min(max(pause * 2, usual), max(SLOWEST_PAUSE, usual)) if result.failed else usual
            if (result.failed or not result.done) and not self._stop.is_set():
                self._wake.wait(pause)
