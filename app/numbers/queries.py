"""Reading the numbers: every one from the rows themselves, each kind in one statement whatever there is."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Integer, case, column, func, null, select, type_coerce, values

from app.core.db import Json, UtcDateTime, db
from app.core.errors import NotFoundError
from app.core.i18n import Texts
from app.core.i18n import gettext as _
from app.events.models import Event, EventState, TicketType, Visibility
from app.numbers.models import PartnerLink
from app.numbers.rules import Span
from app.registrations.models import (
    COUNTED_POSTGRESQL,
    COUNTED_SQLITE,
    LIVE,
    Answer,
    Registration,
    RegistrationState,
)
from app.registrations.overbooking import Show

LINKS_MAX: Final = 100
WAYS_MAX: Final = 50
# Sources in their states that are told apart; anybody can make words up in an address.
PLACES_MAX: Final = 1_000
OTHERS: Final = "*"  # what is told of all other sources together; no word of an address
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
    shown: Show


def places(event_id: int) -> list[Places]:
    """Return the event's registrations by source and state: those of the most people, all others as OTHERS."""
    number = func.count()
    came = func.count(Registration.checked_in_at)
    rows = db.session.execute(
        select(Registration.source, Registration.state, number, came)
        .where(Registration.event_id == event_id)
        .group_by(Registration.source, Registration.state)
        .order_by(number.desc(), Registration.source, Registration.state)
        .limit(PLACES_MAX + 1)
    )
    found = [Places(*row) for row in rows]
    if len(found) <= PLACES_MAX:
        return found
    shown = found[:PLACES_MAX]
    of_all = db.session.execute(
        select(Registration.state, number, came)
        .where(Registration.event_id == event_id)
        .group_by(Registration.state)
        .order_by(Registration.state)
    )
    return shown + [Places(OTHERS, state, *_left(shown, state, *both)) for state, *both in of_all]


def _left(shown: Sequence[Places], state: RegistrationState, number: int, came: int) -> tuple[int, int]:
    """Return what is left of all in a state, and of those who came, without those that are shown."""
    here = [each for each in shown if each.state is state]
    # Somebody may have signed up or left between the two statements.
    return (
        max(0, number - sum(each.number for each in here)),
        max(0, came - sum(each.came for each in here)),
    )


def places_by(event_id: int, sources: Sequence[str]) -> list[Places]:
    """Return the event's registrations from these sources, at most as many as there are links, by state."""
    rows = db.session.execute(
        select(Registration.source, Registration.state, func.count(), func.count(Registration.checked_in_at))
        .where(Registration.event_id == event_id, Registration.source.in_(sources[:LINKS_MAX]))
        .group_by(Registration.source, Registration.state)
        .order_by(Registration.source, Registration.state)
    )
    return [Places(*row) for row in rows]


def ways(event_id: int) -> list[tuple[Texts, int, int | None]]:
    """Return each ticket type's name, its seats that are taken, and how many it has; None for no limit.

    The seats taken are those by which they are given out (registrations.seats), no count of their own.
    """
    rows = db.session.execute(
        select(TicketType.name, TicketType.seats_taken, TicketType.capacity)
        .where(TicketType.event_id == event_id)
        .order_by(TicketType.position, TicketType.id)
        .limit(WAYS_MAX)
    )
    return [(name, taken, seats) for name, taken, seats in rows]


def capacity(event_id: int) -> int | None:
    """Return the seats of all ticket types; None where one has no limit, or there is none."""
    seats, kinds, limited = db.session.execute(
        select(func.sum(TicketType.capacity), func.count(), func.count(TicketType.capacity)).where(
            TicketType.event_id == event_id
        )
    ).one()
    return int(seats or 0) if kinds and kinds == limited else None


def first_and_last(event_id: int) -> tuple[datetime, datetime] | None:
    """Return when the first and the last sign-up of an event were; None where there is none."""

    # Each a look at one end of the index; both in one SELECT would read all of it.
    def at(end: ColumnElement[Any]) -> ColumnElement[Any]:
        statement = select(Registration.created_at).where(Registration.event_id == event_id)
        return statement.order_by(end).limit(1).scalar_subquery()

    first, last = db.session.execute(
        select(at(Registration.created_at.asc()), at(Registration.created_at.desc()))
    ).one()
    return None if first is None else (first, last)


def sign_ups(event_id: int, spans: Sequence[Span]) -> list[tuple[int, int]]:
    """Return how many signed up in each of these spans, and how many of those are still there; one statement."""
    wanted = (
        values(column("place", Integer), column("begins", UtcDateTime), column("ends", UtcDateTime), name="wanted")
        .data([(place, span.begins, span.ends) for place, span in enumerate(spans)])
        .cte("wanted")
    )
    within = (
        select(func.count())
        .select_from(Registration)
        .where(
            Registration.event_id == event_id,
            Registration.created_at >= wanted.c.begins,
            Registration.created_at < wanted.c.ends,
        )
    )
    everybody, still_there = within.scalar_subquery(), within.where(Registration.state.in_(LIVE)).scalar_subquery()
    rows = db.session.execute(select(wanted.c.place, everybody, still_there).order_by(wanted.c.place))
    return [(number, live) for _place, number, live in rows]


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
        Earlier(title, visibility is Visibility.PUBLIC, starts_at, zone, Show(confirmed, came or attendance))
        for title, visibility, starts_at, zone, attendance, confirmed, came in rows
    ]


def answers(
    event_id: int, *, taken_apart: Sequence[int], only_counted: Sequence[int]
) -> tuple[Mapping[int, Mapping[str, int]], Mapping[int, int]]:
    """Return what those who are still there answered: how often each answer was given, and how often any was.

    The first for the questions `taken_apart`, an answer being the JSON it is stored as; the second for those that are
    `only_counted`. Three statements: all answers, less those of people who left. The first two are read from indexes
    alone, and few leave; to join each answer to its person took four times as long. No answer that the forms take to a
    question that is taken apart is longer than the index counts.
    """
    counted = COUNTED_SQLITE if _is_sqlite() else COUNTED_POSTGRESQL
    said: dict[int, Counter[str]] = {question_id: Counter() for question_id in taken_apart}
    given: Counter[int] = Counter(dict.fromkeys(only_counted, 0))
    everything = (
        select(Answer.question_id, Answer.value, func.count())
        .where(Answer.question_id.in_(taken_apart), counted)
        .group_by(Answer.question_id, Answer.value)
        .limit(GROUPS_MAX)
    )
    for question_id, value, number in db.session.execute(everything):
        said[question_id][json.dumps(value)] += number
    of_each = (
        select(Answer.question_id, func.count())
        .where(Answer.question_id.in_(only_counted))
        .group_by(Answer.question_id)
    )
    for question_id, number in db.session.execute(of_each):
        given[question_id] += number
    told = case((Answer.question_id.in_(taken_apart), Answer.value), else_=null())
    of_the_gone = (
        select(Answer.question_id, type_coerce(told, Json).label("told"), func.count())
        .join(Registration, Registration.id == Answer.registration_id)
        .where(
            Registration.event_id == event_id,
            Registration.state.in_(_GONE),
            Answer.question_id.in_([*taken_apart, *only_counted]),
        )
        .group_by(Answer.question_id, "told")
        .limit(GROUPS_MAX)
    )
    for question_id, value, number in db.session.execute(of_the_gone):
        if question_id not in said:
            given[question_id] -= number
        elif (key := json.dumps(value)) in said[question_id]:
            said[question_id][key] -= number
    return said, given


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
