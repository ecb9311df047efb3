"""The demo community that ships with the project: it loads, and it says what was published."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.community.models import Group, Person, Role, Site, Term
from app.core.db import db
from app.core.i18n import Texts
from app.events.models import Event, Mode, Session, SessionKind, SessionSpeaker
from app.exchange.load import load
from app.registrations.models import Question

DEMO = Path(__file__).resolve().parents[2] / "app" / "demo"
NOW = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)  # a Wednesday
SHANGHAI = ZoneInfo("Asia/Shanghai")


def _event(slug: str) -> Event:
    return db.session.scalars(select(Event).where(Event.slug == slug)).one()


def _versions() -> list[tuple[str, int, int, datetime]]:
    return [
        (event.slug, event.sequence, event.revision, event.revised_at)
        for event in db.session.scalars(select(Event).order_by(Event.slug))
    ]


def test_demo_loads_whole(app: Flask) -> None:
    report = load([DEMO], now=NOW)

    assert {kind: (c.created, c.changed, c.unchanged) for kind, c in report.counts.items()} == {
        "community": (1, 0, 0),
        "cities": (9, 0, 0),
        "tags": (14, 0, 0),
        "groups": (29, 0, 0),
        "roles": (19, 0, 0),
        "people": (137, 0, 0),
        "venues": (21, 0, 0),
        "events": (30, 0, 0),
    }
    assert db.session.get_one(Site, 1).name == Texts(zh="KubeSphere 社区", en="KubeSphere Community")


def test_demo_loaded_again_changes_nothing(app: Flask) -> None:
    load([DEMO], now=NOW)
    before = _versions()

    report = load([DEMO], now=datetime(2026, 3, 9, 2, 0, tzinfo=UTC))

    assert (report.created, report.changed) == (0, 0)
    assert _versions() == before


def test_demo_december_2019_has_venue_agenda_and_speakers(app: Flask) -> None:
    load([DEMO], now=NOW)

    event = _event("kubesphere-meetup-beijing-20191214")

    assert event.venue is not None
    assert event.venue.address.zh == "北京市东城区青龙胡同 1 号歌华大厦 13 层"
    assert event.starts_at.astimezone(SHANGHAI).isoformat() == "2019-12-14T13:00:00+08:00"
    assert event.ends_at.astimezone(SHANGHAI).isoformat() == "2019-12-14T18:00:00+08:00"
    assert (event.agenda_is_illustrative, event.agenda_order_known) == (True, False)
    assert "示意" in event.agenda_note.zh
    assert "illustrative" in event.agenda_note.en
    talks = [item for item in event.sessions if item.kind is SessionKind.TALK]
    assert [[speaker.person.name.in_language("zh") for speaker in talk.speakers] for talk in talks] == [
        ["周小四"], ["夏润泽"], ["张仁宇"], ["霍秉杰"], ["黄广喆"], ["Lu Liu"], [], [],
    ]  # fmt: skip
    assert [talk.speaker_note.zh for talk in talks if not talk.speakers] == ["本来生活", "新浪"]


def test_demo_keeps_unknown_times_unknown(app: Flask) -> None:
    load([DEMO], now=NOW)

    known = select(Event.slug).join(Session).where(Session.starts_at.is_not(None)).distinct().order_by(Event.slug)
    all_day = select(Event.slug).where(Event.is_all_day).order_by(Event.slug)

    assert list(db.session.scalars(known)) == ["kubesphere-meetup-beijing-20191214", "kubesphere-meetup-beijing-demo"]
    assert list(db.session.scalars(all_day)) == [
        "cncf-kubesphere-meetup-20200701",
        "kubesphere-devops-workshop-beijing-20201219",
        "kubesphere-meetup-chongqing-20250222",
        "kubesphere-pulsar-online-20220625",
    ]


def test_demo_has_every_named_speaker_once(app: Flask) -> None:
    load([DEMO], now=NOW)

    speakers = db.session.scalar(select(func.count(SessionSpeaker.person_id.distinct())))
    namesakes = db.session.scalars(select(Person).where(Person.slug.like("zhangchao-%")).order_by(Person.slug)).all()

    assert speakers == 85
    assert [person.name for person in namesakes] == [Texts(zh="张超", en="Chao Zhang")] * 2


def test_demo_leaders_are_the_five_of_the_city_stations(app: Flask) -> None:
    load([DEMO], now=NOW)

    statement = (
        select(Group.slug, Person.slug, Term.since)
        .join_from(Term, Person)
        .join(Group, Term.group_id == Group.id)
        .join(Role, Term.role_id == Role.id)
        .where(Role.is_leader)
        .order_by(Term.since)
    )

    assert [(group, person, str(since)) for group, person, since in db.session.execute(statement)] == [
        ("user-group-shanghai", "webup", "2021-05-15"),
        ("user-group-hangzhou", "yinmin2020", "2021-05-29"),
        ("user-group-chengdu", "cnicy", "2021-06-19"),
        ("user-group-guangzhou", "ppsite", "2022-08-06"),
        ("user-group-shenzhen", "k8sk-kevin", "2023-04-08"),
    ]


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (datetime(2026, 3, 4, 2, 0, tzinfo=UTC), "2026-03-28"),
        (datetime(2026, 3, 7, 2, 0, tzinfo=UTC), "2026-03-28"),  # a Saturday: three weeks are enough
        (datetime(2026, 3, 7, 17, 0, tzinfo=UTC), "2026-04-04"),  # in Beijing it is Sunday by then
    ],
)
def test_demo_upcoming_event_is_on_the_saturday_three_weeks_ahead(app: Flask, now: datetime, day: str) -> None:
    load([DEMO], now=now)

    event = _event("kubesphere-meetup-beijing-demo")
    asked = db.session.scalars(select(Question).where(Question.event_id == event.id).order_by(Question.position))

    assert event.starts_at.astimezone(SHANGHAI).isoformat() == f"{day}T13:00:00+08:00"
    assert event.ends_at.astimezone(SHANGHAI).isoformat() == f"{day}T18:00:00+08:00"
    assert (event.is_demo, event.mode, bool(event.notice.zh and event.notice.en)) == (True, Mode.HYBRID, True)
    assert [(ticket.slug, ticket.capacity) for ticket in event.ticket_types] == [("in-person", 60), ("online", None)]
    assert [question.key for question in asked] == ["company", "role", "topics", "question", "phone", "first-time"]
    assert {f"{item.starts_at.astimezone(SHANGHAI):%F}" for item in event.sessions if item.starts_at} == {day}


def test_demo_upcoming_event_moves_on_once_it_is_over(app: Flask) -> None:
    load([DEMO], now=NOW)

    on_its_day = load([DEMO], now=datetime(2026, 3, 28, 9, 0, tzinfo=UTC))
    afterwards = load([DEMO], now=datetime(2026, 3, 28, 10, 0, tzinfo=UTC))

    event = _event("kubesphere-meetup-beijing-demo")
    assert (on_its_day.changed, afterwards.changed) == (0, 1)
    assert event.starts_at.astimezone(SHANGHAI).isoformat() == "2026-04-18T13:00:00+08:00"
    assert (event.sequence, event.revision) == (1, 2)
