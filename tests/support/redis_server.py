"""A real Redis, or Valkey, on a free port of loopback.

`python -m tests.support.redis_server` makes sure that there is one, installing it if need be; `make test` calls it.
"""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.support import debian
from tests.support.server import HOST, free_port

HOW_TO_PROVIDE: Final = (
    "The tests need a Redis server: install it (Debian: apt-get install redis-server; macOS: brew install redis), so "
    "that `redis-server` or `valkey-server` is on the PATH."
)
_NAMES: Final = ("redis-server", "valkey-server")
PATIENCE: Final = 10.0


def program() -> str | None:
    """Return the server's program from the PATH; None when there is none."""
    return next((found for name in _NAMES if (found := shutil.which(name))), None)


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Give the address of a running server that keeps nothing; raises RuntimeError when there is no program."""
    found = program()
    if found is None:
        raise RuntimeError(HOW_TO_PROVIDE)
    port = free_port()
    command = [found, "--bind", HOST, "--port", str(port), "--save", "", "--appendonly", "no", "--dir", str(folder)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
    try:
        _wait_for(port)
        yield f"redis://{HOST}:{port}/0"
    finally:
        server.terminate()
        server.wait(PATIENCE)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            socket.create_connection((HOST, port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    message = f"Redis did not answer on port {port}"
    raise AssertionError(message)


def provide() -> None:
    """Make sure that there is a server; ends with a sentence if not."""
    if program() is None and debian.can_install():
        debian.install("redis-server")
    if program() is None:
        raise SystemExit(HOW_TO_PROVIDE)


if __name__ == "__main__":
    provide()
