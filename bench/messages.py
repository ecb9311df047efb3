"""A message to 10,000 people: the request, and the queueing; and the outbox of an event with very many letters."""

from datetime import datetime, timedelta
from typing import Any, Final

from flask import Flask
from sqlalchemy import select, update

from app.accounts import service as accounts
from app.accounts.gate import COOKIE
from app.core.addresses import normalise
from app.core.clock import utc_now
from app.core.db import db, transaction
from app.core.i18n import Texts
from app.events.models import Event
from app.history.service import THE_SITE
from app.mail.models import Failure, Letter, LetterState
from app.messages import sending, service
from app.messages.audience import outlook
from app.messages.queries import message_of
from app.registrations.models import Registration, RegistrationState
from bench import seed
from bench.inside import Answer, Inside, milliseconds
from bench.report import Budget, Report
from bench.stage import Engine, Stage
from bench.statements import plan, watched

PAGE: Final = Budget("at most", 100)
REQUEST: Final = Budget("at most", 500)
QUEUED: Final = Budget("at most", 3)
OUTBOX: Final = f"/organizer/events/{seed.CROWDED}/letters"
# Letters an attendee: a confirmation, a reminder, a message.
LETTERS: Final = 3
VALUES: Final[dict[str, Any]] = {
    "subject": Texts(zh="带什么来", en="What to bring"),
    "body": Texts(zh="{name}，你好！", en="Hello {name}!"),
    "purpose": "news",
    "why": "",
    "status": ["confirmed"],
    "type": [],
    "answer": [],
    "tag": [],
    "in": "",
    "lacks": "",
    "q": "",
    "from": None,
    "to": None,
    "source": "",
}


def measure(stage: Stage, engine: Engine, report: Report) -> None:
    _message(stage, engine, report)
    _outbox(stage, engine, report)


def _message(stage: Stage, engine: Engine, report: Report) -> None:
    people = stage.size.messaged
    with stage.application(stage.database(engine, "messages")) as app, app.app_context():
        now = utc_now()
        seed.places(now)
        seed.events(1, agenda=0, now=now)
        seed.attendees(people, now=now)
        with transaction() as session:
            session.execute(update(Registration).values(state=RegistrationState.CONFIRMED))
        event = db.session.scalars(select(Event).where(Event.slug == seed.CROWDED)).one()
        message = message_of(event.id, service.create(event.id, VALUES, by=THE_SITE, now=now))
        counted = milliseconds(lambda: outlook(event, message))
        report.add(f"a message to {people:,}: the count", counted, "ms", PAGE)
        begun = milliseconds(
            lambda: sending.begin(event, message.id, shown=people, revision=1, by=THE_SITE, now=utc_now())
        )
        report.add(f"a message to {people:,}: the button", begun, "ms", REQUEST)
        report.add(f"a message to {people:,}: all letters queued", milliseconds(_queue) / 1000, "s", QUEUED)
        if message_of(event.id, message.id).letters != people:
            error = "not everybody has a letter"
            raise RuntimeError(error)


def _queue() -> None:
    while sending.send_due(utc_now()):
        pass


def _outbox(stage: Stage, engine: Engine, report: Report) -> None:
    rows = stage.size.rows
    with stage.application(stage.database(engine, "outbox")) as app:
        with app.app_context():
            now = utc_now()
            seed.places(now)
            seed.events(1, agenda=0, now=now)
            seed.attendees(rows, now=now)
            _letters(rows, now)
        visitor = _signed_in(app)
        for name, path in _pages(rows).items():
            visitor.get(path)
            with app.app_context():
                sql = db.engine
            with watched(sql) as asked:
                visitor.get(path)
            answers: list[Answer] = [visitor.get(path) for _n in range(stage.size.repeats)]
            report.add(f"{name}: statements", len(asked), "")
            report.add(f"{name}: time to make", [answer.wall for answer in answers], "ms", PAGE)
            with app.app_context():
                for number, each in enumerate(asked, start=1):
                    if not each.many:
                        title = f"{name} {number} ({each.milliseconds:.1f} ms): {each.short}"
                        report.add_plan(title, plan(sql, each))


def _letters(people: int, now: datetime) -> None:
    with transaction() as session:
        rows = (_letter(number, people, now) for number in range(1, people * LETTERS + 1))
        seed.insert_rows(session.connection(), Letter.__table__, rows)
    seed.settle()


def _letter(number: int, people: int, now: datetime) -> dict[str, Any]:
    person, round_of = 1 + (number - 1) % people, (number - 1) // people
    state = LetterState.SENT
    if number > people * LETTERS - people // 10:
        state = LetterState.QUEUED
    elif number % 50 == 0:
        state = LetterState.FAILED
    elif number % 33 == 0:
        state = LetterState.STOPPED
    sent_at = now - timedelta(days=20) + timedelta(seconds=number)
    email = f"attendee.{person}@mail-{person % 97}.example.com"
    return {
        "id": number,
        "kind": ("confirmed", "reminder", "message")[round_of],
        "key": f"seed:{number}",
        "to_email": email,
        "to_key": email,
        "to_name": seed.name_of(person),
        "language": "zh",
        "ids": {"registration": person},
        "state": state,
        "failure": Failure.ADDRESS if state is LetterState.FAILED else None,
        "attempts": 0 if state is LetterState.QUEUED else 1,
        "due_at": now + timedelta(days=1) if state is LetterState.QUEUED else sent_at,
        "created_at": sent_at,
        "sent_at": sent_at if state is LetterState.SENT else None,
        "topic": "event:1",
        "batch": "message:1" if round_of == LETTERS - 1 else "",
        "message_id": f"<letter.{number:032x}@example.com>",
    }


def _pages(rows: int) -> dict[str, str]:
    return {
        f"outbox, first page of {rows * LETTERS:,}": OUTBOX,
        "outbox, waiting": f"{OUTBOX}?state=waiting",
        "outbox, failed": f"{OUTBOX}?state=failed",
        "outbox, last page": f"{OUTBOX}?before=40",
        "outbox, a name that many have": f"{OUTBOX}?q={seed.name_of(7)}",
        "outbox, an address that one has": f"{OUTBOX}?q=attendee.{rows - 1}@",
        "outbox, a word that none has": f"{OUTBOX}?q=nowhere",
    }


def _signed_in(app: Flask) -> Inside:
    address = normalise(seed.ORGANIZER)
    with app.app_context():
        accounts.add_organizer(address, now=utc_now())
        token = accounts.link_for_command(address, now=utc_now())
        secret = accounts.sign_in(token, user_agent="bench", now=utc_now())
    return Inside(app, Cookie=f"{COOKIE}={secret}")
