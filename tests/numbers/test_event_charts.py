"""The charts of an event, whole tables compared, on both engines."""

from datetime import UTC, datetime, timedelta

import pytest

from app.core.clock import utc_now
from app.numbers import event_charts, queries
from app.numbers.models import PartnerLink
from app.registrations.models import RegistrationState
from app.registrations.sources import IMPORTED
from tests.numbers.people import add
from tests.support.factories import LONG_AGO

STARTS = datetime(2026, 3, 31, 6, tzinfo=UTC)
NOW = datetime(2026, 3, 30, 12, tzinfo=UTC)


def over_time(event, *, now=NOW, capacity=50):
    return event_charts.sign_ups(event, capacity, now=now)


def test_sign_ups_are_counted_by_the_days_of_the_event(make_event):
    event = make_event(starts_at=STARTS)
    add(event, at=datetime(2026, 3, 27, 15, 59, 59, 999999, tzinfo=UTC), people=2)  # the last moment of the 27th
    add(event, at=datetime(2026, 3, 27, 16, tzinfo=UTC))  # midnight in Shanghai
    add(event, at=datetime(2026, 3, 28, 3, tzinfo=UTC), state="cancelled")
    add(event, at=datetime(2026, 3, 30, 3, tzinfo=UTC), state="waiting")

    chart = over_time(event)

    assert chart.table.rows == [
        ["2026-03-27", 2, 2, 2],
        ["2026-03-28", 2, 4, 3],
        ["2026-03-29", 0, 4, 3],
        ["2026-03-30", 1, 5, 4],
    ]
    assert [(each.look, list(each.values)) for each in chart.series] == [
        ("main", [2, 3, 3, 4]), ("second", [2, 4, 4, 5]), ("limit", [50] * 4),
    ]  # fmt: skip


def test_days_of_a_zone_that_changes_its_clocks_are_whole(make_event):
    event = make_event(starts_at=STARTS, zone="Europe/Berlin")
    add(event, at=datetime(2026, 3, 28, 22, 59, tzinfo=UTC))  # 23:59, an hour ahead of UTC
    add(event, at=datetime(2026, 3, 28, 23, 0, tzinfo=UTC))  # midnight: the day has 23 hours
    add(event, at=datetime(2026, 3, 29, 21, 59, tzinfo=UTC))  # 23:59, two hours ahead
    add(event, at=datetime(2026, 3, 29, 22, 0, tzinfo=UTC))  # midnight

    assert [row[:2] for row in over_time(event).table.rows] == [["2026-03-28", 1], ["2026-03-29", 2], ["2026-03-30", 1]]


def test_days_of_a_zone_with_quarters_of_an_hour_are_whole(make_event):
    event = make_event(starts_at=STARTS, zone="Asia/Kathmandu")  # UTC+5:45
    add(event, at=datetime(2026, 3, 28, 18, 14, 59, tzinfo=UTC))
    add(event, at=datetime(2026, 3, 28, 18, 15, tzinfo=UTC))

    rows = over_time(event, now=datetime(2026, 3, 29, 1, tzinfo=UTC)).table.rows

    assert [row[:2] for row in rows] == [["2026-03-28", 1], ["2026-03-29", 1]]


def test_line_ends_with_the_day_of_the_event(make_event):
    event = make_event(starts_at=STARTS)
    add(event, at=STARTS - timedelta(days=2))

    assert [row[0] for row in over_time(event, now=STARTS + timedelta(days=90)).table.rows] == [
        "2026-03-29", "2026-03-30", "2026-03-31",
    ]  # fmt: skip


def test_event_without_sign_ups_has_no_line(make_event):
    assert over_time(make_event(starts_at=STARTS)) is None


def test_event_whose_only_sign_up_was_cancelled_says_so(make_event):
    event = make_event(starts_at=STARTS)
    add(event, at=NOW, state="cancelled")

    chart = over_time(event, capacity=None)

    assert chart.table.rows == [["2026-03-30", 1, 1, 0]]
    assert chart.finding == "自 2026年3月30日起共有 1 人报名，其中 0 人仍在名单上。"


