"""What the pages about events read. Only what is public leaves here; each list is ordered and has a named limit."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal, Self

from sqlalchemy import ColumnElement, Select, Text, and_, cast, exists, literal, or_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, contains_eager, joinedload, load_only, raiseload, selectinload

from app.community.models import Group, Person, Role, Term
from app.community.queries import held_on, leading
from app.community.rules import local_day
from app.community.site import site
from app.core.db import db
from app.core.errors import NotFoundError
from app.core.i18n import LANGUAGES, Texts
from app.core.i18n import gettext as _
from app.events.admission import refuse_strangers
from app.events.models import (
    City,
    Event,
    EventPhoto,
    EventState,
    Picture,
    Series,
    Session,
    SessionSpeaker,
    Tag,
    Venue,
    Visibility,
    event_groups,
    event_tags,
)
from app.events.rules import PUBLIC_STATES

UPCOMING_MAX: Final = 30
PAST_MAX: Final = 40
LIST_MAX: Final = 30
GROUP_EVENTS_MAX: Final = 20
OPTIONS_MAX: Final = 500
PHOTOS_MAX: Final = 60
WORDS_MAX: Final = 5
WORD_LENGTH_MAX: Final = 40

When = Literal["upcoming", "past", "all"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_BIGGEST: Final = 2**62


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page of a list begins: after this event, by its end (past) or beginning (upcoming) and its id."""

    at: datetime
    event_id: int

    def __str__(self) -> str:
        """Return the form that stands in an address."""
        return f"{(self.at - _EPOCH) // _MICROSECOND}-{self.event_id}"

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Return the cursor written in an address; None for anything else, which shows the first page."""
        microseconds, dash, event_id = text.partition("-")
        if not (
            dash and microseconds.isascii() and microseconds.isdigit() and event_id.isascii() and event_id.isdigit()
        ):
            return None
        try:
            return cls(_EPOCH + int(microseconds[:20]) * _MICROSECOND, min(int(event_id[:20]), _BIGGEST))
        except OverflowError:
            return None


@dataclass(frozen=True, slots=True)
class Filter:
    """What the visitor of the list asks for; empty means no matter. Slugs that exist nowhere find nothing."""

    when: When = "all"
    city: str = ""
    tag: str = ""
    group: str = ""
    q: str = ""

    def words(self) -> list[str]:
        """Return the words to look for, shortened to what one search may cost."""
        return [word[:WORD_LENGTH_MAX] for word in self.q.split()[:WORDS_MAX]]


@dataclass(frozen=True, slots=True)
class EventList:
    """One page of a list, and where the next one begins."""

    events: Sequence[Event]
    next_page: Cursor | None


@dataclass(frozen=True, slots=True)
class Options:
    """The cities, tags and groups that have public events, each as slug and name."""

    cities: list[tuple[str, Texts]] = field(default_factory=list)
    tags: list[tuple[str, Texts]] = field(default_factory=list)
    groups: list[tuple[str, Texts]] = field(default_factory=list)


def reachable() -> ColumnElement[bool]:
    """Return the condition that an event has a page for whoever has its address; the twin of `rules.is_public`.

    Of an event by invitation the page is a question for the code (`admission`).
    """
    # Not IN: for that SQLite takes the index on the state, in which nearly all events are, and sorts them.
    return and_(*(Event.state != state for state in EventState if state not in PUBLIC_STATES))


def listed() -> ColumnElement[bool]:
    """Return the condition that an event is in lists, feeds and search: it has a page, and that is for everybody."""
    return and_(reachable(), Event.visibility == Visibility.PUBLIC)


def series_shown() -> ColumnElement[bool]:
    """Return the condition that everybody may know of a series: an event of it is listed."""
    return exists().where(Event.series_id == Series.id, listed())


def public_event(slug: str, *, now: datetime, code: str = "") -> Event:
    """Return an event with everything its page shows, in two statements; for one by invitation, three.

    Of the speakers' terms only those are loaded that make them a User Group Leader today. Raises NotFoundError
    for an event that does not exist, and for a draft; InvitationNeededError where `code` does not let in.
    """
    # Groups and tags by hand: joinedload nests the join of their link tables, and SQLite then reads those whole.
    statement = (
        select(Event)
        .outerjoin(event_groups, event_groups.c.event_id == Event.id)
        .outerjoin(Group, Group.id == event_groups.c.group_id)
        .outerjoin(event_tags, event_tags.c.event_id == Event.id)
        .outerjoin(Tag, Tag.id == event_tags.c.tag_id)
        .where(Event.slug == slug, reachable())
        .options(*_event_and_agenda(now), contains_eager(Event.groups).raiseload(Group.parent))
        .options(contains_eager(Event.tags))
        .order_by(Group.position, Group.id, Tag.slug)
    )
    event = db.session.scalars(statement).unique().one_or_none()
    if event is None:
        raise NotFoundError(
            _("There is no event at this address, or it is not public yet. All events are in the list.")
        )
    refuse_strangers(event.id, event.visibility, code=code, now=now)
    return event


def event_with_page(event_id: int, *, now: datetime) -> Event:
    """Return any event, drafts too, with everything its page shows; for those who have proved that they may see it."""
    statement = select(Event).where(Event.id == event_id).options(*whole_event(now=now))
    return db.session.scalars(statement).unique().one()


def photos_of(event_id: int) -> Sequence[EventPhoto]:
    """Return the photos of an event in their order, without their content; one statement."""
    statement = (
        select(EventPhoto)
        .where(EventPhoto.event_id == event_id)
        .options(joinedload(EventPhoto.picture))
        .order_by(EventPhoto.position, EventPhoto.picture_id)
        .limit(PHOTOS_MAX)
    )
    return db.session.scalars(statement).all()


def refuse_unless_reachable(slug: str, *, now: datetime, code: str = "") -> Visibility:
    """Return for whom an event's page is; one small statement or two. For files beside the page, such as a picture.

    Raises NotFoundError where no event has this slug, InvitationNeededError where its page is not for this reader.
    """
    found = db.session.execute(select(Event.id, Event.visibility).where(Event.slug == slug, reachable())).one_or_none()
    if found is None:
        raise NotFoundError(_("There is nothing at this address."))
    refuse_strangers(*found, code=code, now=now)
    visibility: Visibility = found[1]
    return visibility


def whole_event(*, now: datetime) -> list[Any]:
    """Return the loading of everything an event's page shows, for a statement that reaches the event elsewhere."""
    return [
        *_event_and_agenda(now),
        selectinload(Event.groups).raiseload(Group.parent),
        selectinload(Event.tags),
    ]


