"""How a letter leaves: by SMTP, or as a file where no server is set."""

import os
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path
from typing import Any, Final, Protocol, Self
from urllib.parse import urlsplit

import flask_mail
from flask import current_app

from app.mail.message import Message
from app.mail.refusals import CLOSING, Refusal, Step

# How often a letter's way may wait for the server: connect (two addresses), greeting, EHLO, STARTTLS, handshake,
# EHLO, AUTH (three), MAIL, RCPT, DATA. RSET and QUIT come after the answer that counts.
STEPS_MAX: Final = 13
_SIGN_IN_FIRST: Final = 530  # RFC 4954 6: the settings lack a user name, the letter lacks nothing
_FINAL: Final = 500


class DeliveryError(Exception):
    """The server did not take a letter. `words` are its own, for organizers; they may hold an address.

    `is_final`: trying again is of no use. `is_general`: the next letter would fare no better now. `refusal`: what the
    server answered, where it spoke.
    """

    def __init__(
        self, words: str, *, is_final: bool = False, is_general: bool = False, refusal: Refusal | None = None
    ) -> None:
        super().__init__(words)
        self.words = words
        self.is_final = is_final
        self.is_general = is_general
        self.refusal = refusal


class Transport(Protocol):
    """Takes one letter after the other."""

    def send(self, message: Message, *, name: str) -> None:
        """Hand the letter over for good, or raise DeliveryError; `name` is unique to the letter."""


@contextmanager
def open_transport() -> Iterator[Transport]:
    """Give the way letters leave by in this installation; what it opened is closed at the end."""
    if not current_app.config["MAIL_SERVER"]:
        yield Folder(captured_folder())
        return
    transport = Smtp(Server.from_settings(current_app.config))
    try:
        yield transport
    finally:
        transport.close()


def captured_folder() -> Path:
    """Return where letters are kept as files while no server is set."""
    return Path(current_app.config["INSTANCE_PATH"]) / "mail"


def check_server() -> None:
    """Connect, encrypt and sign in as for a letter, and leave again; raises DeliveryError with what is wrong."""
    if current_app.config["MAIL_SERVER"]:
        transport = Smtp(Server.from_settings(current_app.config))
        try:
            transport.connect()
        finally:
            transport.close()


class Folder:
    """Writes each letter as a file; their names sort by time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, message: Message, *, name: str) -> None:
        """Write the file whole or not at all."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / f"{message.now.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}-{name}.eml"
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_bytes(message.as_bytes())
        fresh.replace(path)


@dataclass(frozen=True, slots=True)
class Server:
    """What must be known of the SMTP server."""

    host: str
    port: int
    security: str
    timeout: float
    ehlo: str
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""

    @classmethod
    def from_settings(cls, settings: dict[str, Any]) -> Self:
        """Read the MAIL_ settings."""
        return cls(
            host=settings["MAIL_SERVER"],
            port=settings["MAIL_PORT"],
            security=settings["MAIL_SECURITY"],
            timeout=settings["MAIL_TIMEOUT"],
            ehlo=_own_name(settings["PUBLIC_URL"]),
            username=settings["MAIL_USERNAME"],
            password=settings["MAIL_PASSWORD"],
            ca_file=settings["MAIL_CA_FILE"],
        )


class Connection(flask_mail.Connection):
    """Flask-Mail's connection, with a time limit, a checked certificate, and an end that hides no error."""

    def __init__(self, mail: flask_mail.Mail, server: Server) -> None:
        super().__init__(mail)
        self._server = server

    def configure_host(self) -> smtplib.SMTP:
        """Connect, encrypt as the settings say, and sign in; nothing is left open when that fails."""
        server = self._server
        context = None if server.security == "none" else ssl.create_default_context(cafile=server.ca_file or None)
        if server.security == "tls":
            host: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, local_hostname=server.ehlo, timeout=server.timeout, context=context
            )
        else:
            # The name is given: smtplib would ask the name server for it, and wait.
            host = smtplib.SMTP(server.host, server.port, local_hostname=server.ehlo, timeout=server.timeout)
        try:
            if server.security == "starttls":
                host.starttls(context=context)
            if server.username:
                host.login(server.username, server.password)
        except BaseException:
            host.close()
            raise
        return host

    def __exit__(self, *_: object) -> None:
        """Say goodbye; a server that does not answer any more has said all that counts."""
        if self.host is not None:
            with suppress(smtplib.SMTPException, OSError):
                self.host.quit()
            self.host.close()
            self.host = None


