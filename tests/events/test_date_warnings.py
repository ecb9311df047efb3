"""What is said about a day; nothing of it forbids the day."""

import re
from datetime import UTC, date, datetime

import pytest

from app.core.i18n import Texts, speaking
from app.core.times import instant_of
from app.events.date_warnings import local_days, warnings
from app.events.models import City, Event, EventState, Visibility
from tests.events.test_views_manage import DETAILS, fields_of
from tests.support.organizers import signed_in

WORKS = "is a working day in China, in exchange for a holiday"


def told(first: datetime, last: datetime, *, zone: str = "Asia/Shanghai", language: str = "en", **more) -> list[str]:
    with speaking(language):
        return warnings(instant_of(first, zone), instant_of(last, zone), zone, **({"city_id": None} | more))


def at(month: int, day: int, hour: int = 13, *, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour)  # noqa: DTZ001 - as a form holds it


# From the State Council's notice on the holidays of 2026.
@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ((2, 14), [f"Saturday, 14 February 2026 {WORKS} (Spring Festival)."]),
        ((2, 17), ["Tuesday, 17 February 2026 is a public holiday in China: Spring Festival."]),
        ((5, 1), ["Friday, 1 May 2026 is a public holiday in China: Labour Day."]),
        ((5, 30), []),
        ((5, 27), []),
    ],
    ids=["working Saturday", "holiday", "holiday on a weekday", "plain Saturday", "plain Wednesday"],
)
def test_holidays_and_working_weekends_are_told(app, day, expected):
    assert told(at(*day), at(*day, 18)) == expected


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_holidays_have_their_chinese_names(app):
    assert told(at(5, 1), at(5, 1, 18), language="zh") == ["2026年5月1日 星期五是中国的法定节假日：劳动节。"]


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_nothing_is_told_of_other_zones_and_of_years_not_announced(app):
    assert told(at(5, 1), at(5, 1, 18), zone="Europe/Berlin") == []
    assert told(at(5, 1, year=2099), at(5, 1, 18, year=2099)) == []


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_days_are_those_of_the_zone_and_end_with_the_event(app):
    first, last = instant_of(at(5, 30, 0), "Asia/Shanghai"), instant_of(at(6, 1, 0), "Asia/Shanghai")

    assert local_days(first, last, "Asia/Shanghai") == [date(2026, 5, 30), date(2026, 5, 31)]


def test_other_events_in_the_city_are_told_in_one_statement(app, make_event, count_statements):
    day = instant_of(at(5, 30), "Asia/Shanghai")
    here = make_event(starts_at=day, title=Texts(en="Meetup"))
    make_event(starts_at=day, title=Texts(en="Secret"), state=EventState.DRAFT)
    make_event(starts_at=day, title=Texts(en="Secret"), visibility=Visibility.UNLISTED)
    make_event(starts_at=day, state=EventState.CANCELLED)
    make_event(starts_at=instant_of(at(5, 31), "Asia/Shanghai"))
    make_event(starts_at=day, city=City(slug="xian", name=Texts(zh="西安")))

    with count_statements() as seen:
        for_a_new_one = told(at(5, 30, 9), at(5, 30, 10), city_id=here.city_id)
    for_itself = told(at(5, 30, 9), at(5, 30, 10), city_id=here.city_id, event_id=here.id)

    assert for_a_new_one == [
        "Another event takes place in Beijing on Saturday, 30 May 2026: Meetup.",
        "Another event is being prepared in Beijing for Saturday, 30 May 2026.",
        "Another event is being prepared in Beijing for Saturday, 30 May 2026.",
    ]
    assert for_itself == for_a_new_one[1:]
    assert len(seen) == 1


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-10-01", ["Thursday, 1 October 2026 is a public holiday in China: National Day."]),
        ("2026-10-10", [f"Saturday, 10 October 2026 {WORKS} (National Day)."]),
        ("2026-10-17", []),
    ],
    ids=["holiday", "working Saturday", "plain Saturday"],
)
def test_page_of_the_details_tells_them_when_a_draft_is_saved(app, db, make_event, monkeypatch, day, expected):
    # The page speaks of days to come, and the calendar knows those of 2026: the test says which day it is.
    monkeypatch.setattr("app.events.views_manage.utc_now", lambda: datetime(2026, 9, 1, tzinfo=UTC))
    draft, browser = make_event("draft", state=EventState.DRAFT), signed_in(app)
    sent = fields_of(browser.get(DETAILS).text)

    answer = browser.post(DETAILS, data=sent | {"starts_at": f"{day}T13:00", "ends_at": f"{day}T18:00"})
    page = browser.get(answer.headers["Location"]).text

    assert db.get(Event, draft.id).starts_at == instant_of(datetime.fromisoformat(f"{day}T13:00"), "Asia/Shanghai")
    assert "Saved." in page
    assert re.findall(r"<p>([^<]* in China[^<]*)</p>", page) == expected
