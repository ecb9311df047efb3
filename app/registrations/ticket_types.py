"""Adding, changing, ordering and removing the ways to attend an event."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app.core.db import transaction
from app.core.errors import ConflictError, NotFoundError
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.core.versions import Seen, settle
from app.events.locking import locked_event
from app.events.models import Event, TicketKind, TicketType
from app.events.service import apply_changes
from app.history.service import Actor
from app.registrations.models import Registration
from app.registrations.rules import free_key
from app.registrations.seats import set_capacity

TICKET_TYPES_MAX: Final = 20
_PART: Final = "ticket_types"


class BelowTakenError(ConflictError):
    """The capacity would be below the seats taken: allowed, once the organizer has read what that means."""

    def __init__(self, taken: int, capacity: int) -> None:
        """Say it."""
        seats = ngettext("%(num)d seat is taken", "%(num)d seats are taken", taken)
        super().__init__(
            _(
                "%(seats)s. Nobody loses a seat, and nobody new gets one until fewer than %(capacity)d are taken.",
                seats=seats,
                capacity=capacity,
            )
            if capacity
            else _("%(seats)s. Nobody loses a seat, and nobody new gets one.", seats=seats)
        )
        self.capacity = capacity


def ticket_type_of(event: Event, ticket_type_id: int) -> TicketType:
    """Return a ticket type of this event. Raises NotFoundError for any other."""
    found = next((each for each in event.ticket_types if each.id == ticket_type_id), None)
    if found is None:
        raise NotFoundError(_("There is no such ticket type at this event, or no longer."))
    return found


def values_of(ticket_type: TicketType) -> dict[str, Any]:
    """Return a ticket type as a form holds it."""
    return {
        "name": ticket_type.name,
        "description": ticket_type.description,
        "kind": ticket_type.kind.value,
        "capacity": ticket_type.capacity,
        "is_public": ticket_type.is_public,
    }


def add_ticket_type(event_id: int, values: Mapping[str, Any], *, by: Actor, now: datetime) -> None:
    """Add a way to attend, behind the others; the same form sent twice adds one."""
    with transaction():
        event = locked_event(event_id, selectinload(Event.ticket_types))
        if any(values_of(each) == dict(values) for each in event.ticket_types):
            return
        if len(event.ticket_types) >= TICKET_TYPES_MAX:
            raise ConflictError(_("An event has at most %(max)d ticket types.", max=TICKET_TYPES_MAX))
        wanted = values["name"].en or values["kind"]
        slug = free_key(wanted, {each.slug for each in event.ticket_types})
        position = max((each.position for each in event.ticket_types), default=-1) + 1
        kind = TicketKind(values["kind"])
        event.ticket_types.append(TicketType(**{**values, "slug": slug, "position": position, "kind": kind}))
        apply_changes(event, {}, parts={_PART: (None, dict(values))}, by=by, now=now)


def change_ticket_type(
    event_id: int,
    ticket_type_id: int,
    mine: Mapping[str, Any],
    *,
    seen: Seen,
    lowered_to: int | None,
    by: Actor,
    now: datetime,
) -> None:
    """Make a ticket type these values, as a form holds them, over what others have saved since they were seen.

    Raised capacity goes to those who wait. One below the seats taken raises BelowTakenError, unless `lowered_to` says
    that exactly this one is meant: nobody loses a seat then, and nobody new gets one. Raises ClashError.
    """
    with transaction():
        event = locked_event(event_id, selectinload(Event.ticket_types))
        ticket_type = ticket_type_of(event, ticket_type_id)
        before = values_of(ticket_type)
        write = settle(seen, mine, before)
        if not write:
            return
        if "capacity" in write:
            capacity = write.pop("capacity")
            if capacity is not None and capacity < ticket_type.seats_taken and lowered_to != capacity:
                raise BelowTakenError(ticket_type.seats_taken, capacity)
            set_capacity(ticket_type, capacity)
            ticket_type.overbooked_from = None  # what is typed here are seats there are
        for name, value in write.items():
            setattr(ticket_type, name, TicketKind(value) if name == "kind" else value)
        after = values_of(ticket_type)
        _apply(event, ticket_type.slug, before, after, by=by, now=now)


def move_ticket_type(event_id: int, ticket_type_id: int, *, up: bool, by: Actor, now: datetime) -> None:
    """Change places with the one above or below; at the end of the list nothing happens."""
    with transaction():
        event = locked_event(event_id, selectinload(Event.ticket_types))
        ordered = sorted(event.ticket_types, key=lambda each: (each.position, each.id))
        names = [each.slug for each in ordered]
        here = ordered.index(ticket_type_of(event, ticket_type_id))
        there = here - 1 if up else here + 1
        if not 0 <= there < len(ordered):
            return
        ordered[here], ordered[there] = ordered[there], ordered[here]
        for position, each in enumerate(ordered):
            each.position = position
        apply_changes(event, {}, parts={_PART: (names, [each.slug for each in ordered])}, by=by, now=now)


def remove_ticket_type(event_id: int, ticket_type_id: int, *, by: Actor, now: datetime) -> None:
    """Take a way to attend away. Raises ConflictError when anybody has ever signed up with it."""
    with transaction() as session:
        event = locked_event(event_id, selectinload(Event.ticket_types))
        ticket_type = ticket_type_of(event, ticket_type_id)
        if is_used(session, ticket_type_id):
            raise ConflictError(_("People have signed up with this ticket type. Hide it instead: they keep it."))
        event.ticket_types.remove(ticket_type)
        _apply(event, ticket_type.slug, values_of(ticket_type), None, by=by, now=now)


def is_used(session: Session, ticket_type_id: int) -> bool:
    """Tell whether anybody has ever signed up with a ticket type, those who left too."""
    statement = select(Registration.id).where(Registration.ticket_type_id == ticket_type_id).limit(1)
    return session.scalar(statement) is not None


def _apply(
    event: Event, slug: str, before: dict[str, Any], after: dict[str, Any] | None, *, by: Actor, now: datetime
) -> None:
    old: dict[str, Any] = {"slug": slug, **before}
    new: dict[str, Any] | None = None
    if after is not None:
        different = [name for name in before if before[name] != after[name]]
        old, new = ({"slug": slug} | {name: side[name] for name in different} for side in (before, after))
    apply_changes(event, {}, parts={_PART: (old, new)}, by=by, now=now)
