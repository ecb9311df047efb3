"""Who comes to an event, as organizers read it: counts, a searchable list, and letters that did not arrive."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session, contains_eager, raiseload

from app.attendees.order import Order
from app.attendees.wanted import Wanted, matching
from app.core.db import db, plan_for_values
from app.core.errors import NotFoundError
from app.core.i18n import Texts
from app.core.i18n import gettext as _
from app.events.models import Event, TicketType
from app.mail.models import Failure, Letter, LetterState
from app.registrations.models import Registration, RegistrationState

PER_PAGE: Final = 50
FAILED_LETTERS_MAX: Final = 20


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
    found = {event_id: dict.fromkeys(RegistrationState, 0) for event_id in event_ids}
    rows = db.session.execute(
        select(Registration.event_id, Registration.state, func.count())
        .where(Registration.event_id.in_(event_ids))
        .group_by(Registration.event_id, Registration.state)
    )
    for event_id, state, number in rows:
        found[event_id][state] = number
    return found


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

    One statement; where the order needs more than the id, another one for the row that was named; on PostgreSQL one
    that has it planned for what is wanted.
    """
    session = db.session()
    plan_for_values(session)
    backwards = before is not None
    edge = before if before is not None else after
    key = order.key_of(event.id, edge) if edge is not None else None
    # First the ids alone: an index has all that this asks, whatever else a row holds.
    wanted_ids = select(Registration.id).where(*matching(event, wanted))
    few = _may_be_few(wanted, session)
    if few:
        # Says nothing, but lets SQLite take the index of the event's ids, in whose order the rows lie.
        wanted_ids = wanted_ids.where(Registration.id > 0)
    if key is not None:
        wanted_ids = wanted_ids.where(order.beyond(key, backwards=backwards, few=few))
    wanted_ids = wanted_ids.order_by(*order.sorting(backwards=backwards, few=few)).limit(PER_PAGE + 1)
    found = wanted_ids.subquery("found")
    statement = (
        select(Registration)
        .join(found, found.c.id == Registration.id)
        .join(Registration.ticket_type)
        .options(contains_eager(Registration.ticket_type), raiseload("*"))
        .order_by(*order.sorting(backwards=False))
    )
    rows = db.session.scalars(statement).all()
    more = len(rows) > PER_PAGE
    if backwards:
        rows = rows[-PER_PAGE:]
        return Page(rows, rows[0].id if more else None, rows[-1].id if rows else None)
    rows = rows[:PER_PAGE]
    return Page(rows, rows[0].id if rows and key is not None else None, rows[-1].id if more else None)


def _may_be_few(wanted: Wanted, session: Session) -> bool:
    """Tell whether the database may take few for many.

    PostgreSQL knows how common a state, a source or an answer is. A part of a text it can only guess, a tag is to it
    one of all the site's, and of two conditions it supposes that they have nothing to do with each other. SQLite
    knows nothing; but whether a row is among those with an answer it can tell from the index by which it sorts.
    """
    parts = wanted.as_query().keys()
    if session.get_bind().dialect.name == "postgresql":
        return bool(wanted.search or wanted.tags) or len(parts) > 1 or len(wanted.answers) > 1
    return bool(parts - {"answer"})


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
