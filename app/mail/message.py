"""One letter as the bytes that travel (RFC 5322, 2045-2047, 6047).

Flask-Mail's message writes 8-bit lines of any length, loses spaces in Chinese subjects, does not quote names and
lets line ends into headers; this one builds the tree itself. The form of the calendar parts is what Outlook, Gmail
and Apple look for: an alternative inside the first child, and the same bytes as a file for everybody else.
"""

import re
from datetime import datetime
from email import encoders, policy
from email.header import Header
from email.message import Message as MimePart
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.utils import format_datetime, quote
from typing import Final

import flask_mail

from app.core.addresses import normalise
from app.mail.kinds import CalendarPart

# base64 and encoded words keep every line within 76 characters; 78 is asked for (RFC 5322 2.1.1), 998 the limit.
_POLICY: Final = policy.compat32.clone(linesep="\r\n", max_line_length=76)
_PLAIN_MAX: Final = 60  # an ASCII text up to this length needs no folding
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_HEADER_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_METHOD_LINE: Final = re.compile(rb"^METHOD:([A-Z]+)\r\n", re.MULTILINE)
# A letter is no answer to a letter: nobody's absence note should come back (RFC 3834, and Exchange's own).
_AUTOMATIC: Final = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
_OWN_HEADERS: Final = {
    *("subject", "from", "to", "cc", "bcc", "sender", "reply-to", "date", "message-id", "mime-version"),
    *(name.lower() for name in _AUTOMATIC),
}


class BadLetterError(ValueError):
    """A letter that must not leave; the message names the part and says nothing of its content."""


class Message(flask_mail.Message):
    """A letter to one person, ready to travel. Raises BadLetterError for what could break a header."""

    def __init__(
        self,
        *,
        message_id: str,
        sender: tuple[str, str],
        recipient: tuple[str, str],
        reply_to: str | None,
        subject: str,
        text: str,
        html: str,
        calendar: CalendarPart | None,
        headers: dict[str, str],
        now: datetime,
    ) -> None:
        """Keep the parts; sender and recipient are (name, address), a name may be empty."""
        self.sender_name, self.sender_address = sender[0], _ascii_address(sender[1], "From")
        self.recipient_name, self.recipient_address = recipient[0], _ascii_address(recipient[1], "To")
        self.answers_to = _ascii_address(reply_to, "Reply-To") if reply_to else ""
        super().__init__(
            subject=subject,
            recipients=[self.recipient_address],
            body=text,
            html=html,
            sender=self.sender_address,
            reply_to=self.answers_to or None,
            date=now.timestamp(),
            extra_headers=dict(headers),
        )
        self.msgId = message_id
        self.now = now
        self.calendar = calendar
        self._check()

    def has_bad_headers(self) -> bool:
        """Tell whether a header holds what could end it or begin another one; Flask-Mail looks at fewer."""
        try:
            self._check()
        except BadLetterError:
            return True
        return False

    def as_bytes(self) -> bytes:
        """Return what follows DATA: lines end in CRLF, none is longer than 998 octets, all is ASCII."""
        return self._message().as_bytes(policy=_POLICY)

    def as_string(self) -> str:
        """Return the same as text."""
        return self.as_bytes().decode("ascii")

    def _check(self) -> None:
        named = {
            "Subject": self.subject,
            "From": self.sender_name,
            "To": self.recipient_name,
            "Message-ID": self.msgId,
            "file name": self.calendar.filename if self.calendar else "",
            **(self.extra_headers or {}),
        }
        for name, value in named.items():
            if _CONTROL.search(value):
                message = f"a control character in {name}"
                raise BadLetterError(message)
        for name in self.extra_headers or {}:
            if not _HEADER_NAME.fullmatch(name) or name.lower() in _OWN_HEADERS or name.lower().startswith("content-"):
                message = "a header that is not a letter's to set"
                raise BadLetterError(message)
        if self.calendar:
            _check_calendar(self.calendar)

    def _message(self) -> MIMEBase:
        alternative = MIMEMultipart("alternative")
        alternative.attach(_text_part("plain", self.body or ""))
        alternative.attach(_text_part("html", self.html or ""))
        # Always mixed, so that a letter looks the same to filters whether or not it carries a file.
        message = MIMEMultipart("mixed")
        message.attach(alternative)
        if self.calendar:
            if self.calendar.method:
                alternative.attach(_invitation_part(self.calendar))
            message.attach(_file_part(self.calendar))
        for name, value in self._headers():
            message[name] = value  # type: ignore[assignment]  # a Header is what compat32 folds best
        return message

    def _headers(self) -> list[tuple[str, str | Header]]:
        headers: list[tuple[str, str | Header]] = [
            ("From", _mailbox("From", self.sender_name, self.sender_address)),
            ("To", _mailbox("To", self.recipient_name, self.recipient_address)),
            ("Subject", _encoded("Subject", self.subject)),
            ("Date", format_datetime(self.now)),
            ("Message-ID", self.msgId),
        ]
        if self.answers_to:
            headers.append(("Reply-To", self.answers_to))
        headers += _AUTOMATIC.items()
        headers += [(name, _encoded(name, value)) for name, value in (self.extra_headers or {}).items()]
        return headers


