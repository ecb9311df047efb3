"""The real server, with the flags of `make run`, around an application; what it takes of the machine."""

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import psutil

from tests.support.server import HOST, free_port

ROOT: Final = Path(__file__).parents[1]
# Those of `make run` (tests/test_bench.py compares); host, port and workers are said beside them.
FLAGS: Final = (
    *("--interface", "wsgi", "--no-ws", "--blocking-threads", "4", "--respawn-failed-workers"),
    *("--workers-kill-timeout", "10", "--log-level", "warning"),
)
PATIENCE: Final = 30.0


class Serving:
    """A running server; a context manager. `started_in` is how long it took to its first 200."""

    def __init__(
        self,
        target: str,
        environment: Mapping[str, str],
        *,
        workers: int = 1,
        first: str = "/",
        flags: tuple[str, ...] = (),
    ) -> None:
        self.port = free_port()
        self.started_in = 0.0
        self._target = target
        self._environment = {**environment, "PORT": str(self.port)}
        self._workers = workers
        self._first = first
        self._flags = flags
        self._process: psutil.Popen | None = None

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "granian", *FLAGS, *self._flags, "--host", HOST, "--port", str(self.port)]
        begun = time.perf_counter()
        self._process = psutil.Popen(
            [*command, "--workers", str(self._workers), self._target],
            cwd=ROOT,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,  # a group of its own, so that a kill reaches every worker
        )
        wait_for(self.port, self._first, process=self._process)
        self.started_in = time.perf_counter() - begun
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        self._process.terminate()
        try:
            self._process.wait(12)
        except psutil.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(5)

    def processes(self) -> list[psutil.Process]:
        """Return the one that minds the others, and after it those that answer."""
        assert self._process is not None
        return [self._process, *self._process.children(recursive=True)]

    def cpu(self) -> float:
        """Return the seconds of processor time that all its processes have taken."""
        assert self._process is not None
        return spent(self._process)


def spent(process: psutil.Process) -> float:
    """Return the seconds of processor time of a process and all that it has started, those that have ended too."""
    times = [each.cpu_times() for each in [process, *process.children(recursive=True)]]
    return sum(each.user + each.system + each.children_user + each.children_system for each in times)


def wait_for(port: int, path: str, *, process: psutil.Popen | None = None) -> None:
    """Wait until this path is answered with 200; raises RuntimeError when that does not happen."""
    deadline = time.monotonic() + PATIENCE
    status = 0
    while time.monotonic() < deadline and (process is None or process.poll() is None):
        try:
            status = fetch(port, path).status
        except (ConnectionError, TimeoutError, http.client.HTTPException):
            time.sleep(0.005)
            continue
        if status == 200:
            return
        break
    message = f"the server answered {path} with {status}" if status else f"the server did not answer {path}"
    raise RuntimeError(message)


class Answer:
    """A whole answer: `transferred` is what went over the wire, head and body."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()
        head = len(f"HTTP/1.1 {response.status} {response.reason}\r\n\r\n")
        self.transferred = head + sum(len(name) + len(value) + 4 for name, value in response.getheaders())
        self.transferred += len(self.body)


def fetch(port: int, path: str, headers: Mapping[str, str] | None = None) -> Answer:
    """Ask once, over a connection of its own; the body stays encoded as it came."""
    connection = http.client.HTTPConnection(HOST, port, timeout=PATIENCE)
    try:
        connection.request("GET", path, headers=dict(headers or {}))
        return Answer(connection.getresponse())
    finally:
        connection.close()
