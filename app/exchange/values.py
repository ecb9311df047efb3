"""Small values in a community file: texts in two languages, days, times of day, addresses of pages."""

import re
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import lru_cache
from typing import Annotated, Final
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import AfterValidator, PlainValidator, StringConstraints

from app.core.i18n import LANGUAGES, Texts

SLUG_PATTERN: Final = r"^[a-z0-9]+(?:-[a-z0-9]+)*$"
URL_LENGTH_MAX: Final = 500
NOTHING: Final = Texts()

_CLOCK: Final = re.compile(r"(\d{1,2}):(\d{2})")
_LOCAL: Final = re.compile(r"(\d{4}-\d{2}-\d{2})[T ](\d{1,2}:\d{2})(?::00)?")
_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class LocalTime:
    """A day and a time of day in the event's zone."""

    day: date
    at: time


def texts(value: object) -> Texts:
    """Take a text, or one text for each language; a plain text is Chinese if it has a Chinese character."""
    if value is None:
        return Texts()
    if isinstance(value, str):
        return Texts.of(value.strip())
    if not isinstance(value, dict):
        message = "This must be text, or a text for each language, such as {zh: 北京, en: Beijing}; quote numbers."
        raise ValueError(message)  # noqa: TRY004 - pydantic gathers value errors only
    for language, text in value.items():
        if language not in LANGUAGES:
            message = f"There is no language {language!r} here: the languages are {', '.join(LANGUAGES)}."
            raise ValueError(message)
        if text is not None and not isinstance(text, str):
            message = f"The text for {language} must be text; put a number in quotes."
            raise ValueError(message)
    return Texts(**{language: text.strip() for language, text in value.items() if text})


def some_texts(value: object) -> Texts:
    """Take what `texts` takes, but not nothing."""
    taken = texts(value)
    if not taken:
        message = "This must not be empty."
        raise ValueError(message)
    return taken


def day(value: object) -> date:
    """Take a day as 2019-12-14."""
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        message = f"{value} is no day: write it as 2019-12-14."
        raise ValueError(message) from None


def clock(value: object) -> time:
    """Take a time of day as 13:00."""
    match = _CLOCK.fullmatch(str(value))
    try:
        return time(int(match[1]), int(match[2])) if match else time.fromisoformat("")
    except ValueError:
        message = f"{value} is no time of day: write it as 13:00."
        raise ValueError(message) from None


def local_time(value: object) -> LocalTime:
    """Take a day and a time of day as 2019-12-14T13:00, without an offset: the zone is the event's."""
    match = _LOCAL.fullmatch(str(value))
    if match is None:
        message = f"{value} is no local time: write it as 2019-12-14T13:00, without an offset; the zone is `time_zone`."
        raise ValueError(message)
    return LocalTime(day(match[1]), clock(match[2]))


def session_time(value: object) -> time | LocalTime:
    """Take a time of day, or a day and a time for an event of several days."""
    return local_time(value) if "-" in str(value) else clock(value)


def weekday(value: object) -> int:
    """Take the English name of a weekday; Monday is 0."""
    if value not in _WEEKDAYS:
        message = f"{value} is no weekday: write one of {', '.join(_WEEKDAYS)}."
        raise ValueError(message)
    return _WEEKDAYS.index(str(value))


def next_weekday(start: date, wanted: int) -> date:
    """Return the first day of this weekday on or after `start`."""
    return start + timedelta(days=(wanted - start.weekday()) % 7)


def web_address(value: str) -> str:
    """Take an absolute address of the web."""
    if not urlsplit(value).netloc or not value.startswith(("https://", "http://")) or len(value) > URL_LENGTH_MAX:
        message = "This must be an address that begins with https:// or http://, of at most 500 characters."
        raise ValueError(message)
    return value


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def zone_name(value: str) -> str:
    """Take the name of a zone of the IANA database."""
    if value not in _zones():
        message = f"There is no time zone {value}: write a name of the IANA database, such as Asia/Shanghai."
        raise ValueError(message)
    return value


Words = Annotated[Texts, PlainValidator(texts)]
SomeWords = Annotated[Texts, PlainValidator(some_texts)]
Day = Annotated[date, PlainValidator(day)]
Clock = Annotated[time, PlainValidator(clock)]
Local = Annotated[LocalTime, PlainValidator(local_time)]
SessionTime = Annotated[time | LocalTime, PlainValidator(session_time)]
Weekday = Annotated[int, PlainValidator(weekday)]
Url = Annotated[str, AfterValidator(web_address)]
Zone = Annotated[str, AfterValidator(zone_name)]
Slug = Annotated[str, StringConstraints(pattern=SLUG_PATTERN, max_length=80)]
EventSlug = Annotated[str, StringConstraints(pattern=SLUG_PATTERN, max_length=120)]
ShortSlug = Annotated[str, StringConstraints(pattern=SLUG_PATTERN, max_length=40)]
