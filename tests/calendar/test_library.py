"""The faults of icalendar that we write around. A test that fails here says that the way around can go."""

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import icalendar
import pytest


@pytest.mark.parametrize("name", ["NAME", "X-WR-CALNAME", "X-WR-CALDESC"])
def test_fault_names_are_written_without_escapes(name):
    calendar = icalendar.Calendar()
    calendar.add(name, "a, b; c")

    assert f"{name}:a, b; c\r\n".encode() in calendar.to_ical()


def test_fault_backslash_n_becomes_a_line_end():
    assert icalendar.vText("C:\\New").to_ical() == b"C:\\new"


def test_fault_control_characters_pass():
    assert icalendar.vText("a\x00b\x0bc").to_ical() == b"a\x00b\x0bc"


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York"])
def test_fault_summer_time_is_a_list_of_dates(zone):
    block = icalendar.Timezone.from_tzinfo(ZoneInfo(zone)).to_ical()

    assert b"RDATE" in block
    assert b"RRULE" not in block


def test_fault_a_new_calendar_has_a_uid():
    assert "UID" in icalendar.Calendar.new()


def test_fault_refresh_interval_does_not_say_that_it_is_a_duration():
    calendar = icalendar.Calendar.new(refresh_interval=timedelta(hours=1))

    assert b"REFRESH-INTERVAL:PT1H" in calendar.to_ical()


def test_fault_properties_are_sorted_unless_asked_otherwise():
    calendar = icalendar.Calendar()
    for name in ("ZZZ", "AAA"):
        calendar.add(name, "1")

    assert calendar.to_ical().index(b"AAA") < calendar.to_ical().index(b"ZZZ")


def test_fault_newline_in_a_name_breaks_the_writer():
    calendar = icalendar.Calendar()
    calendar.add("NAME", "one\ntwo")

    with pytest.raises(AssertionError):
        calendar.to_ical()


def test_fault_carriage_return_passes_in_an_x_property():
    calendar = icalendar.Calendar()
    calendar.add("X-WR-CALDESC", "one\rtwo")

    assert b"one\rtwo" in calendar.to_ical()


def test_fault_source_does_not_say_that_it_is_an_address():
    calendar = icalendar.Calendar.new(source="https://meetup.example.org/calendar.ics")

    assert b"SOURCE:https" in calendar.to_ical().replace(b"\r\n ", b"")


def test_fault_list_in_a_parameter_becomes_one_quoted_value():
    conference = icalendar.Conference("https://meet.example.org", feature=["AUDIO", "VIDEO"])

    event = icalendar.Event()
    event.conferences = [conference]
    assert b'FEATURE="AUDIO,VIDEO"' in event.to_ical().replace(b"\r\n ", b"")


def test_fault_summer_time_begins_an_hour_late():
    # RFC 5545 3.6.5: local time before the clocks are moved, which in Berlin is 02:00.
    block = icalendar.Timezone.from_tzinfo(ZoneInfo("Europe/Berlin")).to_ical()

    daylight = block.partition(b"BEGIN:DAYLIGHT")[2].partition(b"END:DAYLIGHT")[0]
    assert b"T030000" in daylight
    assert b"T020000" not in daylight


@pytest.mark.parametrize("address", ["mailto:a b@example.org", "mailto:a@例子.中国"])
def test_fault_what_is_no_address_is_taken_for_one(address):
    event = icalendar.Event()
    event.add("ORGANIZER", icalendar.vCalAddress(address))

    assert address.encode() in event.to_ical()


def test_fault_fixed_offset_becomes_a_zone_that_nothing_describes():
    event = icalendar.Event()
    event.add("DTSTART", datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=8))))

    assert b"TZID=UTC+08:00" in event.to_ical().replace(b'"', b"")
