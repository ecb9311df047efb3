"""Who comes to an event, as organizers read it: counts, a searchable list, and letters that did not arrive."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import aliased, contains_eager, raiseload

from app.attendees.order import Order
from app.attendees.wanted import Wanted, matching
from app.core.db import db, planned_for_values
from app.core.errors import NotFoundError
from app.core.i18n import Texts
from app.core.i18n import gettext as _
from app.events.models import Event, TicketType
from app.mail.models import Failure, Letter, LetterState
from app.registrations.models import Registration, RegistrationState

PER_PAGE: Final = 50
NEAR: Final = 1_000
# Of whom these are wanted, an index knows by the id.
_FOUND_BY_ID: Final = frozenset({"answer", "tag", "lacks"})
# What a wish or an order may look at.
_ASKED: Final = (
    Registration.id,
    Registration.event_id,
    Registration.state,
    Registration.ticket_type_id,
    Registration.search_text,
    Registration.sort_name,
    Registration.checked_in_at,
    Registration.created_at,
    Registration.source,
)
FAILED_LETTERS_MAX: Final = 20


# Each state by itself: to count a stretch of an index takes a third of what it takes to sort it into groups.
_COUNTS: Final = select(
    Event.id,
    *(
        select(func.count())
        .where(Registration.event_id == Event.id, Registration.state == state)
        .correlate(Event)
        .scalar_subquery()
        for state in RegistrationState
    ),
).where(Event.id.in_(bindparam("event_ids", expanding=True)))


@dataclass(frozen=True, slots=True)
class Page:
    """Some attendees in an order; `before` and `after` lead to the pages beside this one."""

    attendees: Sequence[Registration]
    before: int | None
    after: int | None


def failure_names() -> dict[Failure, str]:
    """Return in the page's language why a letter was given up, and what helps."""
    return {
        Failure.ADDRESS: _("Nobody has this address. Ask the person for the right one."),
        Failure.FULL: _("The mailbox is full. Send it again in some days."),
        Failure.POLICY: _("The server does not trust our e-mails. This is a matter for whoever runs the site."),
        Failure.CONTENT: _("The server did not want what the e-mail says."),
        Failure.REFUSED: _("The server refused the e-mail."),
        Failure.UNREACHABLE: _("For two days the server could not be reached, or put us off."),
        Failure.UNWRITTEN: _("The e-mail could not be written. This is a fault of the site."),
        Failure.SUPPRESSED: _("Not tried, since this address refused earlier e-mails. Sending it again tries anew."),
    }


def event_to_manage(slug: str) -> Event:
    """Return any event, drafts too; for commands, which ask for nobody's role. Raises NotFoundError."""
    event = db.session.scalar(select(Event).options(raiseload("*")).where(Event.slug == slug))
    if event is None:
        raise NotFoundError(_("There is no event at this address. All events are on the overview."))
    return event


def counts(event_ids: Sequence[int]) -> Mapping[int, Mapping[RegistrationState, int]]:
    """Return the number of registrations in each state, for several events in one statement."""
    rows = db.session.execute(_COUNTS, {"event_ids": event_ids})
    return {event_id: dict(zip(RegistrationState, counted, strict=True)) for event_id, *counted in rows}


def number(event: Event, wanted: Wanted) -> int:
    """Return how many attendees are wanted."""
    return db.session.scalar(select(func.count(Registration.id)).where(*matching(event, wanted))) or 0


def attendee_page(
    event: Event,
    wanted: Wanted,
    order: Order = Order.OLDEST,
    *,
    after: int | None = None,
    before: int | None = None,
) -> Page:
    """Return up to 50 attendees behind the row `after`, or those just ahead of the row `before`, in this order.

    Where something is wanted, one statement looks for it among the next thousand of the event: what many have is found
    there. Only for what fewer have, another one looks among all. Where the order needs more than the id, one more for
    the row that was named; on PostgreSQL two that have it planned for what is wanted.
    """
    backwards = before is not None
    edge = before if before is not None else after
    key = order.key_of(event.id, edge) if edge is not None else None
    if wanted == Wanted():
        rows = _listed(_among_the_next(event, wanted, order, key, PER_PAGE + 1, backwards=backwards), order)
    else:
        with planned_for_values(db.session()):
            rows = _listed(_among_the_next(event, wanted, order, key, NEAR, backwards=backwards), order)
            if len(rows) <= PER_PAGE:
                rows = _listed(_among_all(event, wanted, order, key, backwards=backwards), order)
    more = len(rows) > PER_PAGE
    if backwards:
        rows = rows[-PER_PAGE:]
        return Page(rows, rows[0].id if more else None, rows[-1].id if rows else None)
    rows = rows[:PER_PAGE]
    return Page(rows, rows[0].id if rows and key is not None else None, rows[-1].id if more else None)


