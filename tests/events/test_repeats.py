"""The days of a series."""

from datetime import date

import pytest

from app.events.repeats import Repeat, days_of, nth_weekday


@pytest.mark.parametrize(
    ("first", "repeat", "count", "every", "expected"),
    [
        ((2026, 5, 30), Repeat.ONCE, 6, 1, ["2026-05-30"]),
        ((2026, 12, 26), Repeat.WEEKLY, 3, 1, ["2026-12-26", "2027-01-02", "2027-01-09"]),
        ((2026, 5, 30), Repeat.WEEKLY, 3, 2, ["2026-05-30", "2026-06-13", "2026-06-27"]),
        ((2026, 10, 10), Repeat.MONTHLY, 4, 1, ["2026-10-10", "2026-11-14", "2026-12-12", "2027-01-09"]),
        ((2026, 10, 10), Repeat.MONTHLY, 3, 3, ["2026-10-10", "2027-01-09", "2027-04-10"]),
        ((2026, 5, 30), Repeat.MONTHLY, 3, 1, ["2026-05-30", "2026-06-27", "2026-07-25"]),
    ],
    ids=["once", "weekly over new year", "every two weeks", "second Saturday", "each quarter", "fifth is the last"],
)
def test_days_follow_the_rule(first, repeat, count, every, expected):
    days = days_of(date(*first), repeat, count=count, every=every)

    assert [day.isoformat() for day in days] == expected


def test_every_nth_weekday_of_a_year_is_one_and_lies_in_its_month():
    for month in range(1, 13):
        for weekday in range(7):
            for which in range(1, 6):
                day = nth_weekday(2026, month, weekday, which)

                assert (day.month, day.weekday()) == (month, weekday)
                assert which == 5 or (day.day - 1) // 7 + 1 == which