class Smtp:
    """Sends through one connection, which is opened when it is needed and again when it was lost."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._connection: Connection | None = None

    def connect(self) -> None:
        """Open the connection if there is none. Raises DeliveryError, which concerns every letter alike."""
        if self._connection is not None:
            return
        connection = Connection(current_app.extensions["mail"], self._server)
        try:
            self._connection = connection.__enter__()
        except (smtplib.SMTPException, OSError) as error:
            # Never final, whatever the code: a wrong password is no fault of the letters that wait.
            raise DeliveryError(self._words(error), is_general=True) from error

    def close(self) -> None:
        """Close the connection if there is one."""
        if self._connection is not None:
            self._connection.__exit__()
            self._connection = None

    def send(self, message: Message, *, name: str) -> None:  # noqa: ARG002 - the folder needs it
        """Send the letter; after any trouble the next one gets a connection of its own."""
        self.connect()
        assert self._connection is not None  # noqa: S101 - connect() raised otherwise
        try:
            self._connection.send(message)
        except (smtplib.SMTPException, OSError) as error:
            refusal = _refusal(error)
            code = refusal.code if refusal else None
            if code is None or code == CLOSING:
                # Nobody listens there any more; a QUIT would only wait.
                _hang_up(self._connection)
                self._connection = None
            self.close()
            # A server that closes once it has heard whom the letter is for speaks of that domain, not of itself.
            is_general = code == _SIGN_IN_FIRST or (code == CLOSING and not (refusal and refusal.asks_for_patience))
            is_final = code is not None and code >= _FINAL and not is_general
            raise DeliveryError(
                self._words(error), is_final=is_final, is_general=is_general, refusal=refusal
            ) from error

    def _words(self, error: Exception) -> str:
        """Return what happened, for the organizers: the server's own words where it spoke."""
        answer = _answer(error)
        if answer is not None:
            code, said = answer
            return f"{code} {said.decode('utf-8', 'replace') if isinstance(said, bytes) else said}"
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"the server's certificate is not trusted: {error.verify_message}"
        if isinstance(error, TimeoutError) or "timed out" in str(error):
            return f"no answer within {self._server.timeout:g} seconds"
        if isinstance(error, socket.gaierror):
            return "the name of the mail server is not known"
        return str(error)


def _answer(error: Exception) -> tuple[int, bytes | str] | None:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        answer: tuple[int, bytes | str] = next(iter(error.recipients.values()))
        return answer
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code, error.smtp_error
    return None


def _refusal(error: Exception) -> Refusal | None:
    answer = _answer(error)
    if answer is None:
        return None
    step: Step = "MAIL"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        step = "RCPT"
    elif isinstance(error, smtplib.SMTPDataError):
        step = "DATA"
    code, said = answer
    return Refusal(code, said.decode("utf-8", "replace") if isinstance(said, bytes) else said, step)


def _hang_up(connection: Connection) -> None:
    if connection.host is not None:
        connection.host.close()


def _own_name(public_url: str) -> str:
    """Return how this machine introduces itself in EHLO (RFC 5321 4.1.3: an address goes into brackets)."""
    host = urlsplit(public_url).hostname or "localhost"
    if ":" in host:
        return f"[IPv6:{host}]"
    return f"[{host}]" if host.replace(".", "").isdigit() else host
