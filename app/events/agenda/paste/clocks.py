"""Times of day and durations as people write them: `13：30–14：00`, `下午1点半`, `1:30-2:15 PM`, `24:00`, `45 分钟`."""

import re
from typing import Final, NamedTuple

_HOUR: Final = 60
DAY: Final = 24 * 60
_NOON: Final = 12 * 60
_EVENING: Final = 18 * 60
_MORNING: Final = 9 * 60
_LONG: Final = 4 * 60
MINUTES_MAX: Final = DAY

# One character for one, so that what is found in the plain text stands at the same place in the original.
_PLAIN: Final = str.maketrans(
    {full: chr(ord(full) - 0xFEE0) for full in (chr(code) for code in range(0xFF01, 0xFF5F))}
    | dict.fromkeys("–—―‒−﹣－", "-")
    | dict.fromkeys("～〜∼˜", "~")
    | dict.fromkeys("\u3000\xa0\u2002\u2003\u2009", " ")
    | {"：": ":", "∶": ":", "︰": ":", "→": "~"}
)
_HALF: Final = r"(?P<{0}half>上午|早上|早晨|凌晨|中午|下午|傍晚|晚上|晚间|am|pm|a\.m\.|p\.m\.)"
_TIME: Final = (
    r"(?:" + _HALF.format("{0}before_") + r"\s*)?"
    r"(?P<{0}hour>\d{{1,2}})"
    r"(?:\s*(?::|点|时|h(?![a-z]))\s*(?P<{0}minute>\d{{1,2}}|半)?(?::\d{{2}})?\s*分?|\.(?P<{0}dotted>\d{{2}})(?!\d))?"
    r"(?:\s*" + _HALF.format("{0}after_") + r"(?![a-z]))?"
)
_RANGE: Final = re.compile(
    r"(?<![\d:.])" + _TIME.format("a_") + r"\s*(?:-+|~|至|到|\bto\b|\buntil\b)\s*" + _TIME.format("b_") + r"(?![\d:%])",
    re.IGNORECASE,
)
_COMPACT: Final = re.compile(r"(?<!\d)(\d{2})(\d{2})\s*[-~]\s*(\d{2})(\d{2})(?!\d)")
_SINGLE: Final = re.compile(r"(?<![\d:.])" + _TIME.format("a_") + r"(?![\d:%])", re.IGNORECASE)
_HOURS: Final = r"(?P<hours>\d+(?:\.\d+)?)\s*(?:hours?|hrs?|h|个?小时|个?钟头)"
_MINUTES: Final = r"(?P<minutes>\d{1,4})\s*(?:minutes?|mins?|min|分钟|分|['′])"
_DURATION: Final = re.compile(
    rf"(?<![\d.:])(?:{_HOURS}(?:\s*(?P<rest>\d{{1,2}}|半)\s*(?:minutes?|mins?|min|m|分钟|分)?)?|{_MINUTES})(?![\d\w])",
    re.IGNORECASE,
)
_LATE: Final = frozenset({"下午", "傍晚", "晚上", "晚间", "pm", "p.m."})
_EARLY: Final = frozenset({"上午", "早上", "早晨", "凌晨", "am", "a.m."})


class Span(NamedTuple):
    """When, in minutes after midnight, and where in the text that stands. `end` may lie on the next day."""

    start: int
    end: int | None
    begin_at: int
    end_at: int


class EndsFirstError(ValueError):
    """A span that ends before it starts."""


class NoSuchClockError(ValueError):
    """A time that no clock shows, such as 25:00 or 13:75."""


def plain(text: str) -> str:
    """Return the text of the same length with full-width signs, dashes and spaces as usual ones."""
    return text.translate(_PLAIN)


def find_span(text: str) -> Span | None:
    """Return the first time or span of times in a text; None when there is none.

    Raises EndsFirstError and NoSuchClockError.
    """
    usual = plain(text)
    if match := _COMPACT.search(usual):
        numbers = [int(group) for group in match.groups()]
        return _span(_minutes(*numbers[:2]), _minutes(*numbers[2:]), match)
    for match in _RANGE.finditer(usual):
        if _is_time(match, "a_") or _is_time(match, "b_"):
            return _of_range(match)
    for match in _SINGLE.finditer(usual):
        if _is_time(match, "a_") and not match["a_dotted"]:
            start = _half_day(*_hour_and_minute(match, "a_"), _half(match, "a_"))
            return Span(start, None, match.start(), match.end())
    return None


def find_duration(text: str) -> tuple[int, int, int] | None:
    """Return the first duration in a text in minutes, and where it stands; None when there is none that fits a day."""
    for match in _DURATION.finditer(plain(text)):
        if match["hours"]:
            rest = match["rest"] or "0"
            total = round(float(match["hours"]) * 60) + (30 if rest == "半" else int(rest))
        else:
            total = int(match["minutes"])
        if 0 < total <= MINUTES_MAX:
            return total, match.start(), match.end()
    return None


def _is_time(match: re.Match[str], part: str) -> bool:
    """Tell whether it is more than a number: `3` alone is no time of day."""
    return bool(match[f"{part}minute"] or match[f"{part}dotted"] or _half(match, part) or _has_sign(match, part))


def _has_sign(match: re.Match[str], part: str) -> bool:
    after = match.string[match.end(f"{part}hour") :].lstrip()
    return after.startswith(("点", "时", ":"))


def _half(match: re.Match[str], part: str) -> str:
    return (match[f"{part}before_half"] or match[f"{part}after_half"] or "").lower()


def _hour_and_minute(match: re.Match[str], part: str) -> tuple[int, int]:
    minute = match[f"{part}minute"] or match[f"{part}dotted"] or "0"
    return int(match[f"{part}hour"]), 30 if minute == "半" else int(minute)


def _minutes(hour: int, minute: int) -> int:
    if minute >= _HOUR or hour * _HOUR + minute > DAY:
        raise NoSuchClockError
    return hour * _HOUR + minute


def _half_day(hour: int, minute: int, half: str) -> int:
    at = _minutes(hour, minute)
    if half in _LATE and at < _NOON:
        return at + _NOON
    # 12:15 am is a quarter past midnight; nobody says 上午 or 凌晨 of noon either.
    return at - _NOON if half in _EARLY and _NOON <= at < _NOON + 60 and half != "上午" else at


def _of_range(match: re.Match[str]) -> Span:
    first, second = _hour_and_minute(match, "a_"), _hour_and_minute(match, "b_")
    half, other = _half(match, "a_"), _half(match, "b_")
    start, end = _half_day(*first, half), _half_day(*second, other)
    if not half and other and _half_day(*first, other) < end:
        start = _half_day(*first, other)  # 1:30-2:15 PM
    if half and not other and end < start:
        end = _half_day(*second, half)  # 下午1:30-2:15
    if not half and not other and start >= _MORNING and end < start <= end + _NOON <= start + _LONG:
        end += _NOON  # 11:30-1:00, as a twelve-hour clock has it
    return _span(start, end, match)


def _span(start: int, end: int, match: re.Match[str]) -> Span:
    if end < start and start >= _EVENING and end < _MORNING:
        end += DAY  # over midnight
    if end <= start:
        raise EndsFirstError
    return Span(start, end, match.start(), match.end())