def _event_and_agenda(now: datetime) -> list[Any]:
    today = local_day(now, site().time_zone)
    return [
        joinedload(Event.venue),
        joinedload(Event.city),
        joinedload(Event.cover),
        joinedload(Event.ticket_types),
        selectinload(Event.sessions)
        .joinedload(Session.speakers)
        .joinedload(SessionSpeaker.person)
        .joinedload(Person.terms.and_(leading(), held_on(today)))
        .options(joinedload(Term.role).raiseload(Role.group), joinedload(Term.group).raiseload(Group.parent)),
    ]


def line_of_event() -> list[Any]:
    """Return the loading that a line of a list needs, in one statement; anything else raises."""
    return [
        load_only(
            Event.slug,
            Event.state,
            Event.title,
            Event.summary,
            Event.starts_at,
            Event.ends_at,
            Event.is_all_day,
            Event.zone,
            Event.mode,
            Event.is_demo,
            Event.cover_url,
            Event.cover_id,
            Event.cover_alt,
            Event.venue_id,
            Event.city_id,
            raiseload=True,
        ),
        joinedload(Event.venue).load_only(Venue.slug, Venue.name, raiseload=True),
        joinedload(Event.city),
        joinedload(Event.cover).load_only(Picture.digest, raiseload=True),
        raiseload("*"),
    ]


def upcoming_events(*, now: datetime) -> Sequence[Event]:
    """Return what is still to come or under way, the next first."""
    return db.session.scalars(
        select(Event)
        .where(listed(), Event.ends_at > now)
        .options(*line_of_event())
        .order_by(Event.starts_at, Event.id)
        .limit(UPCOMING_MAX)
    ).all()


def past_events(*, now: datetime) -> EventList:
    """Return the latest events that are over, the last one first."""
    return listed_events(Filter(when="past"), after=None, now=now, limit=PAST_MAX)


