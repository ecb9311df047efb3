"""Reading sign-ups: the gates to an event that takes them and to one's own registration."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Select, exists, func, select, union_all
from sqlalchemy.orm import aliased, contains_eager, joinedload, selectinload
from sqlalchemy.orm.attributes import set_committed_value

from app.core.clock import utc_now
from app.core.db import db
from app.core.errors import GoneError, NotFoundError
from app.core.i18n import gettext as _
from app.events.admission import refuse_strangers
from app.events.models import Event
from app.events.queries import reachable
from app.history.models import Entry
from app.registrations.known_events import event_as_it_is
from app.registrations.models import (
    LIVE,
    Answer,
    EventChange,
    EventReminder,
    PersonLink,
    Question,
    Registration,
    RegistrationState,
    StoppedNews,
    StoppedReminders,
    Transfer,
    TransferState,
)
from app.registrations.rules import code_in, link_is_open, opens, opens_news, opens_reminders, opens_transfer

QUESTIONS_MAX: Final = 100
# Of one address: read, shown and erased at once. More than anybody has; a second press erases the rest.
MINE_MAX: Final = 1_000
LINKS_MAX: Final = 3  # more letters than this help nobody, and would fill a mailbox
# In the history: an organizer ended somebody's registration.
REMOVED: Final = "registration.removed"
# What the page of one's own registration shows.
_OWN: Final = (
    joinedload(Registration.event).joinedload(Event.venue),
    joinedload(Registration.event).joinedload(Event.city),
    joinedload(Registration.ticket_type),
    joinedload(Registration.invitation),
    selectinload(Registration.answers),
)


class LinkExpiredError(GoneError):
    """A link to one's own registration whose time is over; it can be renewed by mail."""


def event_for_sign_up(slug: str, *, now: datetime, code: str = "") -> Event:
    """Return an event with its ticket types and nothing else, in one statement; in two if it is by invitation.

    Raises NotFoundError, and InvitationNeededError where `code` does not let in.
    """
    statement = select(Event).where(Event.slug == slug, reachable()).options(joinedload(Event.ticket_types))
    event = db.session.scalars(statement).unique().one_or_none()
    if event is None:
        raise NotFoundError(_("There is no such event, or it is not public yet."))
    refuse_strangers(event.id, event.visibility, code=code, now=now)
    return event


def questions_of(event_id: int) -> Sequence[Question]:
    """Return what this event asks those who sign up, in order."""
    return [
        question
        for question in all_questions_of(event_id)
        if not question.is_retired and not question.is_after_acceptance
    ]


def all_questions_of(event_id: int) -> Sequence[Question]:
    """Return what this event asks or has asked, in order."""
    statement = (
        select(Question)
        .where(Question.event_id == event_id)
        .order_by(Question.position, Question.id)
        .limit(QUESTIONS_MAX)
    )
    return db.session.scalars(statement).all()


def own_registration(token: str) -> Registration:
    """Return the registration that this link opens, with event, ticket type and answers.

    Raises NotFoundError for a link that was never made or is revoked, LinkExpiredError for one whose time is over.
    """
    registration = registration_by(token)
    if not link_is_open(registration, now=utc_now()):
        raise LinkExpiredError(_("This link has expired: it was open until 30 days after the event."))
    return registration


def registration_by(token: str) -> Registration:
    """Return the registration of a link, also of one that has expired; NotFoundError."""
    statement = select(Registration).where(Registration.code == code_in(token)).options(*_OWN)
    registration = db.session.scalars(statement).one_or_none()
    if registration is None or not opens(token, registration):
        raise NotFoundError(
            _("This link opens no registration. Copy it whole from the e-mail, or sign up again for a new one.")
        )
    return registration


def offered_transfer(token: str) -> Transfer:
    """Return the transfer that this link opens, with the place and its event; NotFoundError."""
    statement = (
        select(Transfer)
        .where(Transfer.code == code_in(token))
        .options(
            joinedload(Transfer.registration).joinedload(Registration.invitation),
            joinedload(Transfer.registration).joinedload(Registration.ticket_type),
            joinedload(Transfer.registration)
            .joinedload(Registration.event)
            .options(joinedload(Event.venue), joinedload(Event.city)),
        )
    )
    transfer = db.session.scalar(statement)
    if transfer is None or not opens_transfer(token, transfer):
        raise NotFoundError(_("This link opens nothing. Copy it whole from the e-mail."))
    return transfer