def _check_calendar(part: CalendarPart) -> None:
    declared = [method.decode() for method in _METHOD_LINE.findall(part.content)]
    if declared != ([part.method] if part.method else []):
        # Classic Outlook believes the object, newer Exchange refuses the letter (calendar-and-mail 3).
        message = "the calendar's METHOD is not the part's"
        raise BadLetterError(message)
    if part.content.count(b"\n") != part.content.count(b"\r\n") or b"\r\r" in part.content:
        message = "a line of the calendar that does not end in CRLF"
        raise BadLetterError(message)
    if not part.filename.isascii() or '"' in part.filename or "\\" in part.filename:
        message = "a file name that is not plain ASCII"
        raise BadLetterError(message)


def _ascii_address(address: str, header: str) -> str:
    try:
        return normalise(address, allow_local=True).email
    except ValueError:
        message = f"{header} is no address that a letter can go to"
        raise BadLetterError(message) from None


def _is_plain(text: str) -> bool:
    return text.isascii() and len(text) <= _PLAIN_MAX and "=?" not in text


def _encoded(name: str, text: str) -> str | Header:
    # Everything else as encoded words: they lose no space at a fold, and fold where no space is.
    if name.lower() in {"references", "in-reply-to", "list-unsubscribe", "list-unsubscribe-post"}:
        return Header(text, "us-ascii", header_name=name)  # identifiers, in which an encoded word means nothing
    return text if _is_plain(text) else Header(text, "utf-8", header_name=name)


def _mailbox(header: str, name: str, address: str) -> Header:
    """Return `"Foo, Inc." <foo@example.org>`, with the name quoted or encoded as it needs."""
    name = " ".join(name.split())
    if not name:
        return Header(address, "us-ascii", header_name=header)
    if _is_plain(name):
        return Header(f'"{quote(name)}" <{address}>', "us-ascii", header_name=header)
    mailbox = Header(name, "utf-8", header_name=header)
    mailbox.append(f"<{address}>", "us-ascii")
    return mailbox


def _text_part(subtype: str, text: str) -> MIMEBase:
    # base64 of canonical lines: no server on the way has a reason to touch it.
    part = MIMEBase("text", subtype, charset="utf-8")
    part.set_payload("\r\n".join(text.splitlines()).encode() + b"\r\n")
    encoders.encode_base64(part)
    return part


def _invitation_part(calendar: CalendarPart) -> MimePart:
    part = MimePart()
    # Unquoted, as every calendar server writes it; the last of the alternatives, and no attachment.
    part["Content-Type"] = f"text/calendar; charset=utf-8; method={calendar.method}; component=VEVENT"
    part.set_payload(calendar.content)
    encoders.encode_base64(part)
    return part


def _file_part(calendar: CalendarPart) -> MIMEBase:
    # Not text/calendar again: with a METHOD inside it would be processed twice.
    part = MIMEBase("application", "ics", name=calendar.filename)
    part.set_payload(calendar.content)
    encoders.encode_base64(part)
    part.add_header("Content-Disposition", "attachment", filename=calendar.filename)
    return part
