"""What one process takes: memory when nobody comes, and the time to its first answer."""

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import psutil

from bench import client
from bench.pages import PATHS
from bench.report import Budget, Report
from bench.serving import Serving, fetch, spent, wait_for
from bench.stage import ROOT, Engine, Stage
from tests.support.server import free_port

MEMORY: Final = Budget("at most", 100)
START: Final = Budget("at most", 3, judges_best=True)


def measure(stage: Stage, engine: Engine, report: Report) -> None:
    url = stage.demo(engine, "footprint")
    environment = stage.environment(url)
    starts, work = [], []
    for _round in range(stage.size.rounds):
        with Serving("wsgi:app", environment) as server:
            starts.append(server.started_in)
            work.append(server.cpu())
    report.add("server: from the command to the first page", starts, "s", START)
    report.add("  processor time", work, "s")
    with Serving("wsgi:app", environment, first="/healthz") as server:
        _memory(report, server, stage.size.seconds)
    _make_run(stage, engine, url, report)


def _memory(report: Report, server: Serving, seconds: float) -> None:
    _tell(report, "after the start", server, MEMORY)
    fetch(server.port, PATHS[0])
    _tell(report, "after one page", server, MEMORY)
    for path in PATHS:
        fetch(server.port, path, {"Accept-Encoding": "gzip, deflate, br"})
    _tell(report, "after every page", server)
    for path in PATHS[:6]:
        request = client.get(path, Accept_Encoding="gzip, deflate, br")
        client.load(server.port, request, seconds=seconds, connections=16)
    time.sleep(min(3.0, seconds))
    # No budget: what eight threads at once have needed stays with the allocator.
    _tell(report, "after a rush, idle again", server)


def _tell(report: Report, when: str, server: Serving, budget: Budget | None = None) -> None:
    minder, *workers = server.processes()
    report.add(f"memory {when}: the process that answers", max(_resident([each]) for each in workers), "MB", budget)
    report.add(f"memory {when}: with the one that minds it", _own(minder, *workers), "MB")


def _resident(processes: Sequence[psutil.Process]) -> float:
    return sum(process.memory_info().rss for process in processes) / 1e6


def _own(*processes: psutil.Process) -> float:
    """Return the memory of several processes where what they share is counted once (PSS)."""
    return sum(process.memory_full_info().pss for process in processes) / 1e6


def _make_run(stage: Stage, engine: Engine, url: str, report: Report) -> None:
    """Time `make run`, with everything installed: the first time, and when the community is there already."""
    if engine == "sqlite":
        fresh = stage.folder / "fresh"
        address = f"sqlite:///{fresh / 'juhui.sqlite3'}"
        seconds, work = _started(stage, address, fresh)
        report.add("make run, first time: to the first page", seconds, "s")
        report.add("  processor time", work, "s")
    again = [_started(stage, url, stage.folder / "instance") for _n in range(min(3, stage.size.rounds))]
    report.add("make run, once more: to the first page", [each[0] for each in again], "s", START)
    report.add("  processor time", [each[1] for each in again], "s")


def _started(stage: Stage, url: str, instance: Path) -> tuple[float, float]:
    """Return the seconds to the first page, and those of processor time."""
    port = free_port()
    environment = stage.environment(url, INSTANCE_PATH=str(instance), PORT=str(port))
    begun = time.perf_counter()
    # A group of its own: `make` and what it started end together.
    process = psutil.Popen(
        ["make", "--silent", "run", f"PORT={port}"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_for(port, "/", process=process)
        return time.perf_counter() - begun, spent(process)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(12)
        except psutil.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(5)
