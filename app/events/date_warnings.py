"""What an organizer should know about a day before they choose it. Nothing here forbids anything.

China's working Saturdays and Sundays (调休) and public holidays come from the package `chinesecalendar`, which knows
the years that the State Council has announced; about later ones it is silent, and so is this.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import chinese_calendar
from babel.dates import format_date
from sqlalchemy import select
from sqlalchemy.orm import joinedload, load_only, raiseload

from app.core.db import db
from app.core.i18n import BABEL_LOCALE, current_language
from app.core.i18n import gettext as _
from app.events.models import Event, EventState, Visibility

CHINA: Final = "Asia/Shanghai"
DAYS_MAX: Final = 14
EVENTS_MAX: Final = 5
_FRIDAY: Final = 4


def warnings(
    starts_at: datetime, ends_at: datetime, zone: str, *, city_id: int | None, event_id: int | None = None
) -> list[str]:
    """Return sentences in the reader's language about the days of an event; one statement if the city is known.

    `event_id` is the event itself, where it exists already: it does not stand in its own way.
    """
    days = local_days(starts_at, ends_at, zone)
    found = of_days(days, zone)
    if city_id is not None:
        found += _of_the_city(days, zone, city_id, event_id)
    return found


def of_days(days: Sequence[date], zone: str) -> list[str]:
    """Return what the calendar of the zone's country says about these days; asks no database."""
    return list(_of_the_calendar(days)) if zone == CHINA else []


def local_days(starts_at: datetime, ends_at: datetime, zone: str) -> list[date]:
    """Return the days an event touches, in its zone; the end itself is no longer part of it."""
    first = starts_at.astimezone(ZoneInfo(zone)).date()
    last = (ends_at - timedelta(microseconds=1)).astimezone(ZoneInfo(zone)).date()
    return [first + timedelta(days=number) for number in range(min((last - first).days + 1, DAYS_MAX))]


def _of_the_calendar(days: Sequence[date]) -> Iterator[str]:
    for day in days:
        try:
            is_free, name = chinese_calendar.get_holiday_detail(day)
        except NotImplementedError:  # the package knows no further years
            return
        if is_free and name:
            yield _("%(day)s is a public holiday in China: %(holiday)s.", day=spoken(day), holiday=_holiday(name))
        elif not is_free and day.weekday() > _FRIDAY:
            yield _(
                "%(day)s is a working day in China, in exchange for a holiday (%(holiday)s).",
                day=spoken(day),
                holiday=_holiday(name or ""),
            )


def _holiday(name: str) -> str:
    """Return the holiday's name in the reader's language; the package's own is English."""
    if current_language() == "en":
        return name
    return next((each.chinese for each in chinese_calendar.Holiday if each.value == name), name)


def _of_the_city(days: Sequence[date], zone: str, city_id: int, event_id: int | None) -> Iterator[str]:
    midnight = datetime.combine(days[0], time.min, ZoneInfo(zone)).astimezone(UTC)
    next_midnight = datetime.combine(days[-1] + timedelta(days=1), time.min, ZoneInfo(zone)).astimezone(UTC)
    statement = (
        select(Event)
        .where(
            Event.city_id == city_id,
            Event.starts_at < next_midnight,
            Event.ends_at > midnight,
            Event.state != EventState.CANCELLED,
        )
        .options(
            load_only(Event.state, Event.visibility, Event.title, Event.starts_at, Event.zone),
            joinedload(Event.city),
            raiseload("*"),
        )
        .order_by(Event.starts_at, Event.id)
        .limit(EVENTS_MAX)
    )
    if event_id is not None:
        statement = statement.where(Event.id != event_id)
    for other in db.session.scalars(statement):
        language = current_language()
        city = other.city.name.in_language(language) if other.city else ""
        day = spoken(other.starts_at.astimezone(ZoneInfo(other.zone)).date())
        if other.state == EventState.DRAFT or other.visibility != Visibility.PUBLIC:
            # Not everybody who manages this event may know of that one.
            yield _("Another event is being prepared in %(city)s for %(day)s.", city=city, day=day)
        else:
            title = other.title.in_language(language)
            yield _("Another event takes place in %(city)s on %(day)s: %(title)s.", city=city, day=day, title=title)


def spoken(day: date) -> str:
    """Return a day with its weekday in the reader's language."""
    language = current_language()
    form = "y年M月d日 EEEE" if language == "zh" else "EEEE, d MMMM y"
    return format_date(day, form, locale=BABEL_LOCALE[language])