def test_numbers_by_state_are_those_of_the_rows(make_event):
    event = make_event()
    for state, people in (("confirmed", 3), ("waiting", 2), ("offered", 1), ("pending", 4), ("cancelled", 2)):
        add(event, at=NOW, state=state, people=people)
    add(event, at=NOW, came=True, source="zhihu")
    add(make_event(), at=NOW, people=9)

    counts = event_charts.counts(queries.places(event.id), queries.capacity(event.id))

    expected = {"confirmed": 4, "waiting": 2, "offered": 1, "pending": 4, "cancelled": 2, "declined": 0}
    assert counts.by_state == {RegistrationState(state): number for state, number in expected.items()}
    assert (counts.all, counts.seated, counts.still_there, counts.came, counts.capacity) == (13, 5, 11, 1, 50)


def test_sources_are_named_by_their_links_and_what_is_not_known_stands_last(make_event):
    event = make_event()
    add(event, at=NOW, people=4)
    add(event, at=NOW, people=2, source="zhihu")
    add(event, at=NOW, source="zhihu", came=True)
    add(event, at=NOW, source="zhihu", state="cancelled")
    add(event, at=NOW, source="newsletter")
    links = [PartnerLink(event_id=event.id, code="zhihu", name="知乎", created_at=NOW)]

    chart = event_charts.sources(queries.places(event.id), links)

    assert chart.table.rows == [["知乎", 4, 44, 1], ["newsletter", 1, 11, 0], ["未知", 4, 44, 0]]
    assert list(chart.notes) == ["(44%)", "(11%)", "(44%)"]


def test_many_sources_are_shown_as_the_first_and_others(make_event):
    event = make_event()
    for number in range(14):
        add(event, at=NOW, source=f"source-{number:02}", people=1 if number > 1 else 2, came=number == 13)

    rows = event_charts.sources(queries.places(event.id), []).table.rows

    assert rows[0][:2] == ["source-00", 2]
    assert rows[-1] == ["其他（2 种）", 2, 12, 1]
    assert len(rows) == event_charts.SOURCES_MAX + 1


def test_sources_without_end_are_added_up_and_nobody_is_lost(make_event, monkeypatch):
    monkeypatch.setattr(queries, "PLACES_MAX", 14)
    event = make_event()
    add(event, at=NOW, people=2)
    add(event, at=NOW, source=IMPORTED, people=30)
    for number in range(20):
        add(event, at=NOW, source=f"source-{number:02}", came=number > 17)
        add(event, at=NOW, source=f"source-{number:02}", state="cancelled")

    places = queries.places(event.id)
    counts, chart = event_charts.counts(places, None), event_charts.sources(places, [])

    assert (counts.by_state[RegistrationState.CONFIRMED], counts.by_state[RegistrationState.CANCELLED]) == (52, 20)
    assert (counts.came, len(places)) == (2, 14 + 2)
    assert chart.table.rows[0][:2] == ["名单导入", 30]
    assert chart.table.rows[-2][0] == "其他"
    assert [sum(row[column] for row in chart.table.rows) for column in (1, 3)] == [72, 2]
    assert [(each.number, each.came) for each in queries.places_by(event.id, ["source-19"])] == [(1, 0), (1, 1)]


def test_nothing_is_shown_of_sources_that_nobody_has(make_event):
    event = make_event()
    add(event, at=NOW)

    assert event_charts.sources(queries.places(event.id), []) is None


@pytest.fixture
def earlier(make_event):
    """Four past events: at two people were checked in, one has a figure, one counted nobody."""
    for number, (came, told) in enumerate(((3, None), (2, None), (0, 4), (0, None))):
        event = make_event(starts_at=LONG_AGO + timedelta(days=30 * number), attendance=told)
        add(event, at=LONG_AGO, came=True, people=came)
        add(event, at=LONG_AGO, people=5 - came)
        add(event, at=LONG_AGO, state="cancelled", people=3)


@pytest.mark.usefixtures("earlier")
def test_show_rates_are_those_of_events_that_counted(make_event):
    event = make_event()
    add(event, at=utc_now(), people=10)

    found = queries.earlier(event.id, now=utc_now())
    chart = event_charts.show_rates(found, event_charts.counts(queries.places(event.id), None), is_over=False)

    assert [row[1:] for row in chart.table.rows] == [
        ["2019-12-02", 5, 3, 60], ["2020-01-01", 5, 2, 40], ["2020-01-31", 5, 4, 80],
    ]  # fmt: skip
    forecast = event_charts.expected(found, event_charts.counts(queries.places(event.id), None))
    assert (forecast.expected, forecast.events, forecast.percent) == (6, 3, 60)
    assert queries.earlier(event.id, now=LONG_AGO) == []
