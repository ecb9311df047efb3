"""The letter that reminds of an event, with a way to give the place back and a way to have no more of them."""

from urllib.parse import quote

from flask import current_app

from app.core.addresses import normalise
from app.core.clock import utc_now
from app.core.db import db
from app.core.i18n import Language
from app.core.times import short_date, spoken_time
from app.events.models import Event, EventState
from app.mail import kinds
from app.mail.kinds import Draft
from app.mail.models import Letter
from app.mail.render import draft
from app.registrations.letter_texts import values_of
from app.registrations.mails import context_of, is_theirs
from app.registrations.models import EventReminder, Registration, RegistrationState
from app.registrations.queries import has_stopped_reminders, newer_reminder, registration_for_letter
from app.registrations.rules import reminders_token_of
from app.registrations.threads import thread_headers
from app.web.pages import public_url
from app.wording.mails import prose


def reminder(letter: Letter) -> Draft | None:
    """Remind one person; None when it is no longer true, too late, or unwanted."""
    registration = registration_for_letter(letter.ids["registration"], now=utc_now())
    cause = db.session.get(EventReminder, letter.ids["reminder"])
    if registration is None or cause is None or not is_theirs(letter, registration):
        return None
    if not _is_true(cause, registration):
        return None
    token, event = reminders_token_of(registration), registration.event
    stop_url = public_url("reminders.show", token=token, lang=letter.language)
    # RFC 8058: the mail program posts to it by itself, without a cookie or a question; only reminders are stopped.
    # Programs that cannot write to whoever answers letters (RFC 2369: the first that they can, from left to right).
    headers = {
        "List-Unsubscribe": f"<{public_url('reminders.stop', token=token)}>, <{_letter_against_more(event, token)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    context = context_of(registration, letter.language)
    values = values_of(context, letter.language, starts=start_of(event, letter.language))
    return draft(
        "reminder",
        reply_to=event.contact_email,
        headers=headers | thread_headers(letter),
        stop_url=stop_url,
        prose=prose("reminder", event.id, letter.language, values),
        **context,
    )


def _is_true(cause: EventReminder, registration: Registration) -> bool:
    event = registration.event
    is_as_it_was = event.state is EventState.PUBLISHED and event.starts_at == cause.starts_at
    return (
        is_as_it_was
        and registration.state is RegistrationState.CONFIRMED
        and utc_now() < event.starts_at
        and not has_stopped_reminders(registration.email_key)
        # A mail server that was away for a day gets one reminder to deliver, and not two.
        and not newer_reminder(cause)
    )


def _letter_against_more(event: Event, token: str) -> str:
    settings = current_app.config
    answers_to = event.contact_email or settings["MAIL_REPLY_TO"] or settings["MAIL_SENDER"]
    address = normalise(answers_to, allow_local=True).email
    # Only what stands for itself in a mailto: (RFC 6068 2); an address may hold a question mark.
    return f"mailto:{quote(address, safe='@')}?subject=unsubscribe%20{token}"


def start_of(event: Event, language: Language) -> str:
    """Return when an event begins, in short; of one whose hours are not known, the day."""
    day = short_date(event.starts_at, event.zone, language)
    return day if event.is_all_day else f"{day} {spoken_time(event.starts_at, event.zone)}"


def register() -> None:
    """Tell the outbox who writes it."""
    kinds.register("reminder", reminder, has_topic=True)
