"""Duties: plain functions that run again and again, by a thread in the process or by a worker of its own.

A duty claims rows, does its work in short transactions, and may run twice at once without harm.
"""

import logging
import threading
import time
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

# A duty that fails again and again (the database is away) rests longer each time, up to this; in seconds.
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
    return sum(_attempt(app, duty) or 0 for duty in _duties(app))


def _duties(app: Flask) -> list[Registered]:
    duties: list[Registered] = app.extensions.get("duties", [])
    return duties


def _attempt(app: Flask, duty: Registered) -> int | None:
    """Run a duty; return how many things it did, or None when it failed."""
    try:
        # Leaving the context rolls back what a failed duty left open.
        with app.app_context():
            return duty.run(utc_now())
    except Exception as error:  # whatever it is, the others go on
        log.error("duty %s failed\n%s", duty.name, trace(error))  # noqa: TRY400 - a trace without people's data
        log.debug("duty %s failed", duty.name, exc_info=error)
        return None


class DutyThread:
    """Runs the duties of an app in a daemon thread until told to stop."""

    def __init__(self, app: Flask) -> None:
        """Prepare; nothing runs before `start`."""
        self._app = app
        self._pause = float(app.config["DUTY_PAUSE"])
        # A duty that failed: how long it rests, and until when on the monotonic clock.
        self._resting: dict[str, tuple[float, float]] = {}
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
        while not self._stop.is_set():
            # Before the round: what is queued while it runs must not wait for a pause.
            self._wake.clear()
            if self._round() == 0 and not self._stop.is_set():
                self._wake.wait(self._pause)

    def _round(self) -> int:
        done = 0
        for duty in _duties(self._app):
            pause, until = self._resting.get(duty.name, (self._pause, 0.0))
            if time.monotonic() < until:
                continue
            result = _attempt(self._app, duty)
            if result is None:
                pause = min(pause * 2, max(SLOWEST_PAUSE, self._pause))
                self._resting[duty.name] = (pause, time.monotonic() + pause)
            else:
                self._resting.pop(duty.name, None)
                done += result
        return done
