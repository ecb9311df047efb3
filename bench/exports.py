"""The attendee list as a file, by the command: time, and the most memory the process took."""

import os
import subprocess
import sys
import time
from typing import Final

from app.core.clock import utc_now
from bench import seed
from bench.report import Budget, Report
from bench.stage import ROOT, Engine, Stage

MEMORY: Final = Budget("at most", 150)
FORMATS: Final = ("xlsx", "csv", "json")


def measure(stage: Stage, engine: Engine, report: Report) -> None:
    rows = stage.size.rows
    url = stage.database(engine, "exports")
    with stage.application(url) as app, app.app_context():
        seed.places(utc_now())
        seed.events(1, agenda=0, now=utc_now())
        seed.attendees(rows, now=utc_now())
    environment = stage.environment(url)
    for form in FORMATS:
        target = stage.folder / f"attendees.{form}"
        seconds, memory = _run(environment, "export-attendees", seed.CROWDED, "--format", form, "--output", str(target))
        report.add(f"{form}: {rows:,} attendees", seconds, "s")
        report.add(f"{form}: attendees a second", rows / seconds, "1/s")
        report.add(f"{form}: most memory", memory, "MB", MEMORY)
        report.add(f"{form}: size of the file", target.stat().st_size / 1e6, "MB")
    _seconds, memory = _run(environment, "export-attendees", "--help")
    report.add("a command that does nothing: most memory", memory, "MB")


def _run(environment: dict[str, str], *arguments: str) -> tuple[float, float]:
    """Return the seconds a command took, and the most memory (MB) it held: the kernel's own count."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", *arguments],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    said = process.stderr.read()
    process.stderr.close()
    # wait4 and not wait: only it tells what this one child used.
    _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(said.decode(errors="replace")[-2000:])
    return time.perf_counter() - begun, usage.ru_maxrss / 1000 if sys.platform == "linux" else usage.ru_maxrss / 1e6
