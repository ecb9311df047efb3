"""A real SMTP server on loopback that can refuse, stall and drop at any step, and keeps the raw messages."""

import asyncio
import ssl
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any, Final, Literal, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST: Final = "127.0.0.1"
Step = Literal["CONNECT", "MAIL", "RCPT", "DATA"]


@dataclass(frozen=True, slots=True)
class Received:
    """One message as it came over the wire."""

    raw: bytes
    sender: str
    recipients: tuple[str, ...]
    encrypted: bool
    username: str | None


@dataclass(slots=True)
class Fault:
    """What to do instead of accepting: answer with this line, say nothing, or cut the connection."""

    kind: Literal["refuse", "stall", "drop"]
    answer: str = ""
    times: int | None = None
    recipient: str | None = None
    keeps: bool = False


class SmtpServer:
    """A server in a thread of its own, on a port of its own; a context manager.

    With `certificate` (see `self_signed`) it offers STARTTLS; with `credentials` it asks for them.
    """

    def __init__(
        self, *, certificate: tuple[Path, Path] | None = None, credentials: tuple[str, str] | None = None
    ) -> None:
        self.host = HOST
        self.port = 0
        self.messages: list[Received] = []
        self.connections = 0
        self.faults: dict[Step, Fault] = {}
        self._credentials = credentials
        self._tls: ssl.SSLContext | None = None
        if certificate:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(*certificate)
        self._arrived = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="smtp-server", daemon=True)
        self._ready = threading.Event()
        self._open: set[_Conversation] = set()

    def __enter__(self) -> Self:
        """Start to listen."""
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        """Cut every conversation and stop."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def refuse(
        self, step: Step, code: int, text: str = "no", *, times: int | None = None, recipient: str | None = None
    ) -> None:
        """Answer this step with this code, so many times (always, if not said), or for this recipient alone."""
        self.faults[step] = Fault("refuse", f"{code} {text}", times, recipient)

    def stall(self, step: Step, *, times: int | None = None) -> None:
        """Never answer this step."""
        self.faults[step] = Fault("stall", times=times)

    def drop(self, step: Step, *, times: int | None = None, keeps: bool = False) -> None:
        """Cut the connection at this step; at DATA, `keeps` says that the message was taken all the same."""
        self.faults[step] = Fault("drop", times=times, keeps=keeps)

    def accept(self) -> None:
        """Accept everything again."""
        self.faults.clear()

    def wait_for(self, count: int, *, seconds: float = 60) -> list[Received]:
        """Return the messages once there are so many; an AssertionError with what came when there never are."""
        deadline = time.monotonic() + seconds
        with self._arrived:
            while len(self.messages) < count:
                left = deadline - time.monotonic()
                if left <= 0 or not self._arrived.wait(left):
                    message = f"waited {seconds:g} s for {count} messages, got {len(self.messages)}"
                    raise AssertionError(message)
            return list(self.messages)

    def _keep(self, message: Received) -> None:
        with self._arrived:
            self.messages.append(message)
            self._arrived.notify_all()

    def _fault(self, step: Step, recipient: str | None = None) -> Fault | None:
        fault = self.faults.get(step)
        if fault is None or fault.recipient not in {None, recipient} or fault.times == 0:
            return None
        if fault.times is not None:
            fault.times -= 1
        return fault

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(self._loop.create_server(self._conversation, HOST, 0))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for conversation in list(self._open):
            conversation.cut()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        # Twice round: the cancelled end, then what they called on their way out.
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.run_until_complete(asyncio.sleep(0.01))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    def _conversation(self) -> "_Conversation":
        return _Conversation(
            self,
            tls_context=self._tls,
            auth_required=self._credentials is not None,
            auth_require_tls=self._tls is not None,
            authenticator=self._authenticate,
            loop=self._loop,
        )

    def _authenticate(self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, data: Any) -> AuthResult:
        if not isinstance(data, LoginPassword):
            return AuthResult(success=False, handled=False)
        is_known = (data.login.decode(), data.password.decode()) == self._credentials
        return AuthResult(success=is_known, handled=False, auth_data=data)  # not handled: the server answers 535


class _Conversation(SMTP):
    """One connection; it can be refused, left waiting or cut before the first word."""

    def __init__(self, server: SmtpServer, **options: Any) -> None:
        self._server = server
        super().__init__(_Handler(server), hostname="loopback.example", ident="tests", **options)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Called a second time when STARTTLS has wrapped the connection.
        if self not in self._server._open:
            self._server.connections += 1
        self._server._open.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._server._open.discard(self)
        super().connection_lost(error)

    def cut(self) -> None:
        """End the connection without a word."""
        if isinstance(self.transport, asyncio.WriteTransport):
            # Python 3.11.2 (Debian 12) fails so where TLS is closed already; later ones do nothing then.
            with suppress(AttributeError):
                self.transport.abort()

    async def _handle_client(self) -> None:
        if fault := self._server._fault("CONNECT"):
            await self.push(await _act(fault, self))
            if self.transport is not None:
                self.transport.close()
            return
        await super()._handle_client()


class _Handler:
    """What the server does at each step; the names of the methods are aiosmtpd's."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, conversation: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if fault := self._server._fault("MAIL"):
            return await _act(fault, conversation)
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, conversation: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if fault := self._server._fault("RCPT", address):
            return await _act(fault, conversation)
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, conversation: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        fault = self._server._fault("DATA")
        if fault is None or fault.keeps:
            content = envelope.content
            self._server._keep(
                Received(
                    raw=content if isinstance(content, bytes) else (content or "").encode(),
                    sender=envelope.mail_from or "",
                    recipients=tuple(envelope.rcpt_tos),
                    encrypted=bool(session.ssl),
                    username=getattr(session.auth_data, "login", b"").decode() or None,
                )
            )
        return "250 OK" if fault is None else await _act(fault, conversation)


async def _act(fault: Fault, conversation: SMTP) -> str:
    """Return the refusal; for the other kinds never return: the connection's end ends the waiting."""
    if fault.kind == "refuse":
        return fault.answer
    if fault.kind == "drop" and isinstance(conversation, _Conversation):
        conversation.cut()
    await asyncio.Event().wait()
    raise AssertionError


def self_signed(folder: Path, *, host: str = HOST) -> tuple[Path, Path]:
    """Write a certificate for this address that signs itself; return the files of certificate and key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
    now = datetime.now(UTC)
    names: list[x509.GeneralName] = [x509.DNSName("localhost")]
    names.append(x509.IPAddress(IPv4Address(host)) if host[0].isdigit() else x509.DNSName(host))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / "certificate.pem", folder / "key.pem"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate_file, key_file
