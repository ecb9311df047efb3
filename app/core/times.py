"""Instants and periods in words, in the event's own zone; for pages, letters and calendars alike."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_date, get_timezone_name

from app.core.i18n import BABEL_LOCALE, Language

# What people call the zone; Babel's "China Standard Time" is said by nobody.
_ZONE_NAMES: Final[dict[str, dict[Language, str]]] = {
    "Asia/Shanghai": {"zh": "北京时间", "en": "Beijing time"},
    "UTC": {"zh": "协调世界时", "en": "UTC"},
}
_DATE: Final[dict[Language, str]] = {"zh": "y年M月d日 EEEE", "en": "EEEE, d MMMM y"}
_SHORT_DATE: Final[dict[Language, str]] = {"zh": "M月d日", "en": "d MMM"}


class NoSuchTimeError(ValueError):
    """A local time that the clocks of the zone leave out when they are set forward."""


def instant_of(local: datetime, zone: str) -> datetime:
    """Return the instant of a naive local time in a zone; of the two when the clocks are set back, the first.

    Raises NoSuchTimeError for a time that does not exist there.
    """
    instant = local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    if instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None) != local:
        raise NoSuchTimeError
    return instant


def local_of(at: datetime, zone: str) -> datetime:
    """Return the naive local time of an instant in a zone, as a form shows it."""
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def offset_label(at: datetime, zone: str) -> str:
    """Return the offset of the zone at that instant, as `UTC+8` or `UTC-3:30`."""
    offset = at.astimezone(ZoneInfo(zone)).utcoffset() or timedelta()
    minutes = int(offset.total_seconds()) // 60
    sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    return f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "")


def zone_label(at: datetime, zone: str, language: Language) -> str:
    """Return the zone's name and offset at that instant, as `北京时间 (UTC+8)`; the offset alone if it has no name."""
    local = at.astimezone(ZoneInfo(zone))
    name = _ZONE_NAMES.get(zone, {}).get(language) or get_timezone_name(local, locale=BABEL_LOCALE[language])
    offset = offset_label(at, zone)
    # Babel knows no name for Asia/Kolkata and some others, and says "GMT+05:30".
    return offset if name.startswith(("GMT", "UTC")) else f"{name} ({offset})"


def spoken_date(at: datetime, zone: str, language: Language) -> str:
    """Return the day in words, as `2019年12月14日 星期六`."""
    return _day(at.astimezone(ZoneInfo(zone)).date(), _DATE[language], language)


def short_date(at: datetime, zone: str, language: Language) -> str:
    """Return the day without year and weekday, as `12月14日`."""
    return _day(at.astimezone(ZoneInfo(zone)).date(), _SHORT_DATE[language], language)


@lru_cache(maxsize=1024)
def _day(day: date, pattern: str, language: Language) -> str:
    """Return a day in words; a list names the same few again and again."""
    return format_date(day, pattern, locale=BABEL_LOCALE[language])


def spoken_time(at: datetime, zone: str) -> str:
    """Return the time of day by the 24-hour clock, as `13:00`."""
    return at.astimezone(ZoneInfo(zone)).strftime("%H:%M")


def spoken_instant(at: datetime, zone: str, language: Language) -> str:
    """Return day, time and zone, as `2019年12月14日 星期六 13:00 北京时间 (UTC+8)`."""
    return f"{spoken_date(at, zone, language)} {spoken_time(at, zone)} {zone_label(at, zone, language)}"


def spoken_period(
    starts_at: datetime, ends_at: datetime, zone: str, *, language: Language, is_all_day: bool = False
) -> str:
    """Return a whole period in words: one day, several days, or days without hours.

    `ends_at` is exclusive: an all-day event that ends at midnight ended on the day before.
    """
    if is_all_day:
        last = ends_at - timedelta(seconds=1)
        first_day, last_day = spoken_date(starts_at, zone, language), spoken_date(last, zone, language)
        return first_day if first_day == last_day else f"{first_day} – {last_day}"
    start_day, end_day = spoken_date(starts_at, zone, language), spoken_date(ends_at, zone, language)
    start, end = f"{start_day} {spoken_time(starts_at, zone)}", spoken_time(ends_at, zone)
    if end_day != start_day:
        end = f"{end_day} {end}"
    if offset_label(starts_at, zone) != offset_label(ends_at, zone):
        # The clocks change in between: one name for both ends would be an hour off for one of them.
        return f"{start} {zone_label(starts_at, zone, language)} – {end} {zone_label(ends_at, zone, language)}"
    dash = "–" if end_day == start_day else " – "
    return f"{start}{dash}{end} {zone_label(starts_at, zone, language)}"


def iso(at: datetime, zone: str) -> str:
    """Return ISO 8601 with the zone's offset, for `<time datetime>` and JSON-LD."""
    return at.astimezone(ZoneInfo(zone)).isoformat(timespec="seconds")
