"""What organizers decide past the queue, with a reason: a seat for somebody, another ticket type, an end.

Each is one transaction, is told to the person by letter, and stands in the history with its reason.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.db import require_transaction, transaction
from app.core.errors import BadInputError, ConflictError, NotFoundError
from app.core.i18n import gettext as _
from app.events.locking import locked_event
from app.events.models import Event, EventState, TicketType
from app.events.service import apply_changes
from app.history.service import Actor, record
from app.registrations import places
from app.registrations.models import SEATED, Registration, RegistrationState
from app.registrations.queries import REMOVED
from app.registrations.rules import is_live
from app.registrations.seats import add_seat_and_take_it, lock, release_seat, take_freed_seat
from app.registrations.waitlist import promote_all


@dataclass(frozen=True, slots=True)
class Decision:
    """Why, who says so, and when; `adds_seat` lets the ticket type grow by one seat where none is free."""

    reason: str
    by: Actor
    now: datetime
    adds_seat: bool = False


def promote(registration_id: int, decision: Decision) -> None:
    """Give a seat to somebody who waits, whoever waits before them; a second press changes nothing.

    Raises BadInputError when no seat is free and none is to be added, ConflictError for who does not wait (any more)
    and for an event that is off or over.
    """
    with transaction():
        promote_this(registration_id, decision)


def promote_this(registration_id: int, decision: Decision) -> bool:
    """Promote as `promote` does, in the caller's transaction; False for somebody who had a seat already.

    What it raises, it raises before it has written anything.
    """
    session = require_transaction()
    if decision.adds_seat:
        _lock_all(session, registration_id)
    registration = places.held(registration_id)
    before = registration.state
    if before is RegistrationState.CONFIRMED:
        return False
    if before not in {RegistrationState.WAITING, RegistrationState.OFFERED}:
        raise ConflictError(_("This person does not wait for a seat any more."))
    _refuse_unless_takes_place(registration.event, now=decision.now)
    if before is RegistrationState.WAITING:
        take_seat_or_add(session, registration.event_id, registration.ticket_type_id, decision)
    registration.state = RegistrationState.CONFIRMED
    registration.confirmed_at, registration.revised_at = decision.now, max(registration.revised_at, decision.now)
    session.flush()
    places.tell("promoted", registration, now=decision.now)
    _record("registration.promoted", registration, decision, state=(before, registration.state))
    return True


def move(registration_id: int, ticket_type_id: int, decision: Decision) -> None:
    """Let somebody attend in another way; a seat there is taken, the one they had goes to the next in line.

    Who waits waits there, in the order of their sign-up. Raises BadInputError when no seat is free there and none is
    to be added, and for a ticket type of another event; ConflictError for who is not registered any more.
    """
    with transaction() as session:
        if decision.adds_seat:
            _lock_all(session, registration_id)
        present_id = session.get_one(Registration, registration_id).ticket_type_id
        for locked in sorted({present_id, ticket_type_id}):  # one order, whatever the direction
            lock(locked)
        registration = places.held(registration_id)
        before, target = registration.ticket_type_id, session.get(TicketType, ticket_type_id)
        if target is None or target.event_id != registration.event_id:
            raise BadInputError(_("Please choose how this person will attend."), field="ticket_type")
        if before == target.id:
            return
        if not is_live(registration):
            raise ConflictError(_("This registration has ended in the meantime."))
        _refuse_unless_takes_place(registration.event, now=decision.now)
        has_seat = registration.state in SEATED
        if has_seat:
            take_seat_or_add(session, registration.event_id, target.id, decision)
            release_seat(before)
        was = session.get_one(TicketType, before)
        registration.ticket_type_id = target.id
        registration.revised_at = max(registration.revised_at, decision.now)
        session.flush()
        session.expire(registration, ["ticket_type"])
        key = f"moved:{registration.id}:{decision.now.timestamp():.6f}"
        places.tell("moved", registration, now=decision.now, key=key)
        _record("registration.moved", registration, decision, ticket_type=(was.slug, target.slug))
        promote_all(before if has_seat else target.id, now=decision.now)


def remove(registration_id: int, decision: Decision) -> None:
    """End somebody's registration: they are told, their calendar entry is withdrawn, the seat goes to the next.

    A second press changes nothing.
    """
    with transaction():
        remove_this(registration_id, decision)


def remove_this(registration_id: int, decision: Decision) -> bool:
    """End a registration as `remove` does, in the caller's transaction; False when it had ended already."""
    registration = places.held(registration_id)
    before = registration.state
    if not places.end(registration, "removed", now=decision.now):
        return False
    _record(REMOVED, registration, decision, state=(before, registration.state))
    return True


def _lock_all(session: Session, registration_id: int) -> None:
    """Lock every ticket type of the event in their order: what hears of a larger one locks the others too."""
    event_id = session.scalar(select(Registration.event_id).where(Registration.id == registration_id))
    if event_id is None:
        raise NotFoundError(_("There is no such registration."))
    locked_event(event_id)


def take_seat_or_add(session: Session, event_id: int, ticket_type_id: int, decision: Decision) -> None:
    """Take a free seat, or a new one if that is wanted; the ticket type is locked."""
    if take_freed_seat(ticket_type_id):
        return
    if not decision.adds_seat:
        raise BadInputError(_("No seat is free. Tick the box to add one for this person."), field="adds_seat")
    capacities = add_seat_and_take_it(ticket_type_id)
    if capacities is None:
        raise AssertionError(ticket_type_id)
    slug = session.get_one(TicketType, ticket_type_id, populate_existing=True).slug
    before, after = capacities
    parts = {"ticket_types": ({slug: {"capacity": before}}, {slug: {"capacity": after}})}
    # The new seat is taken already, so what hears of the change finds nothing to give away.
    apply_changes(
        session.get_one(Event, event_id, populate_existing=True),
        {},
        by=decision.by,
        now=decision.now,
        parts=parts,
    )


def _refuse_unless_takes_place(event: Event, *, now: datetime) -> None:
    if event.state is not EventState.PUBLISHED or event.ends_at <= now:
        raise ConflictError(_("This event is over, cancelled or not public: there is no seat to give."))


def _record(action: str, registration: Registration, decision: Decision, **changes: tuple[object, object]) -> None:
    record(
        action,
        by=decision.by,
        now=decision.now,
        event_id=registration.event_id,
        registration_id=registration.id,
        subject=registration.name,
        changes={**changes, "reason": (None, decision.reason)},
    )
