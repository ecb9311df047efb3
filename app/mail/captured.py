"""The letters that were kept as files, read back for the pages of development."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final

LISTED_MAX: Final = 200
_NAME: Final = re.compile(r"\d{8}T\d{6}\.\d{6}Z-\d+")


@dataclass(frozen=True, slots=True)
class Summary:
    """A letter in the list."""

    name: str
    subject: str
    recipient: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a letter."""

    filename: str
    content_type: str
    content: bytes


def summaries(folder: Path) -> list[Summary]:
    """Return the newest letters of the folder, the newest first."""
    paths = sorted((p for p in folder.glob("*.eml") if _NAME.fullmatch(p.stem)), reverse=True)[:LISTED_MAX]
    return [_summary(path) for path in paths]


def _summary(path: Path) -> Summary:
    with path.open("rb") as file:
        headers = BytesHeaderParser(policy=policy.default).parse(file)
    return Summary(path.stem, headers["Subject"], headers["To"], parsedate_to_datetime(headers["Date"]))


def letter(folder: Path, name: str) -> EmailMessage | None:
    """Return the letter of this name; None where there is none."""
    content = raw(folder, name)
    return message_from_bytes(content, policy=policy.default) if content else None


def raw(folder: Path, name: str) -> bytes:
    """Return the letter as it would have travelled; empty where there is none of this name."""
    path = folder / f"{name}.eml"
    return path.read_bytes() if _NAME.fullmatch(name) and path.is_file() else b""


def body(letter: EmailMessage, subtype: str) -> str:
    """Return the text of the letter as `plain` or `html`; empty when it has none."""
    part = letter.get_body(preferencelist=(subtype,))
    return "" if part is None else str(part.get_content()).replace("\r\n", "\n")


def attachments(letter: EmailMessage) -> Iterator[Attachment]:
    """Yield all that is neither text nor HTML, the invitation among it."""
    for part in letter.walk():
        if part.get_content_type() in {"text/plain", "text/html"} or part.is_multipart():
            continue
        content = part.get_payload(decode=True)
        filename = part.get_filename() or f"part.{part.get_content_subtype()}"
        yield Attachment(filename, part["Content-Type"], content if isinstance(content, bytes) else b"")
