"""The days of a series. Days only: the time of day is that of the event, as the clocks there show it."""

from calendar import monthrange
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

SERIES_MAX: Final = 30
_WEEK: Final = 7
_MONTHS: Final = 12
_LAST: Final = 5


class Repeat(StrEnum):
    """How the days of a series follow each other."""

    ONCE = "once"
    WEEKLY = "weekly"
    MONTHLY = "monthly"  # on the same weekday: the second Saturday, say
    DATES = "dates"  # as they are listed


def days_of(first: date, repeat: Repeat, *, count: int = 1, every: int = 1) -> list[date]:
    """Return the days from the first on: `count` of them, every so many weeks or months.

    The fifth weekday of a month counts as its last one, since most months have no fifth.
    """
    if repeat == Repeat.WEEKLY:
        return [first + timedelta(weeks=every * number) for number in range(count)]
    if repeat == Repeat.MONTHLY:
        which = (first.day - 1) // _WEEK + 1
        months = [first.year * _MONTHS + first.month - 1 + every * number for number in range(count)]
        return [nth_weekday(month // _MONTHS, month % _MONTHS + 1, first.weekday(), which) for month in months]
    return [first]


def nth_weekday(year: int, month: int, weekday: int, which: int) -> date:
    """Return the so-manieth of a weekday (0 is Monday) in a month; 5 is the last one."""
    first = date(year, month, 1)
    day = 1 + (weekday - first.weekday()) % _WEEK + (which - 1) * _WEEK
    if which == _LAST and day > monthrange(year, month)[1]:
        day -= _WEEK
    return date(year, month, day)
