"""Adding somebody by hand: a walk-in at the door, a guest, a speaker. One transaction, as a sign-up is one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.attendees import marking
from app.attendees.editing import NO_ADDRESS
from app.core.addresses import Address
from app.core.db import db, transaction
from app.core.errors import BadInputError
from app.core.i18n import Language
from app.core.i18n import gettext as _
from app.core.tokens import new_code
from app.events.locking import locked_event
from app.events.models import TicketType
from app.history.service import Actor, record
from app.registrations import places, searching
from app.registrations.models import LIVE, Answer, Registration, RegistrationState
from app.registrations.overrides import Decision, take_seat_or_add
from app.registrations.queries import next_offset
from app.registrations.service import AnswerValue
from app.registrations.sources import BY_HAND


class Kind(StrEnum):
    """As what somebody is added; it becomes a tag."""

    ATTENDEE = "attendee"  # no tag
    WALK_IN = "walk_in"
    GUEST = "guest"
    SPEAKER = "speaker"


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Who is added: `tag` is what the kind is called, "" for none; no address means no letters."""

    name: str
    address: Address | None
    ticket_type_id: int
    answers: Mapping[int, AnswerValue]
    language: Language
    tag: str = ""
    writes: bool = False  # a confirmation is sent
    adds_seat: bool = False


def known_at(event_id: int, address: Address) -> Registration | None:
    """Return who has a live registration at the event with this address."""
    return db.session.scalar(
        select(Registration).where(
            Registration.event_id == event_id,
            Registration.email_key == address.key,
            Registration.state.in_(LIVE),
        )
    )


def add(event_id: int, wish: Newcomer, *, by: Actor, now: datetime) -> Registration:
    """Confirm somebody at once, past queue and approval, and return the registration.

    Raises BadInputError where no seat is free and none is to be added, for an address that is known at the event, and
    for a ticket type of another one.
    """
    try:
        with transaction():
            return _add(event_id, wish, by=by, now=now)
    except IntegrityError:
        raise BadInputError(_("Somebody at this event has this address already."), field="email") from None


def _add(event_id: int, wish: Newcomer, *, by: Actor, now: datetime) -> Registration:
    event = locked_event(event_id)
    session = db.session
    ticket_type = session.get(TicketType, wish.ticket_type_id)
    if ticket_type is None or ticket_type.event_id != event.id:
        raise BadInputError(_("Please choose how this person will attend."), field="ticket_type")
    decision = Decision(reason="", by=by, now=now, adds_seat=wish.adds_seat)
    take_seat_or_add(session(), event.id, ticket_type.id, decision)
    code = new_code()
    key = wish.address.key if wish.address else f"{NO_ADDRESS}{code}"
    registration = Registration(
        code=code,
        event_id=event.id,
        ticket_type_id=ticket_type.id,
        state=RegistrationState.CONFIRMED,
        name=wish.name,
        email=wish.address.email if wish.address else "",
        email_key=key,
        language=wish.language,
        calendar_offset=session.scalar(next_offset(event.id, key)) or 0,
        created_at=now,
        confirmed_at=now,
        revised_at=now,
        source=BY_HAND,
        answers=[Answer(question_id=question_id, value=value) for question_id, value in wish.answers.items()],
    )
    session.add(registration)
    session.flush()
    searching.renew([registration.id])
    if wish.tag:
        marking.tag_all([registration.id], wish.tag, by=by, now=now)
    if wish.writes:
        places.tell("confirmed", registration, now=now)
    record(
        "attendee.added",
        by=by,
        now=now,
        event_id=event.id,
        registration_id=registration.id,
        subject=wish.name,
        changes={"ticket_type": (None, ticket_type.slug)},
    )
    return registration
