"""Asks the application inside this process: no network, no server, and the clock runs only while it works."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from flask import Flask
from werkzeug.test import EnvironBuilder


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, and what it took in milliseconds: by the wall clock, and of processor time (this thread alone)."""

    status: int
    headers: dict[str, str]
    body: bytes
    wall: float
    processor: float


class Inside:
    """The site's only visitor. `headers` go with every request."""

    def __init__(self, app: Flask, **headers: str) -> None:
        self._app = app
        self._headers = headers

    def get(self, path: str, *, expected: int = 200, **headers: str) -> Answer:
        """Ask for a path; raises RuntimeError when the answer has another status."""
        given = {name.replace("_", "-"): value for name, value in {**self._headers, **headers}.items()}
        environ = EnvironBuilder(path=path, headers=given).get_environ()
        begun: list[tuple[str, list[tuple[str, str]]]] = []

        def start(status: str, sent: list[tuple[str, str]], _error: object = None) -> Callable[[bytes], object]:
            begun.append((status, sent))
            return lambda _data: None

        wall, processor = time.perf_counter(), time.thread_time()
        chunks: Iterable[bytes] = self._app.wsgi_app(environ, start)
        body = b"".join(chunks)
        if hasattr(chunks, "close"):
            chunks.close()
        took = (time.perf_counter() - wall) * 1000, (time.thread_time() - processor) * 1000
        status, sent = begun[-1]
        if int(status[:3]) != expected:
            message = f"{path} is answered with {status}"
            raise RuntimeError(message)
        return Answer(int(status[:3]), dict(sent), body, *took)


def milliseconds(run: Callable[[], object]) -> float:
    """Return how long this takes, by the wall clock."""
    started = time.perf_counter()
    run()
    return (time.perf_counter() - started) * 1000
