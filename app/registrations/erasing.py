"""Erasing a person: what is about them goes, that somebody came stays.

One letter is still sent for each event to come that stands in their calendar: it withdraws the entry, which nobody else
can. Its row in the outbox is the only place left that holds name and address, and loses them with the delivery
(`erasing_letters`, docs/mail.md); a process that is killed in between changes nothing about that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from sqlalchemy import ColumnElement, delete, exists, or_, select, update

from app.calendar import private
from app.calendar.private import Owner
from app.core.db import require_transaction, transaction
from app.events.models import Event, TicketType
from app.history.service import Actor, forget_person, record
from app.mail import outbox
from app.mail import service as mail
from app.registrations import erasing_letters
from app.registrations.letters import letter_to, topic_of
from app.registrations.mails import has_tentative_entry, takes_entry_back
from app.registrations.marks import forget_marks
from app.registrations.models import (
    LIVE,
    SEATED,
    Answer,
    PersonLink,
    Registration,
    RegistrationState,
    StoppedNews,
    StoppedReminders,
    Transfer,
    TransferState,
    revised,
)
from app.registrations.queries import MINE_MAX
from app.registrations.seats import lock, release_seat
from app.registrations.signals import address_forgotten, person_erased
from app.registrations.waitlist import promote_all


@dataclass(frozen=True, slots=True)
class _AsItWas:
    """A registration before it is blanked, with what its last letter needs."""

    id: int
    event_id: int
    ticket_type_id: int
    state: RegistrationState
    email: str
    name: str
    language: str
    leaves: bool  # a place at an event to come

    @classmethod
    def of(cls, registration: Registration, ends_at: datetime, *, now: datetime) -> Self:
        return cls(
            registration.id,
            registration.event_id,
            registration.ticket_type_id,
            registration.state,
            registration.email,
            registration.name,
            registration.language,
            leaves=registration.state in LIVE and ends_at > now,
        )


def erase_person(email_key: str, *, by: Actor, now: datetime) -> int:
    """Erase all that is stored about an address; return how many registrations it was.

    Places at events to come are given back and go to those who wait; a last letter for each takes the entry out of
    the calendar. Of what is past, the row stays without name, address and answers, so that numbers stay true. Other
    letters that wait are stopped.
    """
    with transaction():
        erased = _erase(Registration.email_key == email_key, email_key, by=by, now=now)
        _forget_everywhere(email_key, now=now)
        return len(erased)


def erase_registration(registration_id: int, email_key: str, *, by: Actor, now: datetime) -> bool:
    """Erase one registration as `erase_person` does, and leave what else this address has; False if it was before.

    An address that has nothing else is forgotten altogether.
    """
    with transaction() as session:
        this = Registration.id == registration_id
        if not _erase(this & (Registration.email_key == email_key), email_key, by=by, now=now):
            return False
        others = or_(
            exists().where(Registration.email_key == email_key), exists().where(Transfer.email_key == email_key)
        )
        if session.scalar(select(others)):
            mail.forget_address(email_key, about=("registration", registration_id))
        else:
            _forget_everywhere(email_key, now=now)
        return True


def _erase(which: ColumnElement[bool], email_key: str, *, by: Actor, now: datetime) -> list[_AsItWas]:
    session = require_transaction()
    # Ticket types first and in order, as everybody who touches seats: no deadlock.
    wanted = select(Registration.ticket_type_id).where(which)
    for ticket_type_id in session.scalars(
        select(TicketType.id).where(TicketType.id.in_(wanted)).order_by(TicketType.id)
    ).all():
        lock(ticket_type_id)
    rows = session.execute(
        select(Registration, Event.ends_at)
        .join(Event, Event.id == Registration.event_id)
        .where(which, Registration.erased_at.is_(None))
        .order_by(Registration.ticket_type_id, Registration.id)
        .limit(MINE_MAX)
        .execution_options(populate_existing=True)
    ).all()
    people = [_AsItWas.of(registration, ends_at, now=now) for registration, ends_at in rows]
    _withdraw_entries(people, email_key, now=now)
    for person in people:
        _blank(person.id, leaves=person.leaves, now=now)
        forget_person(person.id)
        # Also what went to an address that was corrected since.
        mail.forget_letters(topic_of(person.event_id), ("registration", person.id))
        person_erased.send(person.id, event_id=person.event_id, email_key=email_key, now=now)
        record("person.erased", by=by, now=now, event_id=person.event_id, registration_id=person.id)
        if person.leaves and person.state in SEATED:
            release_seat(person.ticket_type_id)
            promote_all(person.ticket_type_id, now=now)
    _blank_transfers(Transfer.registration_id.in_([person.id for person in people]), now=now)
    return people


def _withdraw_entries(people: Sequence[_AsItWas], email_key: str, *, now: datetime) -> None:
    """Queue the last letters: for places given back now, and for those whose letter about it has not gone yet."""
    waiting = {letter.ids.get("registration") for letter in mail.waiting_for(email_key) if takes_entry_back(letter)}
    for person in people:
        has_entry = person.state is RegistrationState.CONFIRMED or has_tentative_entry(person.state)
        if (person.leaves and has_entry) or person.id in waiting:
            outbox.queue_all([letter_to(person, erasing_letters.KIND, event_id=person.event_id)], now=now)


def _forget_everywhere(email_key: str, *, now: datetime) -> None:
    session = require_transaction()
    _blank_transfers(Transfer.email_key == email_key, now=now)
    session.execute(delete(StoppedReminders).where(StoppedReminders.email_key == email_key))
    session.execute(delete(StoppedNews).where(StoppedNews.email_key == email_key))
    session.execute(delete(PersonLink).where(PersonLink.email_key == email_key))
    private.forget(Owner(email_key=email_key))
    mail.forget_address(email_key)
    address_forgotten.send(email_key, now=now)


def _blank(registration_id: int, *, leaves: bool, now: datetime) -> None:
    session = require_transaction()
    values: dict[str, object] = {
        "name": "",
        "email": "",
        "declined_words": None,
        # Unique an event and state, as the index on live addresses asks; nobody can have it.
        "email_key": f"erased:{registration_id}",
        "search_text": "",
        "sort_name": "",
        "token_version": Registration.token_version + 1,
        "erased_at": now,
        "revised_at": revised(now),
    }
    if leaves:
        values |= {"state": RegistrationState.CANCELLED, "cancelled_at": now}
    session.execute(
        update(Registration).where(Registration.id == registration_id).values(**values),
        execution_options={"synchronize_session": False},
    )
    session.execute(delete(Answer).where(Answer.registration_id == registration_id))
    forget_marks(registration_id)


def _blank_transfers(about_them: ColumnElement[bool], *, now: datetime) -> None:
    """Forget whom this person passed a place on to, and that one was passed on to them; what is open is withdrawn."""
    session = require_transaction()
    is_open = Transfer.state == TransferState.OPEN
    session.execute(
        update(Transfer).where(about_them, is_open).values(state=TransferState.WITHDRAWN, closed_at=now),
        execution_options={"synchronize_session": False},
    )
    session.execute(
        update(Transfer).where(about_them).values(name="", email="", email_key=""),
        execution_options={"synchronize_session": False},
    )
