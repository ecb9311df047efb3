"""When an offer ends and when a reminder goes, so that neither happens at night. Pure: instants in, instants out.

Night is from 22:00 to 08:00 by the clocks of the event's zone, whatever they are set to on that day.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

NIGHT_BEGINS: Final = time(22)
NIGHT_ENDS: Final = time(8)
# What would happen in a night that leaves no morning before the event happens on the evening before.
EVENING: Final = time(21)
# Whoever is told later than this can no longer act on it: they are on their way.
BEFORE_THE_START: Final = timedelta(hours=1)
# An offer that would leave less time than this is none: the seat is given at once.
OFFER_LEAST: Final = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Reminder:
    """One reminder of one start: so many minutes before it, or at a better hour near that."""

    minutes: int
    starts_at: datetime
    at: datetime

    @property
    def known_before(self) -> datetime:
        """Whoever has their place only after this knows of it already, and is not reminded."""
        return min(self.at, self.starts_at - timedelta(minutes=self.minutes))

    def is_sensible(self, *, now: datetime) -> bool:
        """Tell whether it may still go: until half of the time from its moment to the start has passed."""
        return self.at <= now < self.at + (self.starts_at - self.at) / 2


def is_night(at: datetime, zone: str) -> bool:
    """Tell whether people in this zone are asleep."""
    clock = at.astimezone(ZoneInfo(zone)).time()
    return clock >= NIGHT_BEGINS or clock < NIGHT_ENDS


def offer_end(now: datetime, *, starts_at: datetime, zone: str, within_hours: int, hours: int) -> datetime | None:
    """Return until when a seat freed now is offered; None when it is given at once.

    It is given at once while the event is not near (`within_hours`), and when it is so near that no offer makes
    sense. An end in the night moves to the morning; one later than an hour before the start to that moment, or to
    the evening before when that is in the night.
    """
    if now < starts_at - timedelta(hours=within_hours):
        return None
    end, latest = now + timedelta(hours=hours), starts_at - BEFORE_THE_START
    if is_night(end, zone):
        end = _morning_after(end, zone)
    if end > latest:
        end = _evening_before(latest, zone) if is_night(latest, zone) else latest
    return end if end - now >= OFFER_LEAST else None


def reminder_of(minutes: int, *, starts_at: datetime, zone: str) -> Reminder:
    """Return when this reminder goes: at night in the morning, or on the evening before if that is too late."""
    at = starts_at - timedelta(minutes=minutes)
    if is_night(at, zone):
        morning = _morning_after(at, zone)
        at = morning if morning <= starts_at - BEFORE_THE_START else _evening_before(at, zone)
    return Reminder(minutes, starts_at, at)


def due_reminder(reminders: Iterable[int], *, starts_at: datetime, zone: str, now: datetime) -> Reminder | None:
    """Return the reminder that is to go now, if any: the latest whose moment has come, and never at night.

    Those before it are past: who could not be reminded in time gets one letter and not several.
    """
    all_of_them = [reminder_of(minutes, starts_at=starts_at, zone=zone) for minutes in set(reminders)]
    passed = [reminder for reminder in all_of_them if reminder.at <= now]
    latest = max(passed, key=lambda reminder: (reminder.at, -reminder.minutes), default=None)
    if latest is None or not latest.is_sensible(now=now) or is_night(now, zone):
        return None
    return latest


def _morning_after(at: datetime, zone: str) -> datetime:
    """Return the end of the night that this instant lies in."""
    local = at.astimezone(ZoneInfo(zone))
    day = local.date() if local.time() < NIGHT_ENDS else local.date() + timedelta(days=1)
    return _clock(datetime.combine(day, NIGHT_ENDS), zone)


def _evening_before(at: datetime, zone: str) -> datetime:
    """Return the evening before the night that this instant lies in."""
    local = at.astimezone(ZoneInfo(zone))
    day = local.date() if local.time() >= NIGHT_BEGINS else local.date() - timedelta(days=1)
    return _clock(datetime.combine(day, EVENING), zone)


def _clock(local: datetime, zone: str) -> datetime:
    # No zone sets its clocks at eight in the morning or nine in the evening: the time exists, once.
    return local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
