"""Reading the numbers: every one from the rows themselves, each kind in one statement whatever there is."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, String, case, func, literal_column, select, text, type_coerce

from app.core.db import db
from app.core.errors import NotFoundError
from app.core.i18n import Texts
from app.core.i18n import gettext as _
from app.events.models import Event, EventState, TicketType, Visibility
from app.numbers.models import PartnerLink
from app.numbers.rules import Shown, has_whole_hours
from app.registrations.models import (
    COUNTED_POSTGRESQL,
    COUNTED_SQLITE,
    LIVE,
    Answer,
    Question,
    Registration,
    RegistrationState,
)

LINKS_MAX: Final = 100
# Of all answers to an event's questions together, those that say something of their own.
GROUPS_MAX: Final = 50_000
EARLIER_MAX: Final = 10
_LOOKED_AT_MAX: Final = 40
_GONE: Final = tuple(state for state in RegistrationState if state not in LIVE)


@dataclass(frozen=True, slots=True)
class Places:
    """How many registrations came from one source into one state, and how many of them were checked in."""

    source: str
    state: RegistrationState
    number: int
    came: int

    @property
    def is_live(self) -> bool:
        """Tell whether these have not left."""
        return self.state in LIVE


@dataclass(frozen=True, slots=True)
class Earlier:
    """An event before this one that counted who came."""

    title: Texts
    is_public: bool
    starts_at: datetime
    zone: str
    shown: Shown


def places(event_id: int) -> list[Places]:
    """Return the event's registrations by source and state."""
    rows = db.session.execute(
        select(Registration.source, Registration.state, func.count(), func.count(Registration.checked_in_at))
        .where(Registration.event_id == event_id)
        .group_by(Registration.source, Registration.state)
        .order_by(Registration.source, Registration.state)
    )
    return [Places(*row) for row in rows]


def capacity(event_id: int) -> int | None:
    """Return the seats of all ticket types; None where one has no limit, or there is none."""
    seats, kinds, limited = db.session.execute(
        select(func.sum(TicketType.capacity), func.count(), func.count(TicketType.capacity)).where(
            TicketType.event_id == event_id
        )
    ).one()
    return int(seats or 0) if kinds and kinds == limited else None


def sign_ups(event: Event, *, now: datetime) -> list[tuple[datetime, int, int]]:
    """Return when people signed up, by hours (by quarters of one where the zone's days need it).

    Each as its beginning, how many signed up, and how many of them are still there.
    """
    whole = has_whole_hours(event.zone, now)
    at = _begin(whole_hours=whole)
    rows = db.session.execute(
        select(at, func.count(), func.sum(case((Registration.state.in_(LIVE), 1), else_=0)))
        .where(Registration.event_id == event.id)
        .group_by(literal_column("1"))
        .order_by(literal_column("1"))
    )
    return [(_instant(begun), number, live) for begun, number, live in rows]


def _begin(*, whole_hours: bool) -> ColumnElement[Any]:
    """Return the beginning of the hour, or quarter of an hour, in which somebody signed up, as each engine says it."""
    if _is_sqlite():
        # Stored as text in UTC, "2026-11-26 14:03:00.000000".
        stored = type_coerce(Registration.created_at, String)
        hour = func.substr(stored, 1, 13)
        return (
            hour
            if whole_hours
            else hour.op("||")(literal_column("':'")).op("||")(
                func.printf("%02d", func.substr(stored, 15, 2) / 15 * 15)
            )
        )
    if whole_hours:
        return func.date_trunc(literal_column("'hour'"), Registration.created_at)
    return func.date_bin(text("'15 minutes'"), Registration.created_at, text("TIMESTAMPTZ '2000-01-01 00:00Z'"))


def _instant(begun: str | datetime) -> datetime:
    if isinstance(begun, datetime):
        return begun.astimezone(UTC)
    return datetime.fromisoformat(begun).replace(tzinfo=UTC)


def _is_sqlite() -> bool:
    return bool(db.session.get_bind().dialect.name == "sqlite")


