"""When an event of a file takes place: local times in its zone, and days that are reckoned from today."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.core.times import NoSuchTimeError, instant_of
from app.events.models import Event
from app.exchange.mistakes import Path
from app.exchange.schema import DaysBefore, EventEntry, NextDay, SameDay, SessionEntry
from app.exchange.values import LocalTime, next_weekday

_ONE_DAY = timedelta(days=1)

# Told a path inside the entry and a sentence.
Report = Callable[[Path, str], None]


@dataclass(frozen=True, slots=True)
class Schedule:
    """Every instant of an event: its own, its sign-up's, and start and end of each session, where known."""

    zone: str
    starts_at: datetime
    ends_at: datetime
    is_all_day: bool
    opens_at: datetime | None
    closes_at: datetime | None
    sessions: tuple[tuple[datetime | None, datetime | None], ...]


def schedule(
    entry: EventEntry, *, site_zone: str, existing: Event | None, now: datetime, report: Report
) -> Schedule | None:
    """Return when the event takes place; None, after a report, when its own start and end make no sense.

    A start such as "the next Saturday at least three weeks ahead" is reckoned from `now` once: as long as the event
    that is stored is not over, it keeps its day.
    """
    zone = entry.time_zone or site_zone
    plan = _Plan(ZoneInfo(zone), report)
    starts_at, ends_at = plan.period(entry, existing, now)
    if starts_at is None or ends_at is None:
        return None
    if ends_at <= starts_at:
        report(("ends",), "The event ends before it starts.")
        return None
    opens_at = plan.window(entry.sign_up.opens, starts_at, ("sign_up", "opens"))
    closes_at = plan.window(entry.sign_up.closes, starts_at, ("sign_up", "closes"))
    if opens_at and opens_at >= (closes_at or starts_at):
        report(("sign_up", "opens"), "The sign-up closes before it opens.")
    if closes_at and closes_at > ends_at:
        report(("sign_up", "closes"), "The sign-up closes after the event is over.")
    sessions = tuple(
        plan.session(session, starts_at, ends_at, ("agenda", index)) for index, session in enumerate(entry.agenda)
    )
    return Schedule(zone, starts_at, ends_at, entry.date is not None, opens_at, closes_at, sessions)


@dataclass(frozen=True, slots=True)
class _Plan:
    zone: ZoneInfo
    report: Report

    def instant(self, day: date, at: time) -> datetime:
        """Return the instant of a local time; of the two when the clocks are set back, the first."""
        return instant_of(datetime.combine(day, at), self.zone.key)

    def told(self, day: date, at: time, path: Path) -> datetime | None:
        """Return the instant of a local time; None, after a report, when there is none."""
        try:
            return self.instant(day, at)
        except NoSuchTimeError:
            self.report(path, f"There is no {at:%H:%M} on {day} in {self.zone.key}: the clocks are set forward.")
            return None

    def local_day(self, instant: datetime) -> date:
        return instant.astimezone(self.zone).date()

    def period(
        self, entry: EventEntry, existing: Event | None, now: datetime
    ) -> tuple[datetime | None, datetime | None]:
        if entry.date is not None:
            return self._whole_day(entry.date)
        starts, ends = entry.starts, entry.ends
        if isinstance(starts, NextDay):
            if existing is not None and existing.ends_at > now:
                first = self.local_day(existing.starts_at)
            else:
                first = next_weekday(self.local_day(now) + timedelta(days=starts.after_days), starts.next)
        elif isinstance(starts, LocalTime):
            first = starts.day
        else:
            return None, None
        last = ends.day if isinstance(ends, LocalTime) else first
        end_clock = ends.at if isinstance(ends, LocalTime | SameDay) else time()
        return self.told(first, starts.at, ("starts",)), self.told(last, end_clock, ("ends",))

    def _whole_day(self, day: date) -> tuple[datetime, datetime]:
        # Where the clocks skip midnight, the day begins when they go on.
        midnights = (datetime.combine(d, time(), tzinfo=self.zone).astimezone(UTC) for d in (day, day + _ONE_DAY))
        return next(midnights), next(midnights)

    def window(self, value: DaysBefore | LocalTime | None, starts_at: datetime, path: Path) -> datetime | None:
        if value is None:
            return None
        if isinstance(value, LocalTime):
            return self.told(value.day, value.at, path)
        return self.told(self.local_day(starts_at) - timedelta(days=value.days_before), value.at, path)

    def session(
        self, entry: SessionEntry, starts_at: datetime, ends_at: datetime, path: Path
    ) -> tuple[datetime | None, datetime | None]:
        start = self._moment(entry.start, starts_at, (*path, "start"))
        if start is None:
            if entry.end is not None and entry.start is None:
                self.report((*path, "end"), "A session with an end needs a start.")
            return None, None
        if not starts_at <= start < ends_at:
            self.report((*path, "start"), self._outside(starts_at, ends_at))
        end = self._moment(entry.end, start, (*path, "end"))
        if end is not None and end > ends_at:
            is_late = end - start < timedelta(hours=12)
            sentence = self._outside(starts_at, ends_at) if is_late else "The session ends before it starts."
            self.report((*path, "end"), sentence)
        elif end is not None and end <= start:
            self.report((*path, "end"), "The session ends before it starts.")
        return start, end

    def _moment(self, value: time | LocalTime | None, after: datetime, path: Path) -> datetime | None:
        """Return the instant; a time of day is the first that is not before `after`, so that a night may be long."""
        if value is None:
            return None
        if isinstance(value, LocalTime):
            return self.told(value.day, value.at, path)
        day = self.local_day(after)
        moment = self.told(day, value, path)
        if moment is not None and moment < after:
            moment = self.told(day + _ONE_DAY, value, path)
        return moment

    def _outside(self, starts_at: datetime, ends_at: datetime) -> str:
        start, end = starts_at.astimezone(self.zone), ends_at.astimezone(self.zone)
        return f"The session is outside of the event, which is from {start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}."
