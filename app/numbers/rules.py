"""What is reckoned from the rows: days of a zone, shares, seasons, groups that are large enough, and the forecast."""

import math
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from app.registrations.overbooking import EVENTS_MIN, Show

PERCENT: Final = 100
# Points of a line: by days while they are this many, then by weeks, then by months.
POINTS_MAX: Final = 62
# Student's t for nine tenths, by the degrees of freedom: the range holds four times out of five.
_T: Final = (3.078, 1.886, 1.638, 1.533, 1.476, 1.440, 1.415, 1.397, 1.383, 1.372)


@dataclass(frozen=True, slots=True)
class Span:
    """One point of a line over time: its first day, and the instants from which and until which it lasts."""

    day: date
    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Forecast:
    """How many will come of those who have a place: most likely, and between which numbers in four cases of five."""

    expected: int
    least: int
    most: int
    events: int
    percent: int
    percent_least: int
    percent_most: int


def percent(part: float, whole: float) -> int:
    """Return the share in hundredths; 0 of nothing."""
    return round(part * PERCENT / whole) if whole else 0


def spans(first: datetime, last: datetime, zone: str) -> list[Span]:
    """Return the days of the zone from one instant to another without a gap; weeks or months where they are many."""
    tz = ZoneInfo(zone)
    day, end = first.astimezone(tz).date(), last.astimezone(tz).date()
    count = (end - day).days + 1
    begins = _same if count <= POINTS_MAX else _monday if count <= POINTS_MAX * 7 else _first_of_month
    days = sorted({begins(day + timedelta(days=number)) for number in range(count)})
    ends = [*days[1:], end + timedelta(days=1)]
    return [Span(each, _midnight(each, tz), _midnight(until, tz)) for each, until in zip(days, ends, strict=True)]


def _midnight(day: date, tz: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tz).astimezone(UTC)


def _same(day: date) -> date:
    return day


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _first_of_month(day: date) -> date:
    return day.replace(day=1)


def season(at: datetime, zone: str) -> int:
    """Return the season of an instant where it was: 0 is winter (December to February), then spring, summer, autumn."""
    return at.astimezone(ZoneInfo(zone)).month % 12 // 3


def quarter(at: datetime, zone: str) -> tuple[int, int]:
    """Return the year and the quarter (1 to 4) of an instant where it was."""
    local = at.astimezone(ZoneInfo(zone))
    return local.year, (local.month + 2) // 3


def alike(texts: Mapping[str, int]) -> Counter[str]:
    """Return counts of texts where those that differ only in case or spaces are one, under the commonest spelling."""
    spellings: dict[str, Counter[str]] = {}
    for text, number in texts.items():
        written = " ".join(text.split())
        if written and number > 0:
            # Letters and brackets of full width, as Chinese keyboards make them, are the same ones.
            same = " ".join(unicodedata.normalize("NFKC", written).split()).casefold()
            spellings.setdefault(same, Counter())[written] += number
    return Counter({_commonest(each): each.total() for each in spellings.values()})


def _commonest(spellings: Counter[str]) -> str:
    return max(sorted(spellings), key=lambda text: spellings[text])


def ranked(counts: Mapping[str, int], *, limit: int, least: int = 1) -> tuple[list[tuple[str, int]], int, int]:
    """Return the largest groups, the first the largest; and of all others how many people and how many groups.

    None with fewer than `least` people is among the first.
    """
    order = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    shown = [item for item in order if item[1] >= least][:limit]
    others = order[len(shown) :] if least == 1 else [item for item in order if item not in shown]
    return shown, sum(number for _name, number in others), len(others)


def forecast(places: int, shows: Sequence[Show]) -> Forecast | None:
    """Return how many of so many with a place will come, going by earlier events; None where there are too few.

    The share is that of all their people together. The range has two parts: how much whole events differ from each
    other (rain, a holiday), and chance among the people of this one. Student's t widens it where events are few.
    """
    if len(shows) < EVENTS_MIN or places < 1:
        return None
    confirmed = sum(show.confirmed for show in shows)
    share = min(1.0, sum(min(show.came, show.confirmed) for show in shows) / confirmed)
    # Each event weighs as many people as had a place there.
    spread = sum(show.confirmed * (show.rate - share) ** 2 for show in shows) / confirmed
    events = len(shows)
    between = spread * events / (events - 1) * (1 + 1 / events)
    error = math.sqrt(places * share * (1 - share) + places**2 * between)
    margin = _T[min(events - 2, len(_T) - 1)] * error
    rates = [show.rate for show in shows]
    return Forecast(
        expected=round(places * share),
        least=max(0, math.floor(places * share - margin)),
        most=min(places, math.ceil(places * share + margin)),
        events=events,
        percent=round(share * PERCENT),
        percent_least=round(min(rates) * PERCENT),
        percent_most=round(max(rates) * PERCENT),
    )
