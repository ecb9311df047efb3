"""What calendars read: which events belong to a feed, in which version, and what each of them says.

Columns and not objects: loading a thousand events with their agendas as objects takes longer than the whole budget.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Label,
    Row,
    Select,
    String,
    bindparam,
    cast,
    func,
    literal,
    select,
    type_coerce,
)
from sqlalchemy.orm import InstrumentedAttribute

from app.calendar.entries import Entry, Item, Place
from app.community.models import Group, Person
from app.core.db import Json, UtcDateTime, db
from app.core.errors import NotFoundError
from app.core.i18n import Language, Texts
from app.core.i18n import gettext as _
from app.events.models import City, Event, EventState, Session, SessionSpeaker, Tag, Venue, event_groups, event_tags
from app.events.queries import public

# The latest events win; a community that holds two a day for ten years would reach it.
FEED_EVENTS_MAX: Final = 5_000
# SQLite takes 32,766 bound values a statement, and PostgreSQL plans a long IN list slowly.
_AT_ONCE: Final = 1_000


class ScopeKind(StrEnum):
    """What a calendar is about."""

    SITE = "site"
    GROUP = "group"
    CITY = "city"
    TAG = "tag"
    EVENT = "event"


@dataclass(frozen=True, slots=True)
class Scope:
    """One calendar: of the whole site, or of the thing with this slug."""

    kind: ScopeKind
    slug: str = ""


@dataclass(frozen=True, slots=True)
class Edition:
    """Which version of a calendar this is: two that are equal have the same events in the same versions."""

    name: Texts  # of the group, city or tag; empty for the site and for an event
    events: int
    fingerprint: tuple[int, ...]
    changed_at: datetime | None  # of any event of the site, so that it also moves when an event leaves the calendar


@dataclass(frozen=True, slots=True)
class Version:
    """One event and its version."""

    event_id: int
    revision: int
    revised_at: datetime


def edition(scope: Scope, *, since: datetime) -> Edition:
    """Return the version of a calendar in one statement; raises NotFoundError for one that does not exist.

    Of a feed, events that ended before `since` are left out.
    """
    (row,) = _rows(_edition_of(scope.kind), slug=scope.slug, since=since)
    scope_id, name, count, *sums, revised_at, changed_at = row
    if scope_id is None or (scope.kind is ScopeKind.EVENT and not count):
        raise unknown()
    stamp = int(revised_at.timestamp() * 1_000_000) if revised_at else 0
    fingerprint = (count, *(int(each or 0) for each in sums), stamp)
    return Edition(name or Texts(), count, fingerprint, revised_at if scope.kind is ScopeKind.EVENT else changed_at)


@cache
def _edition_of(kind: ScopeKind) -> Select[*tuple[Any, ...]]:
    # Built once: building it takes as long as running it.
    revision = cast(Event.revision, BigInteger)
    of_events = (
        select(
            func.count(Event.id).label("events"),
            func.sum(Event.id).label("ids"),
            func.sum(revision).label("revisions"),
            # An event that leaves while another one comes moves this sum, whatever the two above do.
            func.sum(revision * Event.id).label("weighted"),
            func.max(Event.revised_at).label("revised_at"),
        )
        .where(*_conditions(kind))
        .subquery()
    )
    named = _NAMED.get(kind)
    return select(
        literal(1).label("id") if named is None else select(named.id).where(named.slug == _SLUG).scalar_subquery(),
        literal(None) if named is None else select(named.name).where(named.slug == _SLUG).scalar_subquery(),
        of_events,
        select(func.max(Event.revised_at)).scalar_subquery().label("changed_at"),
    )


def unknown() -> NotFoundError:
    """Return the refusal for a calendar that does not exist, or not for everybody."""
    return NotFoundError(_("There is no calendar at this address. All calendars are on the calendar page."))


def versions(scope: Scope, *, since: datetime) -> list[Version]:
    """Return the events of a calendar and their versions, the first to begin first."""
    statement = (
        select(Event.id, Event.revision, Event.revised_at, Event.starts_at)
        .where(*_conditions(scope.kind))
        .order_by(Event.starts_at.desc(), Event.id.desc())
        .limit(FEED_EVENTS_MAX)
    )
    rows = _rows(statement, slug=scope.slug, since=since)
    return [Version(event_id, revision, revised_at) for event_id, revision, revised_at, _start in reversed(rows)]


def entries(event_ids: Sequence[int], language: Language) -> dict[int, Entry]:
    """Return what calendars say of these events, by id; three statements for each thousand."""
    found: dict[int, Entry] = {}
    for start in range(0, len(event_ids), _AT_ONCE):
        found |= _entries(event_ids[start : start + _AT_ONCE], language)
    return found


def _conditions(kind: ScopeKind) -> list[ColumnElement[bool]]:
    if kind is ScopeKind.EVENT:
        return [public(), Event.slug == _SLUG]
    conditions = [public(), Event.ends_at >= _SINCE]
    if kind is ScopeKind.GROUP:
        of_group = select(event_groups.c.event_id).join(Group, Group.id == event_groups.c.group_id)
        conditions.append(Event.id.in_(of_group.where(Group.slug == _SLUG)))
    elif kind is ScopeKind.TAG:
        tagged = select(event_tags.c.event_id).join(Tag, Tag.id == event_tags.c.tag_id)
        conditions.append(Event.id.in_(tagged.where(Tag.slug == _SLUG)))
    elif kind is ScopeKind.CITY:
        conditions.append(Event.city_id == select(City.id).where(City.slug == _SLUG).scalar_subquery())
    return conditions


# What a scope puts into its statements.
_SLUG: Final = bindparam("slug", type_=String)
_SINCE: Final = bindparam("since", type_=UtcDateTime)

_NAMED: Final[dict[ScopeKind, type[Group] | type[City] | type[Tag]]] = {
    ScopeKind.GROUP: Group,
    ScopeKind.CITY: City,
    ScopeKind.TAG: Tag,
}


def _entries(event_ids: Sequence[int], language: Language) -> dict[int, Entry]:
    items = _agendas(event_ids, language)
    categories = _categories(event_ids, language)
    rows = _rows(_events(event_ids, language))
    return {row.id: _entry(row, items[row.id], categories[row.id]) for row in rows}


def _events(event_ids: Sequence[int], language: Language) -> Select[*tuple[Any, ...]]:
    shown = (
        Event.id,
        Event.uid,
        Event.slug,
        Event.sequence,
        Event.revised_at,
        Event.state,
        Event.starts_at,
        Event.ends_at,
        Event.zone,
        Event.is_all_day,
        Event.mode,
        Event.agenda_is_illustrative,
        Event.agenda_order_known,
        Venue.latitude,
        Venue.longitude,
    )
    texts = (
        _spoken(Event.title, language, "title"),
        _spoken(Event.notice, language, "notice"),
        _spoken(Event.summary, language, "summary"),
        _spoken(Event.cancellation_reason, language, "cancellation_reason"),
        _spoken(Event.agenda_note, language, "agenda_note"),
        _spoken(Venue.name, language, "venue"),
        _spoken(Venue.address, language, "address"),
        _spoken(City.name, language, "city"),
    )
    return (
        select(*shown, *texts)
        .outerjoin(Venue, Venue.id == Event.venue_id)
        .outerjoin(City, City.id == Event.city_id)
        .where(Event.id.in_(event_ids))
    )


def _entry(row: Row[Any], agenda: Iterable[Item], categories: Iterable[str]) -> Entry:
    return Entry(
        uid=row.uid,
        slug=row.slug,
        sequence=row.sequence,
        revised_at=row.revised_at,
        is_cancelled=row.state is EventState.CANCELLED,
        title=row.title,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        zone=row.zone,
        is_all_day=row.is_all_day,
        mode=row.mode,
        place=Place(row.venue, row.address, row.city, row.latitude, row.longitude),
        notice=row.notice,
        summary=row.summary,
        cancellation_reason=row.cancellation_reason,
        agenda_note=row.agenda_note,
        agenda_is_illustrative=row.agenda_is_illustrative,
        agenda_order_known=row.agenda_order_known,
        agenda=tuple(agenda),
        categories=tuple(categories),
    )


def _agendas(event_ids: Sequence[int], language: Language) -> dict[int, list[Item]]:
    statement = (
        select(
            Session.event_id,
            Session.id,
            Session.starts_at,
            Session.ends_at,
            _spoken(Session.title, language, "title"),
            _spoken(Session.speaker_note, language, "note"),
            _spoken(Person.name, language, "name"),
            Session.track,
        )
        .outerjoin(SessionSpeaker, SessionSpeaker.session_id == Session.id)
        .outerjoin(Person, Person.id == SessionSpeaker.person_id)
        .where(Session.event_id.in_(event_ids))
        .order_by(Session.event_id, Session.position, SessionSpeaker.position)
    )
    items: defaultdict[int, list[Item]] = defaultdict(list)
    last_id = None
    for event_id, session_id, starts_at, ends_at, title, note, name, track in _rows(statement):
        speakers = (name,) if name else ()
        if session_id == last_id:
            item = items[event_id].pop()
            items[event_id].append(item._replace(speakers=item.speakers + speakers))
        else:
            items[event_id].append(Item(title, starts_at, ends_at, speakers, note, track))
        last_id = session_id
    return items


def _categories(event_ids: Sequence[int], language: Language) -> dict[int, list[str]]:
    names: defaultdict[int, list[str]] = defaultdict(list)
    for event_id, name in _rows(
        select(event_tags.c.event_id, _spoken(Tag.name, language, "name"))
        .join(Tag, Tag.id == event_tags.c.tag_id)
        .where(event_tags.c.event_id.in_(event_ids))
        .order_by(event_tags.c.event_id, Tag.slug)
    ):
        names[event_id].append(name)
    return names


def _rows(statement: Select[*tuple[Any, ...]], **values: object) -> Sequence[Row[*tuple[Any, ...]]]:
    # By the session's connection: the session itself looks at each row for objects, which takes as long again.
    return db.session.connection().execute(statement, values).all()


def _spoken(column: InstrumentedAttribute[Texts], language: Language, label: str) -> Label[str]:
    """Return a text in this language, else in the other one: `Texts.in_language`, done by the database."""
    stored = type_coerce(column, Json)
    other = "en" if language == "zh" else "zh"
    return func.coalesce(stored[language].as_string(), stored[other].as_string(), "").label(label)
