"""Checks of a running installation: what `flask doctor` says, and what `/readyz` answers.

Rooms register theirs in `setup.py`. A check is a plain function that looks and changes nothing.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import Flask

from app.core.db import db

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check saw. Without advice all is well; with advice there is a problem, and this is what to do.

    A problem that `can_wait` is told to whoever looks, and keeps no reader away.
    """

    says: str
    advice: str = ""
    can_wait: bool = False

    @property
    def is_ok(self) -> bool:
        """Whether nothing needs to be done."""
        return not self.advice

    @property
    def word(self) -> str:
        """What a monitor is told: ok, warning or problem."""
        if self.is_ok:
            return "ok"
        return "warning" if self.can_wait else "problem"


Check = Callable[[datetime], Finding]


@dataclass(frozen=True, slots=True)
class Registered:
    """A check and its name."""

    name: str
    run: Check
    decides_readiness: bool


def register(app: Flask, name: str, run: Check, *, decides_readiness: bool = False) -> None:
    """Let `flask doctor` run this check, and `/readyz` too if no reader should be sent here while it fails."""
    app.extensions.setdefault("checks", []).append(Registered(name, run, decides_readiness))


def run_all(app: Flask, *, now: datetime, readiness_only: bool = False) -> list[tuple[str, Finding]]:
    """Run the checks in the order they were registered; one that breaks is itself a problem found."""
    found = []
    for check in app.extensions.get("checks", []):
        if readiness_only and not check.decides_readiness:
            continue
        try:
            finding = check.run(now)
        except Exception as error:
            log.debug("check %s failed", check.name, exc_info=True)
            finding = Finding(f"could not be checked: {first_line(error)}", "Look at the log with LOG_LEVEL=debug.")
        finally:
            db.session.rollback()
        found.append((check.name, finding))
    return found


def first_line(error: Exception) -> str:
    """Return what an error says, in one line; its kind when it says nothing."""
    words = str(getattr(error, "orig", None) or error).strip()
    return words.splitlines()[0] if words else type(error).__name__
