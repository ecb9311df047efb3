"""One attendee, as organizers read them: who, what they answered, what was written to them, what was done."""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import joinedload, raiseload, selectinload

from app.accounts.models import Organizer
from app.core.db import db
from app.core.errors import NotFoundError
from app.core.i18n import Language
from app.core.i18n import gettext as _
from app.events.models import TicketType
from app.history.models import Entry
from app.mail.models import Letter, LetterState
from app.registrations.models import Answer, Registration
from app.registrations.words import answer_in_words

LETTERS_MAX: Final = 50
ENTRIES_MAX: Final = 50
TICKET_TYPES_MAX: Final = 50


def attendee(event_id: int, code: str) -> Registration:
    """Return who has this code at the event, with ticket type and answers. Raises NotFoundError."""
    found = db.session.scalar(
        select(Registration)
        .where(Registration.event_id == event_id, Registration.code == code)
        .options(
            joinedload(Registration.ticket_type),
            selectinload(Registration.answers).joinedload(Answer.question),
            raiseload("*"),
        )
    )
    if found is None:
        raise NotFoundError(_("Nobody at this event has this code."))
    return found


def ticket_types(event_id: int) -> Sequence[TicketType]:
    """Return the ways to attend the event, hidden ones too."""
    statement = (
        select(TicketType)
        .where(TicketType.event_id == event_id)
        .options(raiseload("*"))
        .order_by(TicketType.position, TicketType.id)
        .limit(TICKET_TYPES_MAX)
    )
    return db.session.scalars(statement).all()


def letters(registration: Registration) -> Sequence[Letter]:
    """Return what was written to this person about their registration, the newest first."""
    statement = (
        select(Letter)
        .where(Letter.to_key == registration.email_key, Letter.ids["registration"].as_integer() == registration.id)
        .order_by(Letter.id.desc())
        .limit(LETTERS_MAX)
    )
    return db.session.scalars(statement).all()


def entries(registration: Registration) -> Sequence[tuple[Entry, str]]:
    """Return what was done with this registration and by whom, the newest first."""
    rows = db.session.execute(
        select(Entry, Organizer.name, Organizer.email)
        .outerjoin(Organizer, Organizer.id == Entry.organizer_id)
        .where(Entry.registration_id == registration.id)
        .order_by(Entry.id.desc())
        .limit(ENTRIES_MAX)
    )
    return [(entry, name or email or "") for entry, name, email in rows]


def letter_names() -> Mapping[str, str]:
    """Return what people call the letters about an event, by kind, in the page's language."""
    return {
        "confirmed": _("Confirmation"),
        "waiting": _("On the waiting list"),
        "pending": _("Waits for approval"),
        "declined": _("Declined"),
        "promoted": _("A seat from the waiting list"),
        "offered": _("Offer of a seat"),
        "offer-expired": _("Offer has ended"),
        "cancelled": _("Registration given back"),
        "removed": _("Registration ended by organizers"),
        "moved": _("Attends in another way"),
        "passed-on": _("Place passed on"),
        "transfer": _("Place offered to somebody else"),
        "reminder": _("Reminder"),
        "again": _("Link sent again"),
        "renewed": _("New link"),
        "calendar-file": _("Calendar file"),
        "erased": _("Taken out of the calendar"),
        "event-changed": _("Event changed"),
        "event-cancelled": _("Event cancelled"),
        "message": _("Message"),
        "message-test": _("Test of a message"),
    }


def letter_states() -> Mapping[LetterState, str]:
    """Return what people call the states of a letter."""
    return {
        LetterState.QUEUED: _("Waits to be sent"),
        LetterState.SENDING: _("Waits to be sent"),
        LetterState.SENT: _("Sent"),
        LetterState.FAILED: _("Failed"),
        LetterState.STOPPED: _("Not sent: stopped, or no longer true"),
    }


def answers(
    registration: Registration, language: Language, *, shows_masked: bool = False
) -> Sequence[tuple[str, object]]:
    """Return what this person was asked and answered, in words and in the order of the form.

    `shows_masked`: masked answers whole too, which are said by their end else.
    """
    given = sorted(registration.answers, key=lambda answer: (answer.question.position, answer.question_id))
    return [
        (
            answer.question.label.in_language(language),
            answer_in_words(answer.question, language, is_whole=shows_masked)(answer.value),
        )
        for answer in given
    ]
