"""What is reckoned: days, groups, the forecast."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from app.numbers.rules import (
    Forecast,
    Shown,
    Step,
    alike,
    by_day,
    forecast,
    has_whole_hours,
    quarter,
    ranked,
    season,
    steps,
)

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def test_days_are_those_of_the_zone():
    moments = [
        (datetime(2026, 3, 1, 15, tzinfo=UTC), 2, 1),  # 23:00 in Shanghai
        (datetime(2026, 3, 1, 16, tzinfo=UTC), 3, 3),  # midnight
    ]

    assert by_day(moments, "Asia/Shanghai") == {date(2026, 3, 1): (2, 1), date(2026, 3, 2): (3, 3)}
    assert by_day(moments, "UTC") == {date(2026, 3, 1): (5, 4)}


@pytest.mark.parametrize(
    ("zone", "expected"),
    [("Asia/Shanghai", True), ("Europe/Berlin", True), ("Asia/Kathmandu", False), ("Asia/Kolkata", False)],
)
def test_zones_with_parts_of_an_hour_are_known(zone, expected):
    assert has_whole_hours(zone, NOW) is expected


def test_days_have_no_gaps_and_reach_today():
    days = {date(2026, 3, 1): (2, 1), date(2026, 3, 3): (1, 1)}

    assert steps(days, until=date(2026, 3, 4)) == [
        Step(date(2026, 3, 1), 2, 1), Step(date(2026, 3, 2), 0, 0), Step(date(2026, 3, 3), 1, 1),
        Step(date(2026, 3, 4), 0, 0),
    ]  # fmt: skip
    assert steps({}, until=date(2026, 3, 4)) == []


@pytest.mark.parametrize(
    ("length", "second"),
    [(62, date(2026, 1, 2)), (63, date(2026, 1, 5)), (62 * 7, date(2026, 1, 5)), (62 * 7 + 1, date(2026, 2, 1))],
)
def test_long_times_are_shown_by_weeks_and_months(length, second):
    first = date(2026, 1, 1)
    days = {first: (1, 1), first + timedelta(days=length - 1): (4, 2)}

    line = steps(days, until=first)

    assert line[1].begins == second
    assert (sum(step.signed_up for step in line), sum(step.still_there for step in line)) == (5, 3)


def test_spellings_of_one_name_are_one():
    said = {
        " KubeSphere": 3,
        "kubesphere ": 5,
        "青云 科技": 1,
        "青云  科技": 1,
        "ＡＢＣ": 1,
        "abc": 2,
        "  ": 9,
        "gone": 0,
    }

    assert alike(said) == Counter({"kubesphere": 8, "青云 科技": 2, "abc": 3})


def test_groups_that_are_too_small_are_not_shown():
    counts = {"a": 5, "b": 3, "c": 2, "d": 2, "e": 1}

    assert ranked(counts, limit=10, least=3) == ([("a", 5), ("b", 3)], 5, 3)
    assert ranked(counts, limit=2) == ([("a", 5), ("b", 3)], 5, 3)
    assert ranked(counts, limit=10) == ([("a", 5), ("b", 3), ("c", 2), ("d", 2), ("e", 1)], 0, 0)


@pytest.mark.parametrize("shows", [[], [Shown(10, 5)], [Shown(10, 5), Shown(10, 5)]])
def test_too_few_events_foretell_nothing(shows):
    assert forecast(100, shows) is None


def test_forecast_of_events_that_were_alike_is_chance_alone():
    # sqrt(100 · 0.5 · 0.5) = 5, times 1.886 for three events.
    assert forecast(100, [Shown(40, 20)] * 3) == Forecast(50, 40, 60, 3, 50, 50, 50)


def test_forecast_is_wider_where_events_differed_and_stays_within_the_places():
    alike_, apart = [Shown(50, 40)] * 4, [Shown(50, 30), Shown(50, 50), Shown(50, 45), Shown(50, 35)]

    narrow, wide = forecast(100, alike_), forecast(100, apart)

    assert (narrow.expected, narrow.least, narrow.most) == (80, 73, 87)
    assert (wide.expected, wide.least, wide.most) == (80, 45, 100)
    assert (wide.percent_least, wide.percent_most) == (60, 100)
    assert forecast(0, alike_) is None


def test_more_than_everybody_cannot_come():
    assert forecast(10, [Shown(10, 12)] * 3) == Forecast(10, 10, 10, 3, 100, 100, 100)


def test_seasons_and_quarters_are_those_of_the_place():
    last_of_november = datetime(2026, 11, 30, 16, 30, tzinfo=UTC)  # the first of December in Shanghai

    assert (season(last_of_november, "Asia/Shanghai"), season(last_of_november, "UTC")) == (0, 3)
    assert [season(datetime(2026, month, 15, tzinfo=UTC), "UTC") for month in (1, 3, 6, 9, 12)] == [0, 1, 2, 3, 0]
    assert quarter(datetime(2026, 12, 31, 16, 30, tzinfo=UTC), "Asia/Shanghai") == (2027, 1)
