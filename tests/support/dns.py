"""A name server on loopback, for what the doctor asks the world."""

import socket
import threading
from typing import Self

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

HOST = "127.0.0.1"


class DnsServer:
    """Answers from its records: `{"example.org": {"MX": ["10 mx.example.org."]}}`; a context manager."""

    def __init__(self, records: dict[str, dict[str, list[str]]] | None = None) -> None:
        self.records = records or {}
        self.is_silent = False
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((HOST, 0))
        self._socket.settimeout(0.1)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="dns-server", daemon=True)

    @property
    def address(self) -> str:
        """Where it listens, as the setting DNS_SERVER has it."""
        return f"{HOST}:{self._socket.getsockname()[1]}"

    def __enter__(self) -> Self:
        """Start to listen."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._stop.set()
        self._thread.join(5)
        self._socket.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                packet, asker = self._socket.recvfrom(4096)
            except TimeoutError:
                continue
            if not self.is_silent:
                self._socket.sendto(self._answer(packet), asker)

    def _answer(self, packet: bytes) -> bytes:
        asked = dns.message.from_wire(packet)
        answer = dns.message.make_response(asked)
        answer.flags |= dns.flags.RA
        (question,) = asked.question
        known = self.records.get(question.name.to_text().rstrip("."))
        if known is None:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        else:
            kind = question.rdtype.name
            if values := known.get(kind):
                answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *values))
        return answer.to_wire()
