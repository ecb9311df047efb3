"""What is reckoned: days, groups, the forecast."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from app.numbers.rules import (
    Forecast,
    Span,
    alike,
    forecast,
    quarter,
    ranked,
    season,
    spans,
)
from app.registrations.overbooking import Show


def test_days_are_those_of_the_zone():
    first, last = datetime(2026, 3, 1, 15, 59, tzinfo=UTC), datetime(2026, 3, 1, 16, tzinfo=UTC)

    assert spans(first, last, "Asia/Shanghai") == [
        Span(date(2026, 3, 1), datetime(2026, 2, 28, 16, tzinfo=UTC), datetime(2026, 3, 1, 16, tzinfo=UTC)),
        Span(date(2026, 3, 2), datetime(2026, 3, 1, 16, tzinfo=UTC), datetime(2026, 3, 2, 16, tzinfo=UTC)),
    ]
    assert [span.day for span in spans(first, last, "UTC")] == [date(2026, 3, 1)]


def test_day_on_which_clocks_change_has_23_hours():
    noon = datetime(2026, 3, 29, 12, tzinfo=UTC)

    (only,) = spans(noon, noon, "Europe/Berlin")

    assert only.ends - only.begins == timedelta(hours=23)


@pytest.mark.parametrize(
    ("length", "second", "last"),
    [
        (62, date(2026, 1, 2), date(2026, 3, 3)),
        (63, date(2026, 1, 5), date(2026, 3, 2)),
        (62 * 7, date(2026, 1, 5), date(2027, 3, 8)),
        (62 * 7 + 1, date(2026, 2, 1), date(2027, 3, 1)),
    ],
)
def test_long_times_are_shown_by_weeks_and_months(length, second, last):
    first = datetime(2026, 1, 1, 12, tzinfo=UTC)

    line = spans(first, first + timedelta(days=length - 1), "UTC")

    assert (line[1].day, line[-1].day) == (second, last)
    assert all(before.ends == after.begins for before, after in pairwise(line))
    assert line[-1].ends == datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=length)


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


@pytest.mark.parametrize("shows", [[], [Show(10, 5)], [Show(10, 5), Show(10, 5)]])
def test_too_few_events_foretell_nothing(shows):
    assert forecast(100, shows) is None


def test_forecast_of_events_that_were_alike_is_chance_alone():
    # sqrt(100 · 0.5 · 0.5) = 5, times 1.886 for three events.
    assert forecast(100, [Show(40, 20)] * 3) == Forecast(50, 40, 60, 3, 50, 50, 50)


def test_forecast_is_wider_where_events_differed_and_stays_within_the_places():
    alike_, apart = [Show(50, 40)] * 4, [Show(50, 30), Show(50, 50), Show(50, 45), Show(50, 35)]

    narrow, wide = forecast(100, alike_), forecast(100, apart)

    assert (narrow.expected, narrow.least, narrow.most) == (80, 73, 87)
    assert (wide.expected, wide.least, wide.most) == (80, 45, 100)
    assert (wide.percent_least, wide.percent_most) == (60, 100)
    assert forecast(0, alike_) is None


def test_more_than_everybody_cannot_come():
    assert forecast(10, [Show(10, 12)] * 3) == Forecast(10, 10, 10, 3, 100, 100, 100)


def test_seasons_and_quarters_are_those_of_the_place():
    last_of_november = datetime(2026, 11, 30, 16, 30, tzinfo=UTC)  # the first of December in Shanghai

    assert (season(last_of_november, "Asia/Shanghai"), season(last_of_november, "UTC")) == (0, 3)
    assert [season(datetime(2026, month, 15, tzinfo=UTC), "UTC") for month in (1, 3, 6, 9, 12)] == [0, 1, 2, 3, 0]
    assert quarter(datetime(2026, 12, 31, 16, 30, tzinfo=UTC), "Asia/Shanghai") == (2027, 1)
