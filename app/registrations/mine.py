"""All that one address has here: a way to it by mail, a file with everything, links that open again."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from flask import current_app
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app.calendar import private
from app.calendar.private import Owner
from app.core.addresses import Address
from app.core.db import db, require_transaction, transaction
from app.core.errors import NotFoundError
from app.core.i18n import Language
from app.core.i18n import gettext as _
from app.core.times import iso
from app.core.tokens import CODE_LENGTH, digits_match, mac, mac_matches, new_code
from app.events.models import Event
from app.history.models import Entry
from app.mail import outbox
from app.mail.models import Letter
from app.mail.queries import refusing
from app.registrations.letters import letter_to
from app.registrations.marks import AttendeeNote, AttendeeTag
from app.registrations.models import PersonLink, Registration, Transfer
from app.registrations.queries import (
    LINKS_MAX,
    address_on_record,
    has_stopped_news,
    has_stopped_reminders,
    person_link,
    person_links,
    places_offered_by,
    places_offered_to,
    registrations_of,
)

LINK_LIFETIME: Final = timedelta(minutes=30)
ATTEMPTS_MAX: Final = 5
PURPOSE: Final = "mine"
# What the file about one person holds at most of each kind.
_TOLD_MAX: Final = 2_000


def token_of(link: PersonLink) -> str:
    """Return the secret part of `/my/<token>`; derived, so that the letter can be written late."""
    return link.code + mac(PURPOSE, link.code)


def request_link(address: Address, *, language: Language, now: datetime) -> None:
    """Send a link and six digits to an address that something is stored about; any other gets none.

    The caller cannot tell the difference, not by a watch either: both write a row, by as many statements.
    """
    with transaction() as session:
        _take_turns(session, address.key)
        session.execute(delete(PersonLink).where(PersonLink.expires_at <= now))
        recipient = address_on_record(address.key)
        if len(person_links(address.key, now=now)) >= LINKS_MAX:
            return
        link = PersonLink(
            code=new_code(), email_key=address.key, attempts=0, created_at=now, expires_at=now + LINK_LIFETIME
        )
        session.add(link)
        session.flush()
        if recipient is None:
            # In place of the letter: something written, to the row that is written anyway.
            session.execute(
                update(PersonLink).where(PersonLink.id == link.id).values(attempts=0),
                execution_options={"synchronize_session": False},
            )
            return
        outbox.queue(
            PURPOSE,
            key=f"{PURPOSE}:{link.code}",
            # To the address on record, not to the one just typed: the key is the same, the mailbox might not be.
            to_email=recipient,
            language=language,
            ids={"link": link.id},
            now=now,
        )


def _take_turns(session: Session, key: str) -> None:
    """Let those who ask for the same address at once come one after the other, so that they count each other."""
    if session.get_bind().dialect.name == "postgresql":  # SQLite has one writer anyway
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))


def open_by_digits(address: Address, typed: str, *, now: datetime) -> str:
    """Return the token that opens the registrations of an address; five wrong tries use a letter's digits up.

    Raises NotFoundError, the same for wrong digits, old ones, and an address that is not known.
    """
    with transaction() as session:
        for link in person_links(address.key, now=now):
            # The deciding write first: of many who guess at once, five get an answer.
            counted = session.scalar(
                update(PersonLink)
                .where(PersonLink.id == link.id, PersonLink.attempts < ATTEMPTS_MAX)
                .values(attempts=PersonLink.attempts + 1)
                .returning(PersonLink.id)
            )
            if counted is not None and digits_match(typed, PURPOSE, link.code):
                session.execute(update(PersonLink).where(PersonLink.id == link.id).values(attempts=0))
                return token_of(link)
    raise NotFoundError(_("These are not the digits from the latest e-mail, or it is older than half an hour."))


def address_behind(token: str, *, now: datetime) -> str:
    """Return the key of the address whose registrations a link opens. Raises NotFoundError."""
    code, proof = token[:CODE_LENGTH], token[CODE_LENGTH:]
    link = person_link(code, now=now) if mac_matches(proof, PURPOSE, code) else None
    if link is None:
        raise NotFoundError(_("This link is older than half an hour, or was not copied whole. Ask for a new one."))
    return link.email_key


def renew_link(registration: Registration, *, now: datetime) -> None:
    """Send a link that opens for 30 days more to the address of the registration; the old one opens no longer."""
    with transaction() as session:
        version = session.scalar(
            update(Registration)
            .where(Registration.id == registration.id, Registration.erased_at.is_(None))
            .values(token_version=Registration.token_version + 1, link_renewed_at=now)
            .returning(Registration.token_version)
        )
        if version is not None:
            _queue(registration, "renewed", f"renewed:{registration.id}:{version}", now=now)


def send_calendar_file(registration: Registration, *, now: datetime) -> None:
    """Send the calendar file to the address of the registration, once in ten minutes."""
    with transaction():
        moment = int(now.timestamp()) // 600
        _queue(registration, "calendar-file", f"calendar-file:{registration.id}:{moment}", now=now)


def everything_about(email_key: str, *, now: datetime) -> dict[str, Any]:
    """Return all that is stored about an address, as plain values with names that say what they are."""
    registrations = registrations_of(email_key)
    return {
        "written_at": now.isoformat(),
        "email": email_key,
        "registrations": [
            _told(registration) | _written_by_organizers(registration.id) for registration in registrations
        ],
        "places_passed_on_to_you": [_passed_on(each) for each in places_offered_to(email_key)],
        "places_passed_on_by_you": [_passed_on(each) for each in places_offered_by(email_key)],
        "wants_no_reminders": has_stopped_reminders(email_key),
        "wants_no_news": has_stopped_news(email_key),
        "refuses_emails": _refusals(email_key),
        "emails_sent": _letters(email_key),
        "calendar_feeds": [
            {"created_at": feed.created_at.isoformat(), "ended_at": feed.revoked_at and feed.revoked_at.isoformat()}
            for feed in private.feeds_of(Owner(email_key=email_key))
        ],
        "history": _entries([registration.id for registration in registrations]),
    }


def _event(event: Event) -> dict[str, Any]:
    return {
        "title": event.title.as_dict(),
        "starts_at": iso(event.starts_at, event.zone),
        "address": f"{current_app.config['PUBLIC_URL']}/events/{event.slug}",
    }


def _told(registration: Registration) -> dict[str, Any]:
    instants = ("created_at", "confirmed_at", "cancelled_at", "checked_in_at", "offer_expires_at", "revised_at")
    return {
        "event": _event(registration.event),
        "name": registration.name,
        "email": registration.email,
        "language": registration.language,
        "code": registration.code,
        "status": registration.state.value,
        "source": registration.source,
        "ticket_type": registration.ticket_type.name.as_dict(),
        "invitation": registration.invitation and registration.invitation.label,
        "answers": [
            {"question": answer.question.label.as_dict(), "answer": answer.value} for answer in registration.answers
        ],
        **({"declined_words": registration.declined_words} if registration.declined_words else {}),
        **{name: at and at.isoformat() for name in instants for at in [getattr(registration, name)]},
    }


def _written_by_organizers(registration_id: int) -> dict[str, Any]:
    tags = select(AttendeeTag.name).where(AttendeeTag.registration_id == registration_id).order_by(AttendeeTag.key)
    notes = (
        select(AttendeeNote.created_at, AttendeeNote.text)
        .where(AttendeeNote.registration_id == registration_id)
        .order_by(AttendeeNote.id)
        .limit(_TOLD_MAX)
    )
    return {
        "tags_of_the_organizers": list(db.session.scalars(tags)),
        "notes_of_the_organizers": [{"at": at.isoformat(), "text": words} for at, words in db.session.execute(notes)],
    }


def _passed_on(transfer: Transfer) -> dict[str, Any]:
    return {
        "event": _event(transfer.registration.event),
        "name": transfer.name,
        "email": transfer.email,
        "status": transfer.state.value,
        "at": transfer.created_at.isoformat(),
        "ended_at": transfer.closed_at and transfer.closed_at.isoformat(),
    }


def _refusals(email_key: str) -> dict[str, Any] | None:
    mark = refusing([email_key]).get(email_key)
    if mark is None:
        return None
    return {
        "times": mark.refusals,
        "first_at": mark.first_at.isoformat(),
        "last_at": mark.last_at.isoformat(),
        "not_written_to_since": mark.suppressed_at and mark.suppressed_at.isoformat(),
        "words_of_the_server": mark.words,
    }


def _letters(email_key: str) -> list[dict[str, Any]]:
    rows = db.session.execute(
        select(Letter.kind, Letter.state, Letter.created_at, Letter.sent_at)
        .where(Letter.to_key == email_key)
        .order_by(Letter.id)
        .limit(_TOLD_MAX)
    )
    return [
        {"kind": kind, "state": state.value, "queued_at": queued.isoformat(), "sent_at": sent and sent.isoformat()}
        for kind, state, queued, sent in rows
    ]


def _entries(registration_ids: Sequence[int]) -> list[dict[str, Any]]:
    rows = db.session.execute(
        select(Entry.at, Entry.action, Entry.changes)
        .where(Entry.registration_id.in_(registration_ids))
        .order_by(Entry.id)
        .limit(_TOLD_MAX)
    )
    return [{"at": at.isoformat(), "action": action, "changes": changes} for at, action, changes in rows]


def _queue(registration: Registration, kind: str, key: str, *, now: datetime) -> None:
    require_transaction()
    outbox.queue_all([letter_to(registration, kind, event_id=registration.event_id, key=key)], now=now)
