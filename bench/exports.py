"""The attendee list as a file, by the command: time, and the most memory the process took."""

import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import psutil

from app.core.clock import utc_now
from app.exports import columns
from bench import seed
from bench.report import Budget, Report
from bench.stage import ROOT, Engine, Stage

MEMORY: Final = Budget("at most", 150)
SECONDS: Final = Budget("at most", 20)
FORMATS: Final = ("xlsx", "csv", "json")
_HIGH_WATER: Final = re.compile(r"VmHWM:\s+(\d+) kB")


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
        seconds, processor, memory = _run(
            environment, "export-attendees", seed.CROWDED, "--format", form, "--output", str(target)
        )
        report.add(f"{form}: {rows:,} attendees", seconds, "s", SECONDS if form == "xlsx" else None)
        report.add(f"{form}: of a processor", processor, "s")
        report.add(f"{form}: attendees a second", rows / seconds, "1/s")
        report.add(f"{form}: most memory", memory, "MB", MEMORY)
        report.add(f"{form}: size of the file", target.stat().st_size / 1e6, "MB")
    every = [part for key in _every_column() for part in ("--column", key)]
    target = stage.folder / "everything.xlsx"
    seconds, processor, memory = _run(environment, "export-attendees", seed.CROWDED, *every, "--output", str(target))
    report.add(f"xlsx with every column: {rows:,} attendees", seconds, "s", SECONDS)
    report.add("xlsx with every column: of a processor", processor, "s")
    report.add("xlsx with every column: most memory", memory, "MB", MEMORY)
    _seconds, _processor_seconds, memory = _run(environment, "export-attendees", "--help")
    report.add("a command that does nothing: most memory", memory, "MB")


def _every_column() -> list[str]:
    return [*columns.FIXED, *(f"q_{key}" for key, *_more in seed.QUESTIONS)]


def _run(environment: dict[str, str], *arguments: str) -> tuple[float, float, float]:
    """Return the seconds a command took, those of a processor, and the most memory (MB) it held."""
    begun = time.perf_counter()
    process = psutil.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", *arguments],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    # Not wait4's ru_maxrss: that counts what this process, from which the child was made, holds.
    most = processor = 0.0
    while process.poll() is None:
        most = max(most, _most_memory(process.pid))
        processor = max(processor, _processor(process))
        time.sleep(0.01)
    if process.returncode:
        message = f"{arguments} ended with {process.returncode}"
        raise RuntimeError(message)
    return time.perf_counter() - begun, processor, most


def _processor(process: psutil.Popen) -> float:
    """Return the seconds of a processor that a command has taken so far; 0 when it has ended."""
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


def _most_memory(process: int) -> float:
    """Return the most memory (MB) that a process has held so far, by the kernel's count; 0 when it has ended."""
    try:
        found = _HIGH_WATER.search(Path(f"/proc/{process}/status").read_text())
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return int(found[1]) * 1024 / 1e6 if found else 0.0
