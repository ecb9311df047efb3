"""All letters about one registration stand in one thread, which its first letter begins."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import mailparser
import pytest
from sqlalchemy import select

from app.core.clock import utc_now
from app.core.db import db, transaction
from app.events.models import Event
from app.events.service import apply_changes
from app.mail.delivery import deliver
from app.mail.models import Letter
from app.registrations.changes import announce
from app.registrations.models import Registration
from app.registrations.reminders import remind
from app.registrations.service import cancel
from app.registrations.threads import thread_headers
from tests.support.factories import sign_up_as

STARTS_AT = datetime(2031, 12, 13, 5, 0, tzinfo=UTC)
DELAY = timedelta(minutes=10)
WEEK = timedelta(days=7)


@pytest.fixture
def settings(mail_settings):
    return mail_settings


@pytest.fixture
def event(make_event):
    return make_event("meetup", capacity=1, starts_at=STARTS_AT)


def threads(server):
    """Return the letters as two parsers read them: kind of letter by its Message-ID, and what each refers to."""
    kinds = dict(db.session.execute(select(Letter.message_id, Letter.key)).all())
    found = []
    for message in server.messages:
        first, second = message_from_bytes(message.raw, policy=policy.default), mailparser.parse_from_bytes(message.raw)
        referred = {str(first.get(name, "")) for name in ("References", "In-Reply-To")}
        referred |= {str(second.message.get(name, "")).strip() for name in ("References", "In-Reply-To")}
        (to,) = referred
        found.append((kinds[first["Message-ID"]], kinds.get(to, to)))
    return found


def test_later_letters_answer_the_first_one_of_their_registration(event, smtp_server):
    now = utc_now()
    ada, bob = sign_up_as(event, "ada", now=now), sign_up_as(event, "bob", now=now)
    deliver(now)
    with transaction() as session:
        values = {"starts_at": STARTS_AT + DELAY}
        apply_changes(session.get(Event, event.id), values, now=now)
    announce(now + DELAY)
    deliver(now + DELAY)
    cancel(db.session.get(Registration, ada.id), now=now + DELAY)
    deliver(now + 2 * DELAY)
    remind(STARTS_AT + DELAY - WEEK)
    deliver(STARTS_AT + DELAY - WEEK)

    a, b = ada.id, bob.id
    (reminder,) = db.session.scalars(select(Letter.key).where(Letter.kind == "reminder"))
    assert threads(smtp_server) == [
        (f"confirmed:{a}", ""),
        (f"waiting:{b}", ""),
        (f"change:1:{a}", f"confirmed:{a}"),
        (f"change:1:{b}", f"waiting:{b}"),
        (f"cancelled:{a}", f"confirmed:{a}"),
        (f"promoted:{b}", f"waiting:{b}"),
        (reminder, f"waiting:{b}"),
    ]


def test_one_who_was_approved_has_one_thread_that_began_with_the_wait(event, app):
    ada = sign_up_as(event, "ada")
    pending = db.session.scalars(select(Letter)).one()
    with transaction() as session:
        session.get(Letter, pending.id).key = f"pending:{ada.id}"
        values = {name: getattr(pending, name) for name in ("kind", "to_email", "ids", "due_at", "created_at")}
        session.add(Letter(key=f"confirmed:{ada.id}", message_id="<second@example.org>", **values))

    (confirmed,) = db.session.scalars(select(Letter).where(Letter.key == f"confirmed:{ada.id}"))

    assert thread_headers(confirmed) == {"In-Reply-To": pending.message_id, "References": pending.message_id}
    assert thread_headers(pending) == {}


def test_the_first_letter_is_found_in_one_statement(event, count_statements):
    ada = sign_up_as(event, "ada")
    later = Letter(id=10, key="again:1:1", ids={"registration": ada.id})

    with count_statements() as seen:
        headers = thread_headers(later)

    assert headers["References"] == db.session.scalar(select(Letter.message_id))
    assert len(seen) == 1
