"""Long work in a process of its own, which does a step when it is told to and dies by SIGKILL in the middle of one."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, Self

ROOT: Final = Path(__file__).parents[2]
# Told, and not on its own: how far it has come when it dies is then no matter of how busy the machine is.
_PROGRAM: Final = """
import sys
from datetime import timedelta
from app import create_app
from app.core.clock import utc_now
from app.registrations.changes import announce
from app.work import service

service.ROUND = timedelta(0)
step = {{"announce": announce, "advance": service.advance}}["{step}"]
app = create_app()
with app.app_context():
    print("ready", flush=True)
    for _told in sys.stdin:
        print("more" if step(utc_now()) else "done", flush=True)
"""


class Steps:
    """The process; `step` is the duty it calls: "announce" tells of changes, "advance" goes on with long work."""

    def __init__(self, engine_url: str, folder: Path, step: str) -> None:
        environment = {
            **{name: value for name, value in os.environ.items() if name in {"PATH", "HOME"}},
            "APP_ENV": "testing",
            "DATABASE_URL": engine_url,
            "INSTANCE_PATH": str(folder / "stepping"),
            "DUTIES": "off",
        }
        self._process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM.format(step=step)],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        """Wait until it can begin."""
        assert self._said() == "ready"
        return self

    def __exit__(self, *_: object) -> None:
        """End it at once, whatever it does."""
        self._process.send_signal(signal.SIGKILL)
        self._process.communicate()

    def advance_to(self, wanted: int, there: Callable[[], int]) -> int:
        """Do steps until so much is there, begin one more, and return how much there was; the end kills it in that."""
        while (now := there()) < wanted:
            self._tell()
            assert self._said() == "more", f"at its end with {now}, before {wanted}"
        self._tell()
        time.sleep(0.02)
        return now

    def finish(self) -> None:
        """Do all steps that are left."""
        self._tell()
        while self._said() == "more":
            self._tell()

    def _tell(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def _said(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()