def earlier(event_id: int, *, now: datetime) -> list[Earlier]:
    """Return the latest events that counted who came, at the door or in their recap, without this one."""
    latest = (
        select(Event.id)
        .where(Event.state == EventState.PUBLISHED, Event.ends_at <= now, Event.id != event_id)
        .order_by(Event.starts_at.desc(), Event.id.desc())
        .limit(_LOOKED_AT_MAX)
        .subquery()
    )
    checked_in = func.count(Registration.checked_in_at)
    counted = (
        select(Registration.event_id, func.count().label("confirmed"), checked_in.label("came"))
        .where(Registration.event_id.in_(select(latest.c.id)), Registration.state == RegistrationState.CONFIRMED)
        .group_by(Registration.event_id)
        .subquery()
    )
    rows = db.session.execute(
        select(
            Event.title, Event.visibility, Event.starts_at, Event.zone, Event.attendance, counted.c.confirmed,
            counted.c.came,
        )
        .join(counted, counted.c.event_id == Event.id)
        .where((counted.c.came > 0) | Event.attendance.is_not(None))
        .order_by(Event.starts_at.desc(), Event.id.desc())
        .limit(EARLIER_MAX)
    )  # fmt: skip
    return [
        Earlier(title, visibility is Visibility.PUBLIC, starts_at, zone, Shown(confirmed, came or attendance))
        for title, visibility, starts_at, zone, attendance, confirmed, came in rows
    ]


def answered(event_id: int) -> Mapping[int, int]:
    """Return how many of those who are still there have answered each question, by its id; two statements."""
    everybody = (
        select(Answer.question_id, func.count())
        .where(Answer.question_id.in_(select(Question.id).where(Question.event_id == event_id)))
        .group_by(Answer.question_id)
    )
    gone = (
        select(Answer.question_id, func.count())
        .join(Registration, Registration.id == Answer.registration_id)
        .where(Registration.event_id == event_id, Registration.state.in_(_GONE))
        .group_by(Answer.question_id)
    )
    found = Counter(dict(db.session.execute(everybody).all()))
    found.subtract(dict(db.session.execute(gone).all()))
    return found


def answers(event_id: int, question_ids: Sequence[int]) -> Mapping[int, Mapping[str, int]]:
    """Return how often each answer was given by those who are still there, by question; two statements.

    An answer is the JSON it is stored as. All answers less those of people who left: the first are read from an index
    in its order, and few leave; joining each answer to its person took four times as long.
    """
    counted = COUNTED_SQLITE if _is_sqlite() else COUNTED_POSTGRESQL
    everybody = (
        select(Answer.question_id, Answer.value, func.count())
        .where(Answer.question_id.in_(question_ids), counted)
        .group_by(Answer.question_id, Answer.value)
        .limit(GROUPS_MAX)
    )
    gone = (
        select(Answer.question_id, Answer.value, func.count())
        .join(Registration, Registration.id == Answer.registration_id)
        .where(Registration.event_id == event_id, Registration.state.in_(_GONE), Answer.question_id.in_(question_ids))
        .group_by(Answer.question_id, Answer.value)
        .limit(GROUPS_MAX)
    )
    found: dict[int, Counter[str]] = {question_id: Counter() for question_id in question_ids}
    for question_id, value, number in db.session.execute(everybody):
        found[question_id][json.dumps(value)] += number
    for question_id, value, number in db.session.execute(gone):
        key = json.dumps(value)
        if key in found[question_id]:
            found[question_id][key] -= number
    return found


def links_of(event_id: int) -> Sequence[PartnerLink]:
    """Return the event's partner links, by name."""
    statement = select(PartnerLink).where(PartnerLink.event_id == event_id)
    return db.session.scalars(statement.order_by(PartnerLink.name, PartnerLink.id).limit(LINKS_MAX)).all()


def link_of(event_id: int, link_id: int) -> PartnerLink:
    """Return a partner link of this event. Raises NotFoundError for any other."""
    statement = select(PartnerLink).where(PartnerLink.id == link_id, PartnerLink.event_id == event_id)
    found = db.session.scalar(statement)
    if found is None:
        raise NotFoundError(_("There is no such link of this event."))
    return found