def listed_events(wanted: Filter, *, after: Cursor | None, now: datetime, limit: int = LIST_MAX) -> EventList:
    """Return one page of the events that fit: upcoming ones by their beginning, others by their end, latest first."""
    statement = select(Event).where(listed(), *_conditions(wanted, now)).options(*line_of_event())
    key: InstrumentedAttribute[datetime] = Event.starts_at if wanted.when == "upcoming" else Event.ends_at
    statement = _page(statement, key, after, descending=wanted.when != "upcoming")
    # One more than is shown tells whether there is a next page.
    events = db.session.scalars(statement.limit(limit + 1)).all()
    more = len(events) > limit
    last = events[limit - 1] if more else None
    return EventList(events[:limit], Cursor(getattr(last, key.key), last.id) if last else None)


def _page(
    statement: Select[Event], key: InstrumentedAttribute[datetime], after: Cursor | None, *, descending: bool
) -> Select[Event]:
    order = (key.desc(), Event.id.desc()) if descending else (key, Event.id)
    statement = statement.order_by(*order)
    if after is None:
        return statement
    # The first half repeats the second, in a form that an index on the key can begin at.
    if descending:
        return statement.where(key <= after.at, or_(key < after.at, Event.id < after.event_id))
    return statement.where(key >= after.at, or_(key > after.at, Event.id > after.event_id))


def _conditions(wanted: Filter, now: datetime) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.when == "upcoming":
        conditions.append(Event.ends_at > now)
    elif wanted.when == "past":
        conditions.append(Event.ends_at <= now)
    if wanted.city:
        conditions.append(Event.city_id == select(City.id).where(City.slug == wanted.city).scalar_subquery())
    if wanted.tag:
        tagged = select(event_tags.c.event_id).join(Tag, Tag.id == event_tags.c.tag_id).where(Tag.slug == wanted.tag)
        conditions.append(Event.id.in_(tagged))
    if wanted.group:
        of_group = (
            select(event_groups.c.event_id)
            .join(Group, Group.id == event_groups.c.group_id)
            .where(Group.slug == wanted.group)
        )
        conditions.append(Event.id.in_(of_group))
    return [*conditions, *(_mentions(word) for word in wanted.words())]


def _mentions(word: str) -> ColumnElement[bool]:
    return or_(
        holds(Event.title, word),
        holds(Event.summary, word),
        Event.venue_id.in_(select(Venue.id).where(holds(Venue.name, word))),
        Event.city_id.in_(select(City.id).where(holds(City.name, word))),
    )


def holds(text: InstrumentedAttribute[Texts], word: str) -> ColumnElement[bool]:
    """Return the condition that a text holds this in one of its languages, in capitals or not."""
    # As it stands in the stored JSON: what does not hold it there need not be taken apart, which costs ten times more.
    stored = json.dumps(word, ensure_ascii=False)[1:-1]
    languages = (text[language].as_string().icontains(word, autoescape=True) for language in LANGUAGES)
    return and_(cast(text, Text).icontains(stored, autoescape=True), or_(*languages))


def options() -> Options:
    """Return what the list can be narrowed to, in one statement."""
    parts = [
        select(literal("city").label("kind"), City.slug, City.name, literal(0).label("position")).where(
            select(Event.id).where(Event.city_id == City.id, listed()).exists()
        ),
        select(literal("tag"), Tag.slug, Tag.name, literal(0)).where(
            select(Event.id).join(event_tags).where(event_tags.c.tag_id == Tag.id, listed()).exists()
        ),
        select(literal("group"), Group.slug, Group.name, Group.position).where(
            select(Event.id).join(event_groups).where(event_groups.c.group_id == Group.id, listed()).exists()
        ),
    ]
    union = union_all(*parts).subquery()
    statement = select(union).order_by(union.c.kind, union.c.position, union.c.slug).limit(OPTIONS_MAX)
    found = Options()
    places = {"city": found.cities, "tag": found.tags, "group": found.groups}
    for kind, slug, name, _position in db.session.execute(statement):
        places[kind].append((slug, name))
    return found


def events_of_group(group_id: int) -> Sequence[Event]:
    """Return a group's latest public events, the last one first."""
    return db.session.scalars(
        select(Event)
        .join(event_groups, event_groups.c.event_id == Event.id)
        .where(event_groups.c.group_id == group_id, listed())
        .options(*line_of_event())
        .order_by(Event.ends_at.desc(), Event.id.desc())
        .limit(GROUP_EVENTS_MAX)
    ).all()