def present_transfer(registration: Registration, *, now: datetime) -> Transfer | None:
    """Return where this place is on its way to; None when it is not."""
    statement = select(Transfer).where(
        Transfer.registration_id == registration.id, Transfer.state == TransferState.OPEN, Transfer.expires_at > now
    )
    return db.session.scalar(statement)


def latest_of(registration: Registration) -> Registration:
    """Return the last registration that this person made for the event, with all that a link to it brings."""
    statement = select(Registration).where(
        Registration.event_id == registration.event_id, Registration.email_key == registration.email_key
    )
    return db.session.scalars(statement.order_by(Registration.id.desc()).limit(1).options(*_OWN)).one()


def was_removed(registration_id: int) -> bool:
    """Tell whether an organizer has ended this registration."""
    statement = select(Entry.id).where(Entry.registration_id == registration_id, Entry.action == REMOVED)
    return db.session.scalar(statement.limit(1)) is not None


def invitation_kept(registration_id: int) -> int | None:
    """Return the invitation whose use is still that of who left; None where somebody else has come by it.

    That is: the place was passed on, or another registration of this person has followed.
    """
    later = aliased(Registration)
    followed = exists().where(
        later.event_id == Registration.event_id,
        later.email_key == Registration.email_key,
        later.id > Registration.id,
    )
    passed_on = exists().where(Transfer.registration_id == Registration.id, Transfer.state == TransferState.ACCEPTED)
    statement = select(Registration.invitation_id).where(Registration.id == registration_id, ~followed, ~passed_on)
    return db.session.scalar(statement)


def transfers_begun(registration: Registration) -> int:
    """Return how often this person has offered a place at the event to somebody, by whichever registration."""
    statement = (
        select(func.count(Transfer.id))
        .join(Transfer.registration)
        .where(
            Registration.event_id == registration.event_id,
            Registration.email_key == registration.email_key,
        )
    )
    return db.session.scalar(statement) or 0


def live_place(event_id: int, email_key: str) -> Registration | None:
    """Return the registration that this address has at the event now, if any."""
    statement = select(Registration).where(
        Registration.event_id == event_id, Registration.email_key == email_key, Registration.state.in_(LIVE)
    )
    return db.session.scalar(statement)


def registration_for_letter(registration_id: int, *, now: datetime) -> Registration | None:
    """Return the registration a letter is about, with all that its event's page shows; None when it is gone."""
    statement = (
        select(Registration, Event.revision)
        .join(Event, Event.id == Registration.event_id)
        .where(Registration.id == registration_id)
        .options(joinedload(Registration.ticket_type), joinedload(Registration.invitation))
    )
    found = db.session.execute(statement).one_or_none()
    if found is None:
        return None
    registration: Registration = found[0]
    set_committed_value(registration, "event", event_as_it_is(registration.event_id, found[1], now=now))
    return registration


def change_for_letter(change_id: int) -> EventChange | None:
    """Return what a letter tells about; None when its event is gone."""
    return db.session.get(EventChange, change_id)


def next_offset(event_id: int, email_key: str) -> Select[tuple[int | None]]:
    """Return the statement for the `calendar_offset` of this address's next registration; NULL for its first.

    After a CANCEL a REQUEST counts only if its SEQUENCE is higher (RFC 5546 2.1.4), and whoever waited, got a seat and
    left had one with offset + 2. Somebody who was erased may be the same person, which nobody can tell: a number that
    is higher than need be harms nobody.
    """
    of_this_event = select(Registration.calendar_offset).where(Registration.event_id == event_id)
    before = union_all(
        of_this_event.where(Registration.email_key == email_key),
        of_this_event.where(Registration.state == RegistrationState.CANCELLED, Registration.erased_at.is_not(None)),
    ).subquery()
    return select(func.max(before.c.calendar_offset) + 3)


def position_in_queue(registration: Registration) -> int:
    """Return the place in the waiting list, first is 1; 0 for somebody who does not wait."""
    if registration.state is not RegistrationState.WAITING:
        return 0
    statement = (
        select(func.count())
        .select_from(Registration)
        .where(
            Registration.ticket_type_id == registration.ticket_type_id,
            Registration.state == RegistrationState.WAITING,
            Registration.id <= registration.id,
        )
    )
    return db.session.scalar(statement) or 0


