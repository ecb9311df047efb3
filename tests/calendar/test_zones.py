"""A zone's block gives, read by another library, the offsets that the zone database gives."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from dateutil.tz import tzical

from app.calendar.lines import written
from app.calendar.zones import described, local

EXPRESSIBLE = [
    "Asia/Shanghai",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Asia/Tokyo",
    "Europe/Berlin",
    "Europe/London",
    "Europe/Dublin",
    "America/New_York",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Australia/Sydney",
    "Pacific/Auckland",
]


def block_of(zone: str) -> str:
    known = described(zone)
    assert known is not None
    return written(known.block).decode()


@pytest.mark.parametrize("zone", EXPRESSIBLE)
def test_block_gives_the_offsets_of_the_zone_database(zone):
    read = tzical(StringIO(block_of(zone).replace("\r\n", "\n"))).get()
    noons = [datetime(2020, 1, 1, 12, tzinfo=ZoneInfo(zone)) + timedelta(days=3 * n) for n in range(2000)]

    assert [noon.replace(tzinfo=read).utcoffset() for noon in noons] == [noon.utcoffset() for noon in noons]


@pytest.mark.parametrize("zone", EXPRESSIBLE)
def test_block_is_what_classic_clients_read(zone):
    block = block_of(zone)

    assert "RDATE" not in block
    assert "COMMENT" not in block
    assert block.count("BEGIN:STANDARD") == 1
    assert block.count("BEGIN:DAYLIGHT") == block.count("RRULE") - block.count("BEGIN:STANDARD") * ("RRULE" in block)


def test_shanghai_has_one_block_without_summer_time():
    assert block_of("Asia/Shanghai").split("\r\n") == [
        "BEGIN:VTIMEZONE",
        "TZID:Asia/Shanghai",
        "BEGIN:STANDARD",
        "DTSTART:19910915T000000",
        "TZOFFSETFROM:+0800",
        "TZOFFSETTO:+0800",
        "TZNAME:CST",
        "END:STANDARD",
        "END:VTIMEZONE",
        "",
    ]


def test_new_york_goes_forward_at_two_by_the_clock_before():
    assert block_of("America/New_York").split("\r\n")[2:9] == [
        "BEGIN:DAYLIGHT",
        "DTSTART:20070311T020000",
        "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU",
        "TZOFFSETFROM:-0500",
        "TZOFFSETTO:-0400",
        "TZNAME:EDT",
        "END:DAYLIGHT",
    ]


# Ramadan, "the Friday before the last Sunday", "the Sunday after the first Saturday", and no zone at all
@pytest.mark.parametrize("zone", ["Africa/Casablanca", "Asia/Jerusalem", "America/Santiago", "UTC", "Etc/UTC"])
def test_zone_without_an_nth_weekday_is_written_in_utc(zone):
    at = datetime(2026, 7, 1, 12, tzinfo=UTC)

    assert described(zone) is None
    assert local(at, zone).tzinfo is UTC


def test_instant_before_the_present_rule_is_written_in_utc():
    before, after = datetime(2006, 7, 1, 12, tzinfo=UTC), datetime(2007, 7, 1, 12, tzinfo=UTC)

    assert local(before, "America/New_York").tzinfo is UTC
    assert local(after, "America/New_York").isoformat() == "2007-07-01T08:00:00-04:00"
