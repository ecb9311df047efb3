"""What calendars read: which events belong to a feed, in which version, and what each of them says.

Columns and not objects: loading a thousand events with their agendas as objects takes longer than the whole budget.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Label,
    Row,
    Select,
    String,
    bindparam,
    cast,
    exists,
    func,
    literal,
    select,
    true,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute

from app.calendar.entries import Entry, Item, Place
from app.community.models import Group, Person
from app.core.db import Json, UtcDateTime, db
from app.core.errors import NotFoundError
from app.core.i18n import Language, Texts
from app.core.i18n import gettext as _
from app.events.models import (
    City,
    Event,
    EventState,
    Series,
    Session,
    SessionSpeaker,
    Tag,
    Venue,
    Visibility,
    event_groups,
    event_tags,
)
from app.events.queries import listed, reachable, series_shown
from app.events.talks import people_shown, speaks_at

# A fuse, and no rule: feeds are cut by date. A community with fifty events a day for a year would blow it.
FEED_EVENTS_MAX: Final = 20_000
OFFERED_MAX: Final = 1_000
NEWS_MAX: Final = 30
# SQLite takes 32,766 bound values a statement, and PostgreSQL plans a long IN list slowly.
_AT_ONCE: Final = 1_000


class ScopeKind(StrEnum):
    """What a calendar is about."""

    SITE = "site"
    ARCHIVE = "archive"  # the whole site, however long ago
    GROUP = "group"
    CITY = "city"
    TAG = "tag"
    SERIES = "series"
    SPEAKER = "speaker"
    EVENT = "event"
    INVITED = "invited"  # the same, for whoever has shown a code to the gate (events.queries)


ONE_EVENT: Final = frozenset({ScopeKind.EVENT, ScopeKind.INVITED})


@dataclass(frozen=True, slots=True)
class Scope:
    """One calendar: of the whole site, or of the thing with this slug."""

    kind: ScopeKind
    slug: str = ""
    code: str = ""  # with which its links open what is INVITED


@dataclass(frozen=True, slots=True)
class Edition:
    """Which version of a calendar this is: two that are equal have the same events in the same versions."""

    name: Texts  # of the group, city, tag, series or person; empty for the site and for an event
    events: int
    fingerprint: tuple[int, ...]
    changed_at: datetime | None  # of any event of the site, so that it also moves when an event leaves the calendar
    dropped_at: datetime | None = None  # when the latest of the events that are too old had ended


@dataclass(frozen=True, slots=True)
class Version:
    """One event and its version."""

    event_id: int
    revision: int
    revised_at: datetime


class Announced(NamedTuple):
    """An event that was announced, and its version."""

    event_id: int
    published_at: datetime
    revision: int
    revised_at: datetime


def edition(scope: Scope, *, since: datetime) -> Edition:
    """Return the version of a calendar in one statement; raises NotFoundError for one that does not exist.

    Of a feed, events that ended before `since` are left out.
    """
    rows = _rows(_edition_of(scope.kind), slug=scope.slug, since=since)
    ((scope_id, name, count, *sums, revised_at, changed_at, dropped_at),) = rows
    if scope_id is None or (scope.kind in ONE_EVENT and not count):
        raise unknown()
    stamp = int(revised_at.timestamp() * 1_000_000) if revised_at else 0
    fingerprint = (count, *(int(each or 0) for each in sums), stamp)
    if scope.kind in ONE_EVENT:
        return Edition(Texts(), count, fingerprint, revised_at)
    return Edition(name or Texts(), count, fingerprint, changed_at, dropped_at)


@cache  # building it takes as long as running it
def _edition_of(kind: ScopeKind) -> Select[*tuple[Any, ...]]:
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
    about = () if (named := _NAMED.get(kind)) is None else (named.slug == _SLUG, _SHOWN.get(kind, true)())
    return select(
        literal(1).label("id") if named is None else select(named.id).where(*about).scalar_subquery(),
        literal(None) if named is None else select(named.name).where(*about).scalar_subquery(),
        of_events,
        select(func.max(Event.revised_at)).scalar_subquery().label("changed_at"),
        # Age takes an event out of a feed without any change to it; of an archive and of one event it takes none.
        literal(None) if kind in _AGELESS else select(func.max(Event.ends_at)).where(_is_old()).scalar_subquery(),
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


def announced() -> list[Announced]:
    """Return the events that became public last, the latest first; not those that were written down afterwards."""
    statement = (
        select(Event.id, Event.published_at, Event.revision, Event.revised_at)
        .where(listed(), Event.published_at.is_not(None), Event.ends_at > Event.published_at)
        .order_by(Event.published_at.desc(), Event.id.desc())
        .limit(NEWS_MAX)
    )
    return [Announced(*row) for row in _rows(statement)]


def entries(event_ids: Sequence[int], language: Language) -> dict[int, Entry]:
    """Return what calendars say of these events, by id; three statements for each thousand."""
    found: dict[int, Entry] = {}
    for start in range(0, len(event_ids), _AT_ONCE):
        found |= _entries(event_ids[start : start + _AT_ONCE], language)
    return found


def feeds_offered() -> dict[ScopeKind, list[tuple[str, Texts]]]:
    """Return slug and name of everything that has a feed with an event in it, by kind; one statement."""
    in_group = select(event_groups.c.event_id).where(event_groups.c.group_id == Group.id).correlate(Group)
    tagged = select(event_tags.c.event_id).where(event_tags.c.tag_id == Tag.id).correlate(Tag)
    having: list[tuple[ScopeKind, type[Any], ColumnElement[Any], ColumnElement[bool]]] = [
        (ScopeKind.GROUP, Group, Group.position.expression, exists().where(Event.id.in_(in_group), listed())),
        (ScopeKind.SERIES, Series, literal(0), series_shown()),
        (ScopeKind.CITY, City, literal(0), exists().where(Event.city_id == City.id, listed())),
        (ScopeKind.TAG, Tag, literal(0), exists().where(Event.id.in_(tagged), listed())),
        (ScopeKind.SPEAKER, Person, literal(0), speaks_at(listed(), Event.is_demo.is_(False))),
    ]
    parts = [
        select(literal(kind.value).label("kind"), model.slug, model.name, position.label("position")).where(condition)
        for kind, model, position, condition in having
    ]
    union = union_all(*parts).subquery()
    statement = select(union).order_by(union.c.position, union.c.slug).limit(OFFERED_MAX)
    found: dict[ScopeKind, list[tuple[str, Texts]]] = {kind: [] for kind, *_more in having}
    for kind, slug, name, _position in _rows(statement):
        found[ScopeKind(kind)].append((slug, name))
    return found


def feed_name(scope: Scope) -> Texts:
    """Return the name of what this feed is about; raises NotFoundError where there is nothing of that kind."""
    model, shown = _NAMED[scope.kind], _SHOWN.get(scope.kind, true)
    name: Texts | None = db.session.scalar(select(model.name).where(model.slug == scope.slug, shown()))
    if name is None:
        raise unknown()
    return name


def _conditions(kind: ScopeKind) -> list[ColumnElement[bool]]:
    if kind is ScopeKind.INVITED:
        return [reachable(), Event.slug == _SLUG]
    if kind is ScopeKind.EVENT:
        return [reachable(), Event.visibility != Visibility.INVITATION, Event.slug == _SLUG]
    conditions = [listed()]
    if kind not in _AGELESS:
        conditions.append(Event.ends_at >= _SINCE)
    if kind is ScopeKind.GROUP:
        of_group = select(event_groups.c.event_id).join(Group, Group.id == event_groups.c.group_id)
        conditions.append(Event.id.in_(of_group.where(Group.slug == _SLUG)))
    elif kind is ScopeKind.TAG:
        tagged = select(event_tags.c.event_id).join(Tag, Tag.id == event_tags.c.tag_id)
        conditions.append(Event.id.in_(tagged.where(Tag.slug == _SLUG)))
    elif kind is ScopeKind.CITY:
        conditions.append(Event.city_id == select(City.id).where(City.slug == _SLUG).scalar_subquery())
    elif kind is ScopeKind.SERIES:
        conditions.append(Event.series_id == select(Series.id).where(Series.slug == _SLUG).scalar_subquery())
    elif kind is ScopeKind.SPEAKER:
        of_person = select(SessionSpeaker.session_id).join(Person, Person.id == SessionSpeaker.person_id)
        given = select(Session.event_id).where(Session.id.in_(of_person.where(Person.slug == _SLUG)))
        # A demo event takes a real agenda to a day on which nobody will speak.
        conditions += [Event.id.in_(given), Event.is_demo.is_(False)]
    return conditions


def _is_old() -> ColumnElement[bool]:
    return Event.ends_at < _SINCE


# What a scope puts into its statements.
_SLUG: Final = bindparam("slug", type_=String)
_SINCE: Final = bindparam("since", type_=UtcDateTime)

_AGELESS: Final = frozenset({ScopeKind.ARCHIVE, ScopeKind.EVENT})
# Nothing is told of what only a draft speaks of, or an event that is for some.
_SHOWN: Final = {ScopeKind.SERIES: series_shown, ScopeKind.SPEAKER: people_shown}
_NAMED: Final[dict[ScopeKind, type[Group] | type[City] | type[Tag] | type[Series] | type[Person]]] = {
    ScopeKind.GROUP: Group,
    ScopeKind.CITY: City,
    ScopeKind.TAG: Tag,
    ScopeKind.SERIES: Series,
    ScopeKind.SPEAKER: Person,
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
            Session.minutes,
        )
        .outerjoin(SessionSpeaker, SessionSpeaker.session_id == Session.id)
        .outerjoin(Person, Person.id == SessionSpeaker.person_id)
        .where(Session.event_id.in_(event_ids))
        .order_by(Session.event_id, Session.position, SessionSpeaker.position)
    )
    items: defaultdict[int, list[Item]] = defaultdict(list)
    last_id = None
    for event_id, session_id, starts_at, ends_at, title, note, name, track, minutes in _rows(statement):
        speakers = (name,) if name else ()
        if session_id == last_id:
            item = items[event_id].pop()
            items[event_id].append(item._replace(speakers=item.speakers + speakers))
        else:
            items[event_id].append(Item(title, starts_at, ends_at, speakers, note, track, minutes))
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
