"""VTIMEZONE from the zone database: the rule a zone follows today, in the form that every client reads.

icalendar writes lists of RDATE for zones with summer time; ical.js, vobject and classic Outlook read only the first
date and are one hour off in summer. Here a zone is one STANDARD block, or a STANDARD and a DAYLIGHT block with a
yearly RRULE each. What a zone did before its present rule began, or a rule that is no "n-th weekday of a month"
(Morocco, Israel), cannot be said so; such an event is written in UTC instead.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from app.calendar.properties import Component, Property, Verbatim

# Fixed, so that the block does not depend on the day it is made. The zone database repeats today's rules to the end.
_FIRST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST: Final = datetime(2038, 1, 1, tzinfo=UTC)
# Two changes nearer to each other than this would be missed; Ramadan in Morocco is the shortest, with 4 weeks.
_STEP: Final = timedelta(days=7)
_WEEKS_OF_EACH_MONTH: Final = 4
# Weekdays fall alike again after at most eleven years: a rule that held for fewer changes may be a coincidence, as the
# "fourth Friday" of Israel, which is the Friday before the last Sunday.
_RULE_CHANGES_MIN: Final = 24
_WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_UTC_NAMES: Final = {"UTC", "Etc/UTC", "Etc/UCT", "Zulu", "Universal"}


class Change(NamedTuple):
    """The clocks of a zone go from one offset to another."""

    at: datetime  # aware UTC
    before: timedelta
    after: timedelta
    name: str

    @property
    def local(self) -> datetime:
        """What clocks show when it happens, before they are moved: naive."""
        return (self.at + self.before).replace(tzinfo=None)


@dataclass(frozen=True, slots=True)
class Rule:
    """The n-th (or, as -1, last) weekday of a month at a local time, between two offsets."""

    month: int
    ordinal: int
    weekday: int
    minutes: int
    before: timedelta
    after: timedelta

    def made(self, change: Change) -> bool:
        """Tell whether this change follows the rule."""
        return self in _rules_of(change)

    @property
    def rrule(self) -> str:
        """The rule as a yearly RRULE."""
        return f"FREQ=YEARLY;BYMONTH={self.month};BYDAY={self.ordinal}{_WEEKDAYS[self.weekday]}"


@dataclass(frozen=True, slots=True)
class Zone:
    """How a zone is written, and from which instant on that is right."""

    holds_from: datetime
    block: Component


def local(at: datetime, zone: str) -> datetime:
    """Return the instant in its zone if the zone's block is right for it, else in UTC."""
    known = described(zone)
    return at.astimezone(ZoneInfo(zone)) if known and at >= known.holds_from else at.astimezone(UTC)


@lru_cache(maxsize=128)
def described(zone: str) -> Zone | None:
    """Return the zone's block; None when it can only be written in UTC."""
    if zone in _UTC_NAMES:
        return None
    tz = ZoneInfo(zone)
    changes = _changes(tz)
    if not changes or changes[-1].at < _LAST - timedelta(days=366):
        return _fixed(zone, tz, changes)
    return _with_summer_time(zone, changes)


def _fixed(zone: str, tz: ZoneInfo, changes: list[Change]) -> Zone:
    """Write a zone whose clocks are not moved any more, as Asia/Shanghai's since 1991."""
    since = changes[-1].at if changes else _FIRST
    offset = _offset(tz, _LAST)
    midnight = (since + offset).replace(hour=0, minute=0, second=0)
    # No clock is moved by this one: it only says from when on the offset is right.
    only = Change(midnight - offset, offset, offset, _name(tz, _LAST))
    return Zone(since, _timezone(zone, [_observance("STANDARD", only)]))


def _with_summer_time(zone: str, changes: list[Change]) -> Zone | None:
    """Write a zone whose clocks go forward and back by a yearly rule; None when there is no such rule."""
    spans = [
        (first, second, _span(changes, first, second))
        for first in _rules_of(changes[-2])
        for second in _rules_of(changes[-1])
    ]
    # The fourth Sunday may also be the last one: what explains more of the past is the rule.
    first, second, followed = max(spans, key=lambda span: len(span[2]), default=(None, None, []))
    if first is None or second is None or len(followed) < _RULE_CHANGES_MIN:
        return None
    blocks = []
    for rule in (first, second):
        onset = next(change for change in followed if rule.made(change))
        kind = "DAYLIGHT" if rule.after > rule.before else "STANDARD"
        blocks.append(_observance(kind, onset, rule.rrule))
    blocks.sort(key=lambda block: block.name)
    return Zone(followed[0].at, _timezone(zone, blocks))


def _span(changes: list[Change], first: Rule, second: Rule) -> list[Change]:
    """Return the latest changes that follow the two rules without a gap, oldest first."""
    followed: list[Change] = []
    wanted = [second, first]
    for change in reversed(changes):
        if not wanted[len(followed) % 2].made(change):
            break
        followed.append(change)
    return followed[::-1]


def _rules_of(change: Change) -> list[Rule]:
    """Return the rules that this change may follow: the n-th weekday of its month, or the last, or both."""
    at = change.local
    ordinals = [(at.day - 1) // 7 + 1]
    if (at + timedelta(days=7)).month != at.month:
        # A fifth weekday is the last one, and not there each year.
        ordinals = [-1, *(n for n in ordinals if n <= _WEEKS_OF_EACH_MONTH)]
    minutes = at.hour * 60 + at.minute
    return [Rule(at.month, n, at.weekday(), minutes, change.before, change.after) for n in ordinals]


def _changes(tz: ZoneInfo) -> list[Change]:
    """Return every change of the zone's offset that the zone database knows between 1970 and 2038."""
    found = []
    at, offset = _FIRST, _offset(tz, _FIRST)
    while at < _LAST:
        then = at + _STEP
        after = _offset(tz, then)
        if after != offset:
            moment = _moment(tz, at, then)
            found.append(Change(moment, offset, after, _name(tz, moment)))
        at, offset = then, after
    return found


def _moment(tz: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """Return the first second with the later offset."""
    before = _offset(tz, low)
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=int((high - low).total_seconds()) // 2)
        if _offset(tz, middle) == before:
            low = middle
        else:
            high = middle
    return high


def _offset(tz: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(tz).utcoffset() or timedelta()


def _name(tz: ZoneInfo, at: datetime) -> str:
    return at.astimezone(tz).tzname() or ""


def _timezone(zone: str, blocks: list[Component]) -> Component:
    return Component("VTIMEZONE", [Property("TZID", zone)], blocks)


def _observance(kind: str, onset: Change, rrule: str | None = None) -> Component:
    properties = [Property("DTSTART", Verbatim(f"{onset.local:%Y%m%dT%H%M%S}"))]
    if rrule:
        properties.append(Property("RRULE", Verbatim(rrule)))
    properties.append(Property("TZOFFSETFROM", Verbatim(_signed(onset.before))))
    properties.append(Property("TZOFFSETTO", Verbatim(_signed(onset.after))))
    if onset.name.isalpha():  # "+08" is no name
        properties.append(Property("TZNAME", onset.name))
    return Component(kind, properties)


def _signed(offset: timedelta) -> str:
    seconds = int(offset.total_seconds())
    sign, (hours, rest) = "-" if seconds < 0 else "+", divmod(abs(seconds), 3600)
    return f"{sign}{hours:02}{rest // 60:02}"
