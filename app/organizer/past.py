"""The history as organizers read it: who did what, narrowed down, a page at a time or all of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Row, Select, or_, select
from sqlalchemy.orm import load_only, raiseload

from app.accounts import devices
from app.accounts.models import Organizer, SignInSession
from app.core.db import db
from app.core.i18n import Texts
from app.core.times import local_of
from app.events.models import Event
from app.events.queries import holds
from app.history import words
from app.history.models import Entry
from app.web.forms import one_line

PER_PAGE: Final = 50
BATCH: Final = 1000
PEOPLE_MAX: Final = 200
EVENTS_MAX: Final = 500  # that a word in a title may mean
TEXT_MAX: Final = 200
THE_SITE: Final = "site"  # in an address: what nobody did who was signed in
_ID_MAX: Final = 2**31 - 1
_DIGITS_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries are looked for; days are those of the page's zone, both ends included."""

    who: str = ""
    what: str = ""
    event: str = ""
    since: date | None = None
    until: date | None = None

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Wanted":
        """Read a wish as it stands in an address; what cannot be read is no wish."""
        who = query.get("who", "")[:_DIGITS_MAX]
        return cls(
            who=who if who == THE_SITE or number_of(who) else "",
            what=one_line(query.get("what"))[:TEXT_MAX],
            event=one_line(query.get("event"))[:TEXT_MAX],
            since=_day(query.get("from")),
            until=_day(query.get("to")),
        )

    def as_query(self) -> dict[str, str]:
        """Return the wish as it stands in an address, only what is set."""
        wish = {
            "who": self.who,
            "what": self.what,
            "event": self.event,
            "from": self.since.isoformat() if self.since else "",
            "to": self.until.isoformat() if self.until else "",
        }
        return {name: value for name, value in wish.items() if value}


@dataclass(frozen=True, slots=True)
class Change:
    """One field: what it is called, and what it was and is, in words."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Line:
    """One entry in words. `who` is empty for the site itself; the slug is None where there is no such event now."""

    entry: Entry
    what: str
    who: str
    device: str
    subject: str
    event_slug: str | None
    event_title: Texts
    changes: Sequence[Change]


@dataclass(frozen=True, slots=True)
class Page:
    """Some entries, the latest first, and the id before which the next page begins."""

    lines: Sequence[Line]
    before: int | None


def page(wanted: Wanted, *, event_id: int | None, zone: str, before: int | None = None) -> Page:
    """Return up to 50 entries of an event, or of everything; one statement, and one more for a wanted event.

    Of what was done to many at once the entry of the whole, unless those of each are asked for; the file has both.
    """
    listed = _listed(wanted, event_id, zone, before)
    if not wanted.what:
        listed = listed.where(Entry.action.not_in(words.are_beside()))
    rows = db.session.execute(listed.limit(PER_PAGE + 1)).all()
    shown = [_line(row, zone) for row in rows[:PER_PAGE]]
    return Page(shown, shown[-1].entry.id if len(rows) > PER_PAGE else None)


def all_lines(wanted: Wanted, *, event_id: int | None, zone: str) -> Iterator[Line]:
    """Yield every entry, the latest first; a thousand at a time, each batch a read of its own."""
    before: int | None = None
    while True:
        rows = db.session.execute(_listed(wanted, event_id, zone, before).limit(BATCH)).all()
        lines = [_line(row, zone) for row in rows]
        db.session.commit()
        db.session.expunge_all()
        yield from lines
        if len(lines) < BATCH:
            return
        before = lines[-1].entry.id


def by_day(lines: Sequence[Line], zone: str) -> list[tuple[date, list[Line]]]:
    """Return the entries under the days of the zone, in their order."""
    days: dict[date, list[Line]] = {}
    for line in lines:
        days.setdefault(local_of(line.entry.at, zone).date(), []).append(line)
    return list(days.items())


def people(event_id: int | None) -> Sequence[tuple[int, str]]:
    """Return everybody who may have done something, those who were removed too, by name; for the filter.

    At an event only who has done something there: its team need not know who else there is.
    """
    statement = (
        select(Organizer.id, Organizer.name, Organizer.email)
        .order_by(Organizer.removed_at.is_not(None), Organizer.name, Organizer.email)
        .limit(PEOPLE_MAX)
    )
    if event_id is not None:
        acted = select(Entry.organizer_id).where(Entry.event_id == event_id, Entry.organizer_id.is_not(None))
        statement = statement.where(Organizer.id.in_(acted))
    rows = db.session.execute(statement)
    return [(id_, f"{name} ({email})" if name else email) for id_, name, email in rows]


def number_of(text: str | None) -> int | None:
    """Return the number that stands in an address; None for anything else."""
    return min(int(text[:_DIGITS_MAX]), _ID_MAX) if text and text.isascii() and text.isdigit() else None


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _listed(
    wanted: Wanted, event_id: int | None, zone: str, before: int | None
) -> Select[Entry, Organizer, str, Event]:
    conditions = list(_matching(wanted, zone))
    if event_id is not None:
        conditions.append(Entry.event_id == event_id)
    if before is not None:
        conditions.append(Entry.id < before)
    return (
        select(Entry, Organizer, SignInSession.user_agent, Event)
        .outerjoin(Organizer, Organizer.id == Entry.organizer_id)
        .outerjoin(SignInSession, SignInSession.id == Entry.session_id)
        .outerjoin(Event, Event.id == Entry.event_id)
        .options(load_only(Event.slug, Event.title, raiseload=True), raiseload("*"))
        .where(*conditions)
        .order_by(Entry.id.desc())
    )


def _matching(wanted: Wanted, zone: str) -> Iterator[ColumnElement[bool]]:
    if wanted.who == THE_SITE:
        yield Entry.organizer_id.is_(None)
    elif wanted.who:
        yield Entry.organizer_id == number_of(wanted.who)
    if wanted.what:
        yield Entry.action == wanted.what
    if wanted.event:
        # Their ids first, in a statement of its own: planned as one, PostgreSQL searched the titles entry by entry.
        named = or_(Event.slug == wanted.event, holds(Event.title, wanted.event))
        ids = db.session.scalars(select(Event.id).where(named).order_by(Event.id.desc()).limit(EVENTS_MAX)).all()
        yield Entry.event_id.in_(ids)
    if wanted.since:
        yield Entry.at >= _midnight(wanted.since, zone)
    if wanted.until and wanted.until < date.max:
        yield Entry.at < _midnight(wanted.until + timedelta(days=1), zone)


def _midnight(day: date, zone: str) -> datetime:
    # The first and the last day of the calendar have no instant everywhere.
    day = min(max(day, date(1, 1, 3)), date(9999, 12, 29))
    return datetime.combine(day, time(), ZoneInfo(zone))


def _line(row: Row[Entry, Organizer | None, str | None, Event | None], zone: str) -> Line:
    entry, organizer, user_agent, event = row
    changes = [
        Change(*said)
        for name, (was, is_now) in sorted(entry.changes.items())
        if not name.startswith("_")
        for said in words.of_change(name, was, is_now, zone)
    ]
    return Line(
        entry,
        what=words.of_action(entry.action),
        who=(organizer.name or organizer.email) if organizer else "",
        device=devices.in_words(user_agent) if user_agent else "",
        subject=entry.subject,
        event_slug=event.slug if event else None,
        event_title=event.title if event else Texts(),
        changes=changes,
    )