def registration_to_remind(token: str) -> Registration:
    """Return the registration whose reminders this link stops; NotFoundError."""
    registration = db.session.scalar(select(Registration).where(Registration.code == code_in(token)))
    if registration is None or not opens_reminders(token, registration):
        raise NotFoundError(_("This link opens nothing. Copy it whole from the e-mail."))
    return registration


def has_stopped_reminders(email_key: str) -> bool:
    """Tell whether this address wants no reminders."""
    return (
        db.session.scalar(select(StoppedReminders.email_key).where(StoppedReminders.email_key == email_key)) is not None
    )


def registration_to_tell(token: str) -> Registration:
    """Return the registration whose news this link stops; NotFoundError."""
    registration = db.session.scalar(select(Registration).where(Registration.code == code_in(token)))
    if registration is None or registration.erased_at is not None or not opens_news(token, registration):
        raise NotFoundError(_("This link opens nothing. Copy it whole from the e-mail."))
    return registration


def has_stopped_news(email_key: str) -> bool:
    """Tell whether this address wants no news from organizers."""
    return db.session.scalar(select(StoppedNews.email_key).where(StoppedNews.email_key == email_key)) is not None


def newer_reminder(reminder: EventReminder) -> bool:
    """Tell whether a later reminder of the same start has begun to go."""
    later = select(EventReminder.id).where(
        EventReminder.event_id == reminder.event_id,
        EventReminder.starts_at == reminder.starts_at,
        EventReminder.minutes < reminder.minutes,
    )
    return db.session.scalar(later.limit(1)) is not None


def registrations_of(email_key: str) -> Sequence[Registration]:
    """Return what an address has signed up for, the latest event first, with event, ticket type and answers."""
    statement = (
        select(Registration)
        .join(Registration.event)
        .where(Registration.email_key == email_key, Registration.erased_at.is_(None))
        .options(
            contains_eager(Registration.event).joinedload(Event.venue),
            joinedload(Registration.ticket_type),
            joinedload(Registration.invitation),
            selectinload(Registration.answers).joinedload(Answer.question),
        )
        .order_by(Event.starts_at.desc(), Registration.id.desc())
        .limit(MINE_MAX)
    )
    return db.session.scalars(statement).unique().all()


def places_offered_to(email_key: str) -> Sequence[Transfer]:
    """Return the places that others have passed on to an address, or wanted to, the latest first, with the event."""
    return _transfers(Transfer.email_key == email_key)


def places_offered_by(email_key: str) -> Sequence[Transfer]:
    """Return the places that an address has passed on, or wanted to, the latest first, with the event."""
    return _transfers(Registration.email_key == email_key)


def _transfers(condition: ColumnElement[bool]) -> Sequence[Transfer]:
    statement = (
        select(Transfer)
        .join(Transfer.registration)
        .where(condition)
        .options(contains_eager(Transfer.registration).joinedload(Registration.event).joinedload(Event.venue))
        .order_by(Transfer.id.desc())
        .limit(MINE_MAX)
    )
    return db.session.scalars(statement).unique().all()


def address_on_record(email_key: str) -> str | None:
    """Return where letters to somebody go: the address of their last registration, else that of a place offered them.

    None for somebody nothing is stored about.
    """
    registered = (
        select(Registration.email)
        .where(Registration.email_key == email_key, Registration.erased_at.is_(None))
        .order_by(Registration.id.desc())
        .limit(1)
    )
    offered = select(Transfer.email).where(Transfer.email_key == email_key).order_by(Transfer.id.desc()).limit(1)
    found: str | None = db.session.scalar(
        select(func.coalesce(registered.scalar_subquery(), offered.scalar_subquery()))
    )
    return found


def person_link(code: str, *, now: datetime) -> PersonLink | None:
    """Return the way to somebody's registrations with this code, while it is open."""
    return db.session.scalar(select(PersonLink).where(PersonLink.code == code, PersonLink.expires_at > now))


def person_links(email_key: str, *, now: datetime) -> Sequence[PersonLink]:
    """Return the open ways to the registrations of this address, the newest first."""
    return db.session.scalars(
        select(PersonLink)
        .where(PersonLink.email_key == email_key, PersonLink.expires_at > now)
        .order_by(PersonLink.id.desc())
        .limit(LINKS_MAX)
    ).all()
