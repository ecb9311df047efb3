"""Events made from an earlier one."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import select

from app.core.errors import BadInputError
from app.core.i18n import Texts
from app.core.times import instant_of, local_of
from app.events.duplicate import Copies, duplicate
from app.events.models import Event, EventState, Mode, Series
from app.history.models import Entry
from app.history.service import Actor
from app.registrations.models import Question, Registration
from tests.support.factories import sign_up_as
from tests.support.people import add_session, make_group, make_person

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
ADA = Actor(organizer_id=1)


def at(*parts: int, zone: str = "Asia/Shanghai") -> datetime:
    return instant_of(datetime(*parts), zone)  # noqa: DTZ001 - local, by the zone


@pytest.fixture
def source(make_event, db):
    event = make_event(
        "shenzhen-20260530",
        starts_at=at(2026, 5, 30, 14),
        now=NOW,
        groups=[make_group("shenzhen")],
        credits=[{"role": "host", "name": {"zh": "社区"}, "url": None}],
        links=[{"label": {"en": "Slides"}, "url": "https://example.org"}],
        recap=Texts(en="It was fine"),
        attendance=70,
        sign_up_closes_at=at(2026, 5, 29, 18),
        questions=[
            {"key": "city", "condition": {"question": "x", "value": "y"}, "keep_days": 30},
            {"key": "asked-no-longer", "is_retired": True},
        ],
        ticket_types=[
            {"slug": "seat", "capacity": 5},
            {"slug": "staff", "capacity": None, "is_public": False},
            {"slug": "overbooked", "capacity": 12, "overbooked_from": 10},
        ],
    )
    add_session(
        event, "开场", make_person("ada"), starts_at=at(2026, 5, 30, 14), ends_at=at(2026, 5, 30, 14, 30),
        minutes=30, track=1, slides_url="https://example.org/s", video_url="https://example.org/v",
    )  # fmt: skip
    add_session(event, "没有时间", follows=True)
    sign_up_as(event, "ada", now=NOW)
    return db.get(Event, event.id)


def test_copy_has_what_the_event_is_and_not_what_happened_to_it(app, db, source):
    (made,) = duplicate(source.id, Copies([date(2026, 6, 27)]), key="a", by=ADA, now=NOW)

    db.expire_all()
    copy = db.get(Event, made.id)
    assert (copy.slug, copy.state, copy.starts_at, copy.ends_at) == (
        "shenzhen-20260627", EventState.DRAFT, at(2026, 6, 27, 14), at(2026, 6, 27, 19),
    )  # fmt: skip
    same = ("title", "venue_id", "city_id", "mode", "zone", "groups", "credits", "links")
    assert [getattr(copy, name) for name in same] == [getattr(source, name) for name in same]
    assert (copy.recap, copy.attendance, copy.published_at, copy.sequence, copy.uid == source.uid) == (
        Texts(), None, None, 0, False,
    )  # fmt: skip
    assert copy.sign_up_closes_at == at(2026, 6, 26, 18)
    assert [
        (
            item.title,
            item.starts_at,
            item.ends_at,
            item.minutes,
            item.track,
            item.follows,
            item.slides_url,
            item.video_url,
        )
        for item in copy.sessions
    ] == [
        (Texts(zh="开场"), at(2026, 6, 27, 14), at(2026, 6, 27, 14, 30), 30, 1, False, None, None),
        (Texts(zh="没有时间"), None, None, None, 0, True, None, None),
    ]
    assert [part.person.slug for part in copy.sessions[0].speakers] == ["ada"]
    assert [(kind.slug, kind.capacity, kind.seats_taken, kind.is_public) for kind in copy.ticket_types] == [
        ("seat", 5, 0, True), ("staff", None, 0, False), ("overbooked", 10, 0, True),
    ]  # fmt: skip
    assert db.scalars(select(Registration).where(Registration.event_id == copy.id)).all() == []


def test_questions_are_asked_again(app, db, source):
    (copy,) = duplicate(source.id, Copies([date(2026, 6, 27)]), key="a", by=ADA, now=NOW)

    (question,) = db.scalars(select(Question).where(Question.event_id == copy.id))
    assert (question.key, question.label, question.condition, question.keep_days) == (
        "city", Texts(zh="问题 0", en="Question 0"), {"question": "x", "value": "y"}, 30,
    )  # fmt: skip


def test_series_is_joined_by_its_name_and_the_source_stays_as_it_was(app, db, source):
    revision = source.revision
    days = [date(2026, 6, 27) + timedelta(weeks=week) for week in range(30)]

    made = duplicate(source.id, Copies(days, time(19, 30), Texts(en="Monthly")), key="a", by=ADA, now=NOW)

    db.expire_all()
    (series,) = db.scalars(select(Series))
    assert (series.slug, series.name) == ("monthly", Texts(en="Monthly"))
    assert [local_of(event.starts_at, event.zone) for event in made] == [
        datetime.combine(day, time(19, 30)) for day in days
    ]
    assert {event.series_id for event in made} == {series.id}
    assert (db.get(Event, source.id).series_id, db.get(Event, source.id).revision) == (None, revision)
    copied = select(Entry).where(Entry.action == "event.copied").order_by(Entry.id)
    assert [(entry.event_id, entry.subject) for entry in db.scalars(copied)] == [
        (event.id, "shenzhen-20260530") for event in made
    ]


def test_form_that_is_sent_twice_makes_its_copies_once(app, db, source):
    copies = Copies([date(2026, 6, 27), date(2026, 7, 25)], series=Texts(en="Monthly"))

    first = duplicate(source.id, copies, key="a", by=ADA, now=NOW)
    again = duplicate(source.id, copies, key="a", by=ADA, now=NOW)

    assert [event.id for event in again] == [event.id for event in first]
    assert (len(db.scalars(select(Event)).all()), len(db.scalars(select(Series)).all())) == (3, 1)


def test_clocks_of_the_place_show_the_same_time_before_and_after_they_change(app, make_event):
    berlin = make_event(starts_at=at(2026, 3, 21, 18, zone="Europe/Berlin"), zone="Europe/Berlin", mode=Mode.ONLINE)

    (copy,) = duplicate(berlin.id, Copies([date(2026, 4, 4)]), key="a", by=ADA, now=NOW)

    assert local_of(copy.starts_at, copy.zone) == datetime(2026, 4, 4, 18)  # noqa: DTZ001 - local
    assert copy.starts_at - berlin.starts_at == timedelta(days=14, hours=-1)


def test_day_on_which_the_clocks_skip_the_time_is_refused_and_nothing_is_made(app, db, make_event):
    berlin = make_event(starts_at=at(2026, 3, 22, 2, 30, zone="Europe/Berlin"), zone="Europe/Berlin")
    days = [date(2026, 3, 28), date(2026, 3, 29)]

    with pytest.raises(BadInputError) as refused:
        duplicate(berlin.id, Copies(days, series=Texts(en="x")), key="a", by=ADA, now=NOW)

    assert ("2026-03-29" in refused.value.message, refused.value.field) == (True, "day")
    assert len(db.scalars(select(Event)).all()) == 1


def test_later_copy_stays_in_the_series(app, db, source):
    (first, _second) = duplicate(
        source.id, Copies([date(2026, 6, 27), date(2026, 7, 25)], series=Texts(en="Monthly")), key="a", by=ADA, now=NOW
    )

    (third,) = duplicate(first.id, Copies([date(2026, 8, 29)]), key="b", by=ADA, now=NOW)

    assert (third.slug, third.series_id) == ("shenzhen-20260829", first.series_id)
    with pytest.raises(ValueError, match="1 to 30 days"):
        duplicate(first.id, Copies([]), key="c", by=ADA, now=NOW)
