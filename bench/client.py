"""Sends requests as fast as they are answered, over connections that stay open, from a process of its own.

`load` starts the processes and lets them go at once; `python -m bench.client` is one of them. It reads answers by
their Content-Length and does nothing else with them: about 15 µs of processor time a request, beside the hundreds
that the server takes.
"""

import json
import re
import select
import socket
import statistics
import subprocess
import sys
import time
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[1]
HOST: Final = "127.0.0.1"
# In a request, replaced by a number that no other request of the run has.
NUMBER: Final = b"@@@@@@@@@@"
PATIENCE: Final = 30.0
_LENGTH: Final = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")


@dataclass(frozen=True, slots=True)
class Load:
    """What came of a load: answers by status, per second, and what each cost."""

    answers: int
    statuses: dict[str, int]
    seconds: float
    client_cpu: float  # seconds of processor time, all client processes together
    median: float  # seconds from request to answer
    slowest: float  # the 99th of a hundred
    server_cpu: float = 0.0

    @property
    def rate(self) -> float:
        return self.answers / self.seconds

    @property
    def server_micros(self) -> float:
        return self.server_cpu / self.answers * 1e6

    @property
    def client_micros(self) -> float:
        return self.client_cpu / self.answers * 1e6


def get(path: str, **headers: str) -> bytes:
    """Return a GET as a browser would send it."""
    given = {"Host": "localhost", "User-Agent": "bench", "Accept": "text/html", **headers}
    lines = [f"GET {path} HTTP/1.1", *(f"{name.replace('_', '-')}: {value}" for name, value in given.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def post(path: str, body: bytes) -> bytes:
    """Return the POST of a form; NUMBER in the body becomes a number of its own in each request."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def load(
    port: int,
    request: bytes,
    *,
    seconds: float,
    connections: int = 16,
    processes: int = 1,
    first_number: int = 0,
    server_cpu: Callable[[], float] = lambda: 0.0,
) -> Load:
    """Send this request from several processes for so many seconds; `server_cpu` is read before and after."""
    with ExitStack() as stack:
        running = []
        for index in range(processes):
            asked = {
                "port": port,
                "request": b64encode(request).decode(),
                "seconds": seconds,
                "connections": max(1, connections // processes),
                "first_number": first_number + index * 10**8,
            }
            running.append(stack.enter_context(_started(asked)))
        for child in running:
            assert child.stdout is not None
            if child.stdout.readline() != "ready\n":
                message = "a client could not reach the server"
                raise RuntimeError(message)
        before = server_cpu()
        for child in running:
            assert child.stdin is not None
            child.stdin.write("go\n")
            child.stdin.flush()
        said = [child.communicate(timeout=seconds + PATIENCE)[0] for child in running]
        spent = server_cpu() - before
    if not all(said):
        message = "a client ended early"
        raise RuntimeError(message)
    return _together([json.loads(each) for each in said], spent)


@contextmanager
def _started(asked: dict[str, object]) -> Iterator["subprocess.Popen[str]"]:
    """Start a client that waits for its sign; end it, whatever happens."""
    child = subprocess.Popen(
        [sys.executable, "-m", "bench.client", json.dumps(asked)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    )
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


def _together(found: list[dict[str, Any]], server_cpu: float) -> Load:
    statuses: Counter[str] = Counter()
    for each in found:
        statuses.update(each["statuses"])
    return Load(
        answers=sum(each["answers"] for each in found),
        statuses=dict(statuses),
        seconds=max(each["seconds"] for each in found),
        client_cpu=sum(each["cpu"] for each in found),
        median=statistics.median(each["median"] for each in found),
        slowest=max(each["slowest"] for each in found),
        server_cpu=server_cpu,
    )


class _Connection:
    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection((HOST, port), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""
        self.sent_at = 0.0

    def send(self, request: bytes) -> None:
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def answer(self) -> str | None:
        """Read what is there; return the status once the answer is whole."""
        data = self.socket.recv(1 << 18)
        if not data:
            message = "the server closed a connection that should stay open"
            raise ConnectionError(message)
        self.received += data
        head_end = self.received.find(b"\r\n\r\n")
        if head_end < 0:
            return None
        status = self.received[9:12].decode()
        if status != "304" and not self._has_body(head_end):
            return None
        self.received = b""
        return status

    def _has_body(self, head_end: int) -> bool:
        found = _LENGTH.search(self.received, 0, head_end + 2)
        if found is not None:
            return len(self.received) >= head_end + 4 + int(found[1])
        if b"\r\ntransfer-encoding: chunked" in self.received[: head_end + 2].lower():
            return self.received.endswith(b"\r\n0\r\n\r\n")
        message = f"an answer that does not say where it ends: {self.received[:200]!r}"
        raise RuntimeError(message)


def _send_for(connections: list[_Connection], requests: Callable[[], bytes], seconds: float) -> dict[str, object]:
    poll = select.epoll()
    by_file = {connection.socket.fileno(): connection for connection in connections}
    for file in by_file:
        poll.register(file, select.EPOLLIN)
    times: list[float] = []
    statuses: Counter[str] = Counter()
    cpu, started = time.process_time(), time.perf_counter()
    deadline, waiting = started + seconds, len(connections)
    for connection in connections:
        connection.send(requests())
    while waiting:
        ready = poll.poll(PATIENCE)
        if not ready:
            message = "the server no longer answers"
            raise TimeoutError(message)
        for file, _event in ready:
            connection = by_file[file]
            status = connection.answer()
            if status is None:
                continue
            now = time.perf_counter()
            times.append(now - connection.sent_at)
            statuses[status] += 1
            if now < deadline:
                connection.send(requests())
            else:
                waiting -= 1
    times.sort()
    return {
        "answers": len(times),
        "statuses": statuses,
        "seconds": time.perf_counter() - started,
        "cpu": time.process_time() - cpu,
        "median": times[len(times) // 2],
        "slowest": times[int(len(times) * 0.99)],
    }


def main() -> None:
    asked = json.loads(sys.argv[1])
    template: bytes = b64decode(asked["request"])
    number = asked["first_number"]

    def request() -> bytes:
        nonlocal number
        number += 1
        return template.replace(NUMBER, b"%010d" % number)

    connections = [_Connection(asked["port"]) for _ in range(asked["connections"])]
    print("ready", flush=True)
    sys.stdin.readline()
    if NUMBER in template:
        result = _send_for(connections, request, asked["seconds"])
    else:
        result = _send_for(connections, lambda: template, asked["seconds"])
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
