"""The last letter to somebody who was erased: it takes an event out of their calendar.

The registration knows nobody any more when it is written, so name and address come from the outbox row, which loses
them when the letter is at rest (`kinds.register`, `is_last`).
"""

from typing import Final

from flask import current_app

from app.calendar.objects import Attendee, invitation
from app.core.clock import utc_now
from app.core.times import spoken_period
from app.mail import kinds
from app.mail.kinds import CalendarPart, Draft
from app.mail.models import Letter
from app.mail.render import draft
from app.registrations.mails import sequence_of
from app.registrations.models import Registration
from app.registrations.queries import registration_for_letter
from app.registrations.rules import code_of
from app.web.pages import public_url

KIND: Final = "erased"


def erased(letter: Letter) -> Draft | None:
    """Write the letter; None when the event is over or gone, and its entry with it."""
    registration = registration_for_letter(letter.ids["registration"], now=utc_now())
    if registration is None or registration.event.ends_at <= utc_now():
        return None
    event = registration.event
    language, code = letter.language, code_of(registration)
    return draft(
        KIND,
        reply_to=event.contact_email,
        calendar=_withdrawal(letter, registration),
        name=letter.to_name,
        event=event,
        when=spoken_period(event.starts_at, event.ends_at, event.zone, language=language, is_all_day=event.is_all_day),
        event_url=public_url("registrations.event_page", slug=event.slug, lang=language, code=code),
    )


def _withdrawal(letter: Letter, registration: Registration) -> CalendarPart | None:
    if current_app.config["MAIL_CALENDAR"] == "file":
        return None  # what they have is a file of their own, which nothing withdraws
    content = invitation(
        registration.event,
        Attendee(name=letter.to_name, email=letter.to_email),
        method="CANCEL",
        sequence=sequence_of(registration, registration.event),
        now=utc_now(),
        language=letter.language,
        manage_url=None,  # the link opens nothing any more
    )
    return CalendarPart(content=content, method="CANCEL")


def register() -> None:
    """Tell the outbox which letter this is, and that it is the last."""
    kinds.register(KIND, erased, is_last=True, has_topic=True)
