"""The letters that lead somebody to their own registrations."""

from app.calendar.objects import event_file
from app.core.clock import utc_now
from app.core.db import db
from app.core.tokens import digits
from app.mail import kinds
from app.mail.kinds import CalendarPart, Draft
from app.mail.models import Letter
from app.mail.render import draft
from app.registrations import mine
from app.registrations.letter_texts import values_of
from app.registrations.mails import context_of, is_theirs, own_url
from app.registrations.models import PersonLink, RegistrationState
from app.registrations.queries import registration_for_letter
from app.registrations.rules import code_of
from app.registrations.threads import thread_headers
from app.web.pages import public_url
from app.wording.mails import prose


def way_to_mine(letter: Letter) -> Draft | None:
    """Write the letter with link and digits; None when they are too old."""
    link = db.session.get(PersonLink, letter.ids["link"])
    if link is None or link.expires_at <= utc_now():
        return None
    return draft(
        mine.PURPOSE,
        address=public_url("mine.show", token=mine.token_of(link), lang=letter.language),
        code=digits(mine.PURPOSE, link.code),
    )


def renewed_link(letter: Letter) -> Draft | None:
    """Write the letter with the renewed link; None when the person was erased meanwhile, or has another address."""
    registration = registration_for_letter(letter.ids["registration"], now=utc_now())
    if registration is None or registration.erased_at is not None or not is_theirs(letter, registration):
        return None
    return draft(
        "renewed",
        headers=thread_headers(letter),
        registration=registration,
        event=registration.event,
        own_url=own_url(registration),
    )


def calendar_file(letter: Letter) -> Draft | None:
    """Write the letter with the calendar file; None when the seat was given back meanwhile."""
    registration = registration_for_letter(letter.ids["registration"], now=utc_now())
    if (
        registration is None
        or registration.state is not RegistrationState.CONFIRMED
        or not is_theirs(letter, registration)
    ):
        return None
    event, context = registration.event, context_of(registration, letter.language)
    # Without a METHOD: the invitation has been sent before, and this one asks for no answer.
    content = event_file(
        event,
        language=registration.language,
        manage_url=own_url(registration),
        online_url=event.online_url,
        code=code_of(registration),
    )
    return draft(
        "calendar-file",
        calendar=CalendarPart(content),
        headers=thread_headers(letter),
        prose=prose("calendar-file", event.id, letter.language, values_of(context, letter.language)),
        **context,
    )


def register() -> None:
    """Tell the outbox which letters these are."""
    kinds.register(mine.PURPOSE, way_to_mine)
    kinds.register("renewed", renewed_link, has_topic=True)
    kinds.register("calendar-file", calendar_file, has_topic=True)
