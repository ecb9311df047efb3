"""An OpenID Connect provider in a process of its own, and one that answers whatever a test likes."""

import json
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Self

from tests.support.server import free_port

HOST: Final = "127.0.0.1"
PATIENCE: Final = 20.0


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: Any, **_more: Any) -> None:
        return None


_opener: Final = urllib.request.build_opener(_NoRedirect)


class ProviderProcess:
    """A real provider; a context manager. It knows these people: `{"sub": {"email": …, "email_verified": True}}`."""

    def __init__(self, people: Mapping[str, Mapping[str, object]]) -> None:
        self.port = free_port()
        self.issuer = f"http://{HOST}:{self.port}"
        self._people = people
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start, and wait until it answers."""
        command = [
            sys.executable,
            "-W",
            "ignore",
            "-m",
            "oidc_provider_mock",
            "--port",
            str(self.port),
            "--require-nonce",
        ]
        command += ["true"]
        for subject, claims in self._people.items():
            command += ["--user-claims", json.dumps({"sub": subject, **claims})]
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.issuer}/.well-known/openid-configuration", timeout=1):
                    return self
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.05)
        self.stop()
        message = "the OpenID Connect provider did not start"
        raise AssertionError(message)

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        self.stop()

    def stop(self) -> None:
        """End it; afterwards it is away."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def agree(self, address: str, subject: str | None) -> str:
        """Be the person at the provider who says yes as `subject`, or no; return where the browser is sent back to."""
        form = {"action": "deny"} if subject is None else {"sub": subject}
        try:
            _opener.open(address, data=urllib.parse.urlencode(form).encode(), timeout=5).close()
        except urllib.error.HTTPError as answer:
            if answer.code == 302:
                return str(answer.headers["Location"])
            raise
        message = "the provider sent nobody back"
        raise AssertionError(message)


class FalseProvider:
    """Answers each path with what it is told: a status and a text, or nothing at all (None)."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, str] | None] = {}
        answers, waiting = self.answers, threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answer = answers.get(self.path, (404, "nothing here"))
                if answer is None:
                    waiting.wait(PATIENCE)
                    return
                status, text = answer
                self.send_response(status)
                self.send_header("Location", "/elsewhere")
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._waiting = waiting
        self._server = ThreadingHTTPServer((HOST, 0), Handler)
        self.issuer = f"http://{HOST}:{self._server.server_port}"
        self.discovery = "/.well-known/openid-configuration"

    def __enter__(self) -> Self:
        """Start."""
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop, and let go of whoever still waits."""
        self._waiting.set()
        self._server.shutdown()
        self._server.server_close()
