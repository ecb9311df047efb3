"""Instants and periods in words: zones, clocks that change, days without hours, in both languages."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfoNotFoundError

import pytest

from app.core import times


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


MEETUP = (utc(2019, 12, 14, 5), utc(2019, 12, 14, 10))


@pytest.mark.parametrize(
    ("language", "zone", "starts_at", "ends_at", "words"),
    [
        ("zh", "Asia/Shanghai", *MEETUP, "2019年12月14日 星期六 13:00–18:00 北京时间 (UTC+8)"),
        ("en", "Asia/Shanghai", *MEETUP, "Saturday, 14 December 2019 13:00–18:00 Beijing time (UTC+8)"),
        (
            "zh",
            "Asia/Shanghai",
            utc(2019, 12, 14, 12),
            utc(2019, 12, 14, 18),
            "2019年12月14日 星期六 20:00 – 2019年12月15日 星期日 02:00 北京时间 (UTC+8)",
        ),
        (
            "en",
            "Asia/Shanghai",
            utc(2019, 12, 31, 12),
            utc(2019, 12, 31, 16),
            "Tuesday, 31 December 2019 20:00 – Wednesday, 1 January 2020 00:00 Beijing time (UTC+8)",
        ),
        (
            "en",
            "America/New_York",
            utc(2026, 7, 1, 22),
            utc(2026, 7, 2, 0),
            "Wednesday, 1 July 2026 18:00–20:00 Eastern Daylight Time (UTC-4)",
        ),
        (
            "en",
            "America/New_York",
            utc(2026, 11, 1, 4, 30),
            utc(2026, 11, 1, 8, 30),
            "Sunday, 1 November 2026 00:30 Eastern Daylight Time (UTC-4) – 03:30 Eastern Standard Time (UTC-5)",
        ),
        (
            "zh",
            "Europe/Berlin",
            utc(2026, 3, 28, 20),
            utc(2026, 3, 29, 2),
            "2026年3月28日 星期六 21:00 中欧标准时间 (UTC+1) – 2026年3月29日 星期日 04:00 中欧夏令时间 (UTC+2)",
        ),
        (
            "en",
            "America/St_Johns",
            utc(2026, 1, 1, 14),
            utc(2026, 1, 1, 15),
            "Thursday, 1 January 2026 10:30–11:30 Newfoundland Standard Time (UTC-3:30)",
        ),
        ("en", "Asia/Kolkata", utc(2026, 1, 1, 4), utc(2026, 1, 1, 5), "Thursday, 1 January 2026 09:30–10:30 UTC+5:30"),
        ("zh", "Asia/Kathmandu", utc(2026, 1, 1, 4), utc(2026, 1, 1, 5), "2026年1月1日 星期四 09:45–10:45 UTC+5:45"),
        ("en", "UTC", utc(2026, 1, 1, 4), utc(2026, 1, 1, 5), "Thursday, 1 January 2026 04:00–05:00 UTC+0"),
        ("zh", "UTC", utc(2026, 1, 1, 4), utc(2026, 1, 1, 5), "2026年1月1日 星期四 04:00–05:00 协调世界时 (UTC+0)"),
    ],
)
def test_period_says_the_whole_of_it(language, zone, starts_at, ends_at, words):
    assert times.spoken_period(starts_at, ends_at, zone, language=language) == words


@pytest.mark.parametrize(
    ("zone", "starts_at", "ends_at", "zh", "en"),
    [
        (
            "Asia/Shanghai",
            utc(2019, 12, 13, 16),
            utc(2019, 12, 14, 16),
            "2019年12月14日 星期六",
            "Saturday, 14 December 2019",
        ),
        (
            "Asia/Shanghai",
            utc(2019, 12, 13, 16),
            utc(2019, 12, 15, 16),
            "2019年12月14日 星期六 – 2019年12月15日 星期日",
            "Saturday, 14 December 2019 – Sunday, 15 December 2019",
        ),
        # A day of 23 hours is one day.
        ("Europe/Berlin", utc(2026, 3, 28, 23), utc(2026, 3, 29, 22), "2026年3月29日 星期日", "Sunday, 29 March 2026"),
    ],
)
def test_period_of_whole_days_has_no_hours(zone, starts_at, ends_at, zh, en):
    said = {
        lang: times.spoken_period(starts_at, ends_at, zone, language=lang, is_all_day=True) for lang in ("zh", "en")
    }

    assert said == {"zh": zh, "en": en}


def test_instant_in_its_ways():
    at = MEETUP[0]

    assert times.spoken_instant(at, "Asia/Shanghai", "zh") == "2019年12月14日 星期六 13:00 北京时间 (UTC+8)"
    assert times.spoken_time(at, "Asia/Shanghai") == "13:00"
    assert times.short_date(at, "Asia/Shanghai", "zh") == "12月14日"
    assert times.short_date(at, "Asia/Shanghai", "en") == "14 Dec"


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (utc(2026, 11, 1, 5, 30), "2026-11-01T01:30:00-04:00"),
        (utc(2026, 11, 1, 6, 30), "2026-11-01T01:30:00-05:00"),
        (utc(2026, 7, 1, 12, 0, 0, 999_999), "2026-07-01T08:00:00-04:00"),
    ],
)
def test_iso_tells_the_two_equal_hours_of_autumn_apart(at, text):
    assert times.iso(at, "America/New_York") == text


def test_zone_that_does_not_exist_is_an_error():
    with pytest.raises(ZoneInfoNotFoundError):
        times.zone_label(MEETUP[0], "Asia/Peking", "zh")
