"""The faults of icalendar that we write around. A test that fails here says that the way around can go."""

from datetime import timedelta
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
