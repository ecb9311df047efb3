"""What the tests of letters share: a moment, a kind of letter of their own, a way to queue it."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask import Flask

from app.core.db import transaction
from app.mail import kinds, outbox, queries
from app.mail.kinds import CalendarPart, Draft
from app.mail.models import Letter, Priority

PROBE = "probe"
ICS = b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:1\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"


@pytest.fixture
def now() -> datetime:
    """The moment at which the tests happen."""
    return datetime(2019, 12, 1, 4, 30, tzinfo=UTC)


def write_probe(letter: Letter) -> Draft | None:
    """Write what the row says to write."""
    if letter.ids.get("unneeded"):
        return None
    if letter.ids.get("broken"):
        raise KeyError(letter.to_email)
    return Draft(
        subject=letter.ids.get("subject", "报名成功"),
        text=f"你好 {letter.to_name}\n",
        html=f"<!doctype html><html><head></head><body><p>你好 {letter.to_name}</p></body></html>",
        calendar=CalendarPart(ICS, "REQUEST") if letter.ids.get("calendar") else None,
        headers=letter.ids.get("headers", {}),
    )


@pytest.fixture
def queue(app: Flask, now: datetime) -> Callable[..., Letter]:
    """Queue a letter of the tests' own kind: `queue("ada")`, `queue("bob", subject="…")`."""
    kinds._WRITERS[PROBE] = write_probe  # each test module gets a conftest of its own, so `register` would refuse

    def put(
        who: str,
        *,
        kind: str = PROBE,
        at: datetime = now,
        domain: str = "example.com",
        to: str = "",
        priority: Priority = Priority.PERSONAL,
        **ids: object,
    ) -> Letter:
        key, email = f"{kind}:{who}:{domain}", to or f"{who}@{domain}"
        with transaction():
            outbox.queue(kind, key=key, to_email=email, to_name=who, language="zh", ids=ids, priority=priority, now=at)
        letter = queries.letter_by_key(key)
        assert letter is not None
        return letter

    return put