def _among_the_next(
    event: Event, wanted: Wanted, order: Order, key: tuple[Any, ...] | None, number: int, *, backwards: bool
) -> Select[int]:
    """Return the ids of those wanted among the next so many, which an index gives in their order."""
    near = select(*_ASKED).where(Registration.event_id == event.id)
    if wanted.states and (order is Order.STATUS or (wanted.state and order is not Order.NAME)):
        # The index by state begins where they begin, and has those of one state in the order of their ids.
        near = near.where(Registration.state.in_(wanted.states))
    if key is not None:
        near = near.where(order.beyond(key, backwards=backwards))
    near = near.order_by(*order.sorting(backwards=backwards)).limit(number)
    rows = aliased(Registration, near.subquery("near"))
    return (
        select(rows.id).where(*matching(event, wanted, rows)).order_by(*order.sorting(backwards=backwards, rows=rows))
    )


def _among_all(
    event: Event, wanted: Wanted, order: Order, key: tuple[Any, ...] | None, *, backwards: bool
) -> Select[int]:
    """Return the ids of those wanted among all, who are few: they are found, and then sorted.

    SQLite finds them in the order of their ids, in which the rows lie; by state it follows the index where that is all
    it has to look at. PostgreSQL takes few for many, and would walk in vain for the first fifty: it is to sort all, and
    to know before who has the tags or the answers, unless that is all that is asked.
    """
    parts, is_postgresql = wanted.as_query().keys(), db.session.get_bind().dialect.name == "postgresql"
    sorts = is_postgresql or order is Order.NAME or (order is Order.STATUS and bool(parts - _FOUND_BY_ID))
    # The id says nothing, but lets SQLite take the index of the event's ids.
    hits = select(*{Registration.id, *order.columns}).where(Registration.id > 0, *matching(event, wanted))
    if key is not None:
        hits = hits.where(order.beyond(key, backwards=backwards, sorts=sorts))
    is_one = len(parts) == 1 and len(wanted.answers) + len(wanted.tags) == 1
    if is_postgresql and parts & _FOUND_BY_ID and not is_one:
        hits = hits.offset(0)
    rows = aliased(Registration, hits.subquery("hits"))
    return select(rows.id).order_by(*order.sorting(backwards=backwards, rows=rows, sorts=sorts))


def _listed(wanted_ids: Select[int], order: Order) -> Sequence[Registration]:
    """Return the first of these, one more than a page shows. First the ids alone, whatever else a row holds."""
    found = wanted_ids.limit(PER_PAGE + 1).subquery("found")
    statement = (
        select(Registration)
        .join(found, found.c.id == Registration.id)
        .join(Registration.ticket_type)
        .options(contains_eager(Registration.ticket_type), raiseload("*"))
        .order_by(*order.sorting(backwards=False))
    )
    return db.session.scalars(statement).all()


def batch(event: Event, wanted: Wanted, *, after: int, size: int) -> Sequence[Any]:
    """Return the next `size` attendees behind the id `after` as plain rows: no objects to keep or forget."""
    statement = (
        select(
            Registration.id,
            Registration.state,
            Registration.name,
            Registration.email,
            Registration.ticket_type_id,
            Registration.created_at,
            Registration.checked_in_at,
            Registration.code,
        )
        .where(Registration.id > after, *matching(event, wanted))
        .order_by(Registration.id)
        .limit(size)
    )
    return db.session.execute(statement).all()


def ticket_type_names(event_id: int) -> Mapping[int, Texts]:
    """Return the names of the event's ticket types by id."""
    rows = db.session.execute(select(TicketType.id, TicketType.name).where(TicketType.event_id == event_id))
    return dict(rows.all())


def failed_letters(event_id: int) -> Sequence[tuple[Letter, Registration]]:
    """Return the latest letters that could not be delivered to people of this event, each with its person."""
    rows = db.session.execute(
        select(Letter, Registration)
        .join(Registration, Registration.id == Letter.ids["registration"].as_integer())
        .where(Letter.state == LetterState.FAILED, Letter.to_email != "", Registration.event_id == event_id)
        .options(raiseload("*"))
        .order_by(Letter.id.desc())
        .limit(FAILED_LETTERS_MAX)
    )
    return [(letter, registration) for letter, registration in rows]


def failed_letter(event_id: int, letter_id: int) -> Letter:
    """Return a failed letter to somebody of this event. Raises NotFoundError for any other."""
    found = db.session.scalar(
        select(Letter)
        .join(Registration, Registration.id == Letter.ids["registration"].as_integer())
        .where(Letter.id == letter_id, Letter.state == LetterState.FAILED, Registration.event_id == event_id)
    )
    if found is None:
        raise NotFoundError(_("This letter is not waiting for anybody: it was sent again, or it has arrived."))
    return found
