"""When offers end and reminders go: never at night, and never too late to be of use. No database."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.registrations.moments import due_reminder, is_night, offer_end, reminder_of

BEIJING, BERLIN, NEW_YORK, LORD_HOWE = "Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"


def at(text, zone=BEIJING):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def spoken(instant, zone):
    return instant and instant.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("clock", "expected"),
    [("21:59", False), ("22:00", True), ("00:00", True), ("07:59", True), ("08:00", False), ("13:00", False)],
)
def test_night_is_from_ten_to_eight_in_the_zone_of_the_event(clock, expected):
    assert is_night(at(f"2031-03-10 {clock}"), BEIJING) is expected
    assert is_night(at(f"2031-03-10 {clock}", NEW_YORK), NEW_YORK) is expected


@pytest.mark.parametrize(
    ("zone", "now", "starts", "expected"),
    [
        # More than 48 hours before: the seat is given at once; from then on it is offered.
        (BEIJING, "2031-03-12 12:59", "2031-03-14 13:00", None),
        (BEIJING, "2031-03-12 13:00", "2031-03-14 13:00", "2031-03-12 19:00"),
        (BEIJING, "2031-03-12 15:59", "2031-03-14 13:00", "2031-03-12 21:59"),
        # An end in the night moves to the morning.
        (BEIJING, "2031-03-12 16:00", "2031-03-14 13:00", "2031-03-13 08:00"),
        (BEIJING, "2031-03-12 18:00", "2031-03-14 13:00", "2031-03-13 08:00"),
        (BEIJING, "2031-03-13 01:59", "2031-03-14 13:00", "2031-03-13 08:00"),
        (BEIJING, "2031-03-13 02:00", "2031-03-14 13:00", "2031-03-13 08:00"),
        (BEIJING, "2031-03-13 02:01", "2031-03-14 13:00", "2031-03-13 08:01"),
        # Never later than an hour before the start.
        (BEIJING, "2031-03-14 06:00", "2031-03-14 13:00", "2031-03-14 12:00"),
        (BEIJING, "2031-03-14 11:30", "2031-03-14 13:00", "2031-03-14 12:00"),
        (BEIJING, "2031-03-14 11:31", "2031-03-14 13:00", None),
        (BEIJING, "2031-03-14 13:30", "2031-03-14 13:00", None),
        # The hour before the start is in the night: the evening before, while there is one.
        (BEIJING, "2031-03-13 17:00", "2031-03-14 08:30", "2031-03-13 21:00"),
        (BEIJING, "2031-03-13 20:30", "2031-03-14 08:30", "2031-03-13 21:00"),
        (BEIJING, "2031-03-13 20:31", "2031-03-14 08:30", None),
        (BEIJING, "2031-03-13 23:00", "2031-03-14 08:30", None),
        (BEIJING, "2031-03-14 02:30", "2031-03-14 09:00", "2031-03-14 08:00"),
        (BEIJING, "2031-03-14 16:00", "2031-03-14 23:30", "2031-03-14 21:00"),
        (BEIJING, "2031-03-14 16:00", "2031-03-15 00:30", "2031-03-14 21:00"),
        # The clocks change in the night: it still ends at eight, and six hours are six hours.
        (BERLIN, "2031-03-29 20:00", "2031-03-30 19:00", "2031-03-30 08:00"),
        (BERLIN, "2031-03-29 21:30", "2031-03-30 09:30", "2031-03-30 08:00"),
        (BERLIN, "2031-10-25 21:30", "2031-10-26 19:00", "2031-10-26 08:00"),
        (NEW_YORK, "2031-03-09 01:30", "2031-03-09 18:00", "2031-03-09 08:30"),
        (NEW_YORK, "2031-11-02 00:30", "2031-11-02 18:00", "2031-11-02 08:00"),
        (LORD_HOWE, "2031-10-04 21:00", "2031-10-05 18:00", "2031-10-05 08:00"),
    ],
)
def test_an_offer_ends_by_day_and_before_the_event(zone, now, starts, expected):
    end = offer_end(at(now, zone), starts_at=at(starts, zone), zone=zone, within_hours=48, hours=6)

    assert spoken(end, zone) == expected


def test_an_offer_never_ends_at_night_whenever_it_is_made_and_whatever_the_event():
    """Every quarter of an hour of the three days before, over a change of the clocks, for starts at every hour."""
    wrong = []
    for hour in range(24):
        starts_at = at(f"2031-03-31 {hour:02}:00", BERLIN)
        for quarter in range(3 * 24 * 4):
            now = starts_at - timedelta(minutes=15 * quarter)
            end = offer_end(now, starts_at=starts_at, zone=BERLIN, within_hours=48, hours=6)
            if end and (is_night(end, BERLIN) or not now < end <= starts_at - timedelta(hours=1)):
                wrong.append((hour, now, end))

    assert wrong == []


@pytest.mark.parametrize(
    ("zone", "minutes", "starts", "expected"),
    [
        (BEIJING, 7 * 24 * 60, "2031-03-14 13:00", "2031-03-07 13:00"),
        (BEIJING, 24 * 60, "2031-03-14 13:00", "2031-03-13 13:00"),
        (BEIJING, 120, "2031-03-14 13:00", "2031-03-14 11:00"),
        # In the night: in the morning, as long as that is an hour before the start; else on the evening before.
        (BEIJING, 120, "2031-03-14 09:30", "2031-03-14 08:00"),
        (BEIJING, 120, "2031-03-14 09:00", "2031-03-14 08:00"),
        (BEIJING, 120, "2031-03-14 08:59", "2031-03-13 21:00"),
        (BEIJING, 120, "2031-03-14 00:30", "2031-03-13 21:00"),
        (BEIJING, 120, "2031-03-14 23:59", "2031-03-14 21:59"),
        (BEIJING, 24 * 60, "2031-03-14 23:30", "2031-03-14 08:00"),
        (BEIJING, 24 * 60, "2031-03-14 06:00", "2031-03-13 08:00"),
        # A day is 24 hours, also when the clocks change: what falls into the night by that goes in the morning.
        (BERLIN, 24 * 60, "2031-03-30 14:00", "2031-03-29 13:00"),
        (BERLIN, 24 * 60, "2031-03-30 08:30", "2031-03-29 08:00"),
        (BERLIN, 24 * 60, "2031-10-26 14:00", "2031-10-25 15:00"),
    ],
)
def test_a_reminder_goes_by_day(zone, minutes, starts, expected):
    reminder = reminder_of(minutes, starts_at=at(starts, zone), zone=zone)

    assert spoken(reminder.at, zone) == expected


USUAL = (7 * 24 * 60, 24 * 60, 120)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2031-03-07 12:59", None),
        ("2031-03-07 13:00", USUAL[0]),
        # The site was down: the latest that is still of use, alone.
        ("2031-03-10 20:00", USUAL[0]),
        ("2031-03-11 01:00", None),
        ("2031-03-13 12:59", None),
        ("2031-03-13 13:00", USUAL[1]),
        ("2031-03-13 21:59", USUAL[1]),
        ("2031-03-13 22:00", None),
        ("2031-03-14 01:00", None),
        ("2031-03-14 11:00", USUAL[2]),
        ("2031-03-14 11:59", USUAL[2]),
        ("2031-03-14 12:00", None),
        ("2031-03-14 13:00", None),
    ],
)
def test_the_latest_reminder_goes_while_it_is_of_use(now, expected):
    due = due_reminder(USUAL, starts_at=at("2031-03-14 13:00"), zone=BEIJING, now=at(now))

    assert (due and due.minutes) == expected


def test_of_two_reminders_at_one_moment_the_nearer_one_goes():
    due = due_reminder((240, 120), starts_at=at("2031-03-14 08:30"), zone=BEIJING, now=at("2031-03-13 21:00"))

    assert due.minutes == 120
    assert due.known_before == at("2031-03-13 21:00")


def test_who_signs_up_in_the_night_in_which_a_reminder_was_put_off_is_not_reminded():
    reminder = reminder_of(120, starts_at=at("2031-03-14 09:30"), zone=BEIJING)

    assert reminder.at == at("2031-03-14 08:00")
    assert reminder.known_before == at("2031-03-14 07:30")
