"""The real site in processes of its own: granian on a free port, started with an environment, killed or stopped."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Self

ROOT: Final = Path(__file__).parents[2]
HOST: Final = "127.0.0.1"


class Server:
    """A running site; a context manager that stops it. `log()` is what its processes wrote.

    Raises AssertionError with the log when it does not answer /healthz within `patience` seconds.
    """

    def __init__(
        self, folder: Path, environment: Mapping[str, str], *, workers: int = 1, patience: float = 60, name: str = HOST
    ) -> None:
        self.port = free_port()
        self.base_url = f"http://{name}:{self.port}"
        self._folder = folder
        self._workers = workers
        self._patience = patience
        self._log_file = folder / f"server-{self.port}.log"
        self._environment = {
            # Only what a program needs to run at all: a setting of the developer's shell must not leak into a test.
            **{name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}},
            "APP_ENV": "testing",
            "INSTANCE_PATH": str(folder),
            "PORT": str(self.port),
            "PUBLIC_URL": self.base_url,
            **environment,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start, and wait until it answers."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it in good order."""
        self.stop()

    def start(self) -> None:
        """Start the processes, again on the same port after a kill, and wait until they answer.

        Does nothing when it already runs: granian would share the port with its twin.
        """
        if self._process is not None:
            return
        command = [
            *(sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws", "--host", HOST),
            *("--port", str(self.port), "--workers", str(self._workers), "--blocking-threads", "8"),
            *("--workers-kill-timeout", "2", "wsgi:app"),
        ]
        written_before = self._log_file.stat().st_size if self._log_file.exists() else 0
        with self._log_file.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a group of its own, so that a kill reaches every worker
            )
        self._wait_until_it_answers(written_before)

    def kill(self) -> None:
        """End all its processes at once with SIGKILL, as a power cut would."""
        self._signal(signal.SIGKILL)

    def stop(self) -> None:
        """End it in good order; with SIGKILL after ten seconds."""
        try:
            self._signal(signal.SIGTERM, wait=10)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)

    def log(self) -> str:
        """Return what its processes wrote so far."""
        return self._log_file.read_text(errors="replace")

    @property
    def pid(self) -> int:
        """The main process's number."""
        assert self._process is not None
        return self._process.pid

    def _signal(self, number: signal.Signals, *, wait: float = 10) -> None:
        if self._process is None:
            return
        try:
            if number == signal.SIGKILL:
                os.killpg(self._process.pid, number)
            else:
                self._process.send_signal(number)
        except ProcessLookupError:
            pass
        self._process.wait(wait)
        self._process = None
        self._wait_until_it_is_silent()

    def _wait_until_it_is_silent(self) -> None:
        """Return when the last worker has let go of the port: the main process may be gone before its children."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                socket.create_connection((HOST, self.port), timeout=1).close()
            except ConnectionRefusedError:
                return
            except OSError:
                pass
            time.sleep(0.01)
        message = f"Something still listens on port {self.port} after the end of the server."
        raise AssertionError(message)

    def _wait_until_it_answers(self, written_before: int) -> None:
        assert self._process is not None
        deadline = time.monotonic() + self._patience
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.base_url}/healthz", timeout=5) as response:
                    # Every worker: one that is told to stop before it has started would not hear it.
                    started = self._log_file.read_bytes()[written_before:].count(b"Started worker-")
                    if response.status == 200 and started == self._workers:
                        return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                pass
            time.sleep(0.03)
        self.kill()
        message = f"The server did not answer /healthz. It wrote:\n{self.log()[-4000:]}"
        raise AssertionError(message)


def free_port() -> int:
    """Return a port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
