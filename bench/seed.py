"""Rows in bulk: many events, many attendees of one event, many letters. Written as the services would leave them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Integer, Table, func, insert, select, text

from app.community.models import Person
from app.core.db import db, transaction
from app.core.i18n import Texts
from app.core.tokens import CODE_ALPHABET, CODE_LENGTH
from app.events.models import (
    City,
    Event,
    EventState,
    Mode,
    Session,
    SessionKind,
    SessionSpeaker,
    Tag,
    TicketKind,
    TicketType,
    Venue,
    event_tags,
)
from app.mail.models import Letter, LetterState
from app.registrations.marks import AttendeeTag
from app.registrations.models import Answer, Purpose, Question, QuestionKind, Registration, RegistrationState
from app.registrations.searching import columns

BATCH: Final = 5_000
CITIES: Final = 8
TAGS: Final = 6
AGENDA: Final = 8
PEOPLE: Final = 40
_APART: Final = timedelta(hours=12)
CROWDED: Final = "crowded"  # the event everybody comes to
ORGANIZER: Final = "bench@example.com"
ABSTRACT: Final = "从零开始介绍如何在多集群环境里管理应用，并分享我们在生产环境中的经验与教训。"
_FAMILY: Final = "王李张刘陈杨赵黄周吴"
_GIVEN: Final = "伟芳娜敏静丽强磊军洋艳勇杰娟涛明超秀霞平"

Rows = Iterator[dict[str, Any]]


def places(now: datetime) -> None:
    """Add cities, a venue in each, tags and people, on which `events` builds."""
    with transaction() as session:
        for number in range(1, CITIES + 1):
            city = City(id=number, slug=f"city-{number}", name=Texts(zh=f"城市 {number}", en=f"City {number}"))
            session.add(city)
            session.flush()
            session.add(
                Venue(
                    id=number,
                    slug=f"venue-{number}",
                    name=Texts(zh=f"第 {number} 大厦 13 层", en=f"Tower {number}, 13th floor"),
                    address=Texts(zh=f"青龙胡同 {number} 号"),
                    city_id=number,
                    latitude=39.9 + number / 100,
                    longitude=116.4,
                    revised_at=now,
                )
            )
        session.add_all(
            Tag(id=n, slug=f"tag-{n}", name=Texts(zh=f"主题 {n}", en=f"Tag {n}")) for n in range(1, TAGS + 1)
        )
        session.add_all(
            Person(id=n, slug=f"person-{n}", name=Texts(zh=name_of(n), en=f"Person {n}"), revised_at=now)
            for n in range(1, PEOPLE + 1)
        )


def events(count: int, *, agenda: int, now: datetime, within: timedelta = timedelta(days=9 * 365)) -> None:
    """Add so many public events, the first a month ahead and each half a day or less before the one before it."""
    with transaction() as session:
        write = session.connection()
        ids = range(1, count + 1)
        insert_rows(write, Event.__table__, (_event(n, min(_APART, within / count), now) for n in ids))
        insert_rows(write, event_tags, ({"event_id": n, "tag_id": 1 + (n + k) % TAGS} for n in ids for k in range(2)))
        insert_rows(write, TicketType.__table__, (_ticket_type(n) for n in ids))
        if agenda:
            insert_rows(write, Session.__table__, (_session(n, k, agenda) for n in ids for k in range(agenda)))
            insert_rows(
                write,
                SessionSpeaker.__table__,
                (
                    {
                        "session_id": (n - 1) * agenda + k + 1,
                        "person_id": 1 + (n * 3 + k) % PEOPLE,
                        "position": 0,
                        "affiliation": Texts(zh="青云科技"),
                    }
                    for n in ids
                    for k in range(agenda)
                    if k % 4 != 3
                ),
            )
    settle()


def _event(number: int, apart: timedelta, now: datetime) -> dict[str, Any]:
    starts_at = now + timedelta(days=30) - number * apart
    return {
        "id": number,
        "slug": f"event-{number}",
        "uid": str(UUID(int=number)),
        "state": EventState.CANCELLED if number % 50 == 0 else EventState.PUBLISHED,
        "title": Texts(zh=f"云原生 Meetup 第 {number} 期", en=f"Cloud native meetup no. {number}"),
        "summary": Texts(zh="与社区的朋友聊一聊云原生，从容器到可观测性。", en="An afternoon about cloud native."),
        "description": Texts(zh=f"**{ABSTRACT}**\n\n- 现场参加\n- 线上参加"),
        "is_demo": False,
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(hours=5),
        "is_all_day": False,
        "zone": "Asia/Shanghai",
        "mode": Mode.IN_PERSON,
        "venue_id": 1 + number % CITIES,
        "city_id": 1 + number % CITIES,
        "has_waiting_list": True,
        "agenda_is_illustrative": False,
        "agenda_order_known": True,
        "notice": Texts(),
        "recap": Texts(),
        "agenda_note": Texts(),
        "credits": [],
        "links": [],
        "sequence": number % 3,
        "revision": 1 + number % 7,
        "revised_at": now - timedelta(days=1, seconds=number),
        "created_at": now - timedelta(days=400),
        "published_at": starts_at - timedelta(days=60),
        "cancellation_reason": Texts(),
    }


def _session(event_number: int, position: int, agenda: int) -> dict[str, Any]:
    return {
        "id": (event_number - 1) * agenda + position + 1,
        "event_id": event_number,
        "position": position,
        "kind": SessionKind.BREAK if position % 4 == 3 else SessionKind.TALK,
        "title": Texts(zh=f"议题 {position + 1}：多集群应用管理的实践", en=f"Talk {position + 1}: many clusters"),
        "abstract": Texts(zh=ABSTRACT),
        "minutes": 30,
        "speaker_note": Texts(),
    }


def _ticket_type(event_number: int) -> dict[str, Any]:
    return {
        "id": event_number,
        "event_id": event_number,
        "slug": "in-person",
        "position": 0,
        "kind": TicketKind.IN_PERSON,
        "name": Texts(zh="现场参加", en="In person"),
        "description": Texts(),
        "capacity": None if event_number == 1 else 60,
        "seats_taken": 0,
        "is_public": True,
    }


_SOURCES: Final = ("", "zhihu", "newsletter", "", "partner.one", "wechat", "partner.two")
_PURPOSES: Final = {"company": Purpose.COMPANY, "phone": Purpose.PHONE}
QUESTIONS: Final[Sequence[tuple[str, QuestionKind, str, list[str]]]] = (
    ("company", QuestionKind.SHORT_TEXT, "公司或学校", []),
    ("phone", QuestionKind.PHONE, "手机", []),
    ("level", QuestionKind.ONE_CHOICE, "经验", ["none", "some", "much"]),
    ("interests", QuestionKind.SEVERAL_CHOICES, "感兴趣的主题", ["devops", "mesh", "edge", "storage"]),
    ("note", QuestionKind.LONG_TEXT, "想问讲师的问题", []),
)


def attendees(count: int, *, now: datetime) -> None:
    """Rename event 1 to CROWDED and let so many people sign up for it; four of five answer all five questions."""
    with transaction() as session:
        session.execute(Event.__table__.update().where(Event.id == 1).values(slug=CROWDED))
        for position, (key, kind, label, options) in enumerate(QUESTIONS):
            session.add(
                Question(
                    id=position + 1,
                    event_id=1,
                    key=key,
                    position=position,
                    kind=kind,
                    purpose=_PURPOSES.get(key),
                    label=Texts(zh=label, en=key.title()),
                    options=[{"value": value, "label": {"zh": value, "en": value.title()}} for value in options],
                )
            )
        session.flush()
        write = session.connection()
        ids = range(1, count + 1)
        insert_rows(write, Registration.__table__, (_registration(n, count, now) for n in ids))
        insert_rows(write, Answer.__table__, (row for n in ids if n % 5 for row in _answers(n)))
        insert_rows(write, AttendeeTag.__table__, (_tag(n, "VIP") for n in ids if n % 50 == 0))
        insert_rows(write, AttendeeTag.__table__, (_tag(n, "Prize") for n in ids if n == count - 3))
    settle()


def _registration(number: int, count: int, now: datetime) -> dict[str, Any]:
    state = RegistrationState.CONFIRMED
    if number % 10 == 0:
        state = RegistrationState.CANCELLED
    elif number > count * 0.95:
        state = RegistrationState.WAITING
    signed_up_at = now - timedelta(days=20) + timedelta(seconds=number)
    return {
        "id": number,
        "code": code_of(number),
        "event_id": 1,
        "ticket_type_id": 1,
        "state": state,
        "name": name_of(number),
        "email": f"attendee.{number}@mail-{number % 97}.example.com",
        "email_key": f"attendee.{number}@mail-{number % 97}.example.com",
        "language": "zh",
        "token_version": 1,
        "calendar_offset": 0,
        "created_at": signed_up_at,
        "confirmed_at": None if state is RegistrationState.WAITING else signed_up_at,
        "cancelled_at": now if state is RegistrationState.CANCELLED else None,
        "checked_in_at": now if number % 3 == 0 else None,
        "revised_at": signed_up_at,
        # One alone came by a poster.
        "source": "poster" if number == count - 7 else _SOURCES[number % len(_SOURCES)],
        **columns(
            name=name_of(number),
            email=f"attendee.{number}@mail-{number % 97}.example.com",
            code=code_of(number),
            company=company_of(number) if number % 5 else "",
        ),
    }


def company_of(number: int) -> str:
    """Return whom somebody works for."""
    return f"第 {number % 331} 科技有限公司"


def _answers(number: int) -> Rows:
    values: Mapping[int, Any] = {
        1: company_of(number),
        2: f"+86138{number:08}",
        3: ("none", "some", "much")[number % 3],
        4: ["devops", "edge"] if number % 2 else ["mesh", "storage"],
        5: f"=1+1 请问第 {number} 个问题：{ABSTRACT}",
    }
    for question_id, value in values.items():
        yield {"registration_id": number, "question_id": question_id, "value": value}


def _tag(number: int, name: str) -> dict[str, Any]:
    return {"registration_id": number, "event_id": 1, "name": name, "key": name.casefold()}


def letters(count: int, *, due: int, now: datetime) -> None:
    """Add so many letters, one to each attendee; the last `due` of them have not been sent."""
    with transaction() as session:
        insert_rows(
            session.connection(), Letter.__table__, (_letter(n, n > count - due, now) for n in range(1, count + 1))
        )
    settle()


def _letter(number: int, is_due: bool, now: datetime) -> dict[str, Any]:  # noqa: FBT001 - one caller
    sent_at = now - timedelta(days=20) + timedelta(seconds=number)
    return {
        "id": number,
        "kind": "confirmed",
        "key": f"confirmed:{number}",
        "to_email": f"attendee.{number}@mail-{number % 97}.example.com",
        "to_name": name_of(number),
        "language": "zh",
        "ids": {"registration": number},
        "state": LetterState.QUEUED if is_due else LetterState.FAILED if number % 1000 == 0 else LetterState.SENT,
        "attempts": 0 if is_due else 1,
        "due_at": sent_at,
        "created_at": sent_at,
        "sent_at": None if is_due else sent_at,
        "message_id": f"<letter.{number:032x}@example.com>",
    }


def name_of(number: int) -> str:
    """Return a Chinese name; few people share one of the first thousand."""
    return _FAMILY[number % 10] + _GIVEN[number // 10 % 20] + _GIVEN[number // 200 % 20]


def code_of(number: int) -> str:
    """Return a code of its own for each number."""
    letters_of_code = []
    for _position in range(CODE_LENGTH):
        number, rest = divmod(number, len(CODE_ALPHABET))
        letters_of_code.append(CODE_ALPHABET[rest])
    return "".join(letters_of_code)


def settle() -> None:
    """Do what PostgreSQL's autovacuum would: count rows, mark pages that all may read. SQLite has no such thing.

    Rows with numbers of their own leave PostgreSQL's sequences where they were; the next row without would meet them.
    """
    with db.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            for table in db.metadata.sorted_tables:
                if "id" in table.columns and isinstance(table.c.id.type, Integer):
                    sequence = func.pg_get_serial_sequence(table.name, "id")
                    connection.execute(select(func.setval(sequence, func.max(table.c.id))))
            connection.commit()
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM (ANALYZE)"))


def open_event_id(slug: str) -> int:
    """Return the id of an event."""
    found: int = db.session.scalars(select(Event.id).where(Event.slug == slug)).one()
    return found


def insert_rows(write: Connection, table: Any, rows: Rows) -> None:  # noqa: ANN401 - __table__ is typed as FromClause
    assert isinstance(table, Table)
    batch: list[dict[str, Any]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            write.execute(insert(table), batch)
            batch = []
    if batch:
        write.execute(insert(table), batch)
