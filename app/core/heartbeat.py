"""The sign of life of whoever runs the duties: a file in the instance folder, touched every few seconds.

A file and not a row: it costs no commit, and a database that is away must not make the worker look dead.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from flask import Flask, current_app

from app.core import jobs

BEAT: Final = timedelta(seconds=5)


def _file() -> Path:
    return Path(current_app.config["INSTANCE_PATH"]) / "heartbeat"


def last_beat() -> datetime | None:
    """Return when duties last ran on this machine; None when they never did."""
    try:
        return datetime.fromtimestamp(_file().stat().st_mtime, tz=UTC)
    except FileNotFoundError:
        return None


def beat(now: datetime) -> int:
    """Leave a sign of life, at most every five seconds; a duty like the others, but never "something done"."""
    before = last_beat()
    if before is None or now - before >= BEAT:
        _file().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _file().touch()
    return 0


def init_app(app: Flask) -> None:
    """Beat whenever duties run."""
    jobs.register(app, "heartbeat", beat)
