"""The letters about a sign-up, written when they are sent; a letter whose cause has passed is not written."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from flask import current_app

from app.calendar.objects import Attendee, event_file, invitation
from app.core.clock import utc_now
from app.core.i18n import Language, Texts
from app.core.i18n import gettext as _
from app.core.times import spoken_instant, spoken_period
from app.events.models import Event, EventState
from app.mail import kinds
from app.mail.kinds import CalendarMethod, CalendarPart, Draft
from app.mail.models import Letter
from app.mail.render import draft
from app.registrations.later import asks_later
from app.registrations.letter_texts import kind_of, values_of
from app.registrations.models import Registration, RegistrationState
from app.registrations.queries import change_for_letter, position_in_queue, registration_for_letter
from app.registrations.rules import code_of, has_offer, is_live, token_of, told
from app.registrations.threads import thread_headers
from app.web.pages import public_url
from app.wording.mails import prose

# Letters by the state the person must be in for the letter to be true.
STATE_OF: Final = {
    "confirmed": RegistrationState.CONFIRMED,
    "promoted": RegistrationState.CONFIRMED,
    "waiting": RegistrationState.WAITING,
    "offered": RegistrationState.OFFERED,
    "offer-expired": RegistrationState.CANCELLED,
    "pending": RegistrationState.PENDING,
    "declined": RegistrationState.DECLINED,
    "cancelled": RegistrationState.CANCELLED,
    "removed": RegistrationState.CANCELLED,
    "passed-on": RegistrationState.CANCELLED,
}
# They take the entry out of the calendar of whoever had a seat, also when the event is cancelled meanwhile.
_WITHDRAWING: Final = ("cancelled", "removed", "passed-on")
_WHILE_LIVE: Final = ("again", "moved")
_ABOUT_A_CHANGE: Final = ("event-changed", "event-cancelled")


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that changed, in words; `was` is empty where nothing is known of before."""

    label: str
    was: str
    is_now: str


def write(letter: Letter) -> Draft | None:
    """Write a letter about one registration; None when it is no longer true."""
    registration = registration_for_letter(letter.ids["registration"], now=utc_now())
    if registration is None or not is_theirs(letter, registration) or not _is_true(letter, registration):
        return None
    event = registration.event
    change = change_for_letter(letter.ids["change"]) if "change" in letter.ids else None
    context = context_of(registration, letter.language)
    return draft(
        letter.kind,
        reply_to=event.contact_email,
        headers=thread_headers(letter),
        differences=differences(change.before, told(event), letter.language) if change else [],
        note=change.note if change else Texts(),
        calendar=_calendar(letter, registration),
        was_waiting=letter.ids.get("was") == RegistrationState.WAITING,
        had_seat=letter.ids.get("was") == RegistrationState.CONFIRMED,
        prose=prose(kind_of(letter), event.id, letter.language, values_of(context, letter.language)),
        **context,
    )


def context_of(registration: Registration, language: Language) -> dict[str, Any]:
    """Return what every letter about a registration may say of it and its event."""
    event, until, code = registration.event, registration.offer_expires_at, code_of(registration)
    return {
        "registration": registration,
        "event": event,
        "when": spoken_period(
            event.starts_at, event.ends_at, event.zone, language=language, is_all_day=event.is_all_day
        ),
        "position": position_in_queue(registration),
        "has_offer": has_offer(registration, now=utc_now()),
        "until": spoken_instant(until, event.zone, language) if until else "",
        # Asked by the letters alone that say so: most need no statement for it.
        "asks_later": partial(asks_later, event.id),
        "own_url": own_url(registration),
        "leave_url": own_url(registration, leave="yes"),
        "event_url": public_url("registrations.event_page", slug=event.slug, lang=language, code=code),
        "file_url": public_url("calendar.event_file", slug=event.slug, lang=language, code=code),
    }


def differences(before: Mapping[str, Any], now: Mapping[str, Any], language: Language) -> list[Difference]:
    """Return what changed between two states of `rules.told`, in words."""
    pairs = [
        (_("This event"), *(_outlook_in(state) for state in (before, now))),
        (_("When"), *(_period_in(state, language) for state in (before, now))),
        (_("Where"), *(_place_in(state, language) for state in (before, now))),
        (_("Online"), *(state["online_url"] or "" for state in (before, now))),
    ]
    return [Difference(label, was, is_now or _("not known yet")) for label, was, is_now in pairs if was != is_now]


def _outlook_in(state: Mapping[str, Any]) -> str:
    return _("cancelled") if state["state"] == EventState.CANCELLED else _("takes place")


def _period_in(state: Mapping[str, Any], language: Language) -> str:
    starts_at, ends_at = (datetime.fromisoformat(state[name]) for name in ("starts_at", "ends_at"))
    return spoken_period(starts_at, ends_at, state["zone"], language=language, is_all_day=state["is_all_day"])


def _place_in(state: Mapping[str, Any], language: Language) -> str:
    venue = state["venue"]
    if venue is None:
        return ""
    parts = [Texts(**venue[name]).in_language(language) for name in ("name", "address")]
    return (_(", ")).join(dict.fromkeys(part for part in parts if part))


def own_url(registration: Registration, **query: str) -> str:
    """Return the address of one's own registration."""
    return public_url("registrations.show", token=token_of(registration), lang=registration.language, **query)


def is_theirs(letter: Letter, registration: Registration) -> bool:
    """Tell whether a letter goes to whom the registration belongs now: their link is nobody else's.

    The address may have been corrected while a worker held the letter, or since it failed.
    """
    return letter.to_key == registration.email_key


def _is_true(letter: Letter, registration: Registration) -> bool:
    is_off = registration.event.state is EventState.CANCELLED
    if letter.kind in _ABOUT_A_CHANGE:
        # Moved and then cancelled, or the other way round: the later letter tells it.
        return is_live(registration) and is_off == (letter.kind == "event-cancelled")
    if is_off and letter.kind not in _WITHDRAWING:
        return False  # the letter about the cancellation says all there is to say
    if letter.kind in _WHILE_LIVE:
        return is_live(registration)
    if letter.kind == "offered" and not has_offer(registration, now=utc_now()):
        return False  # too late: the letter that it has ended is on its way
    if letter.kind == "offer-expired" and registration.event.ends_at <= utc_now():
        return False
    # One who waited and was given a seat before the letter left hears the better news by the other letter.
    return registration.state is STATE_OF[letter.kind]


def _calendar(letter: Letter, registration: Registration) -> CalendarPart | None:
    """Return the invitation for whoever has a seat, its withdrawal for whoever gave it back."""
    event = registration.event
    confirmed = registration.state is RegistrationState.CONFIRMED
    # Who waits has no entry, or a tentative one.
    waiting = has_tentative_entry(registration.state)
    if not (confirmed or waiting or takes_entry_back(letter)):
        return None
    if current_app.config["MAIL_CALENDAR"] == "file":
        # For those who want no answers from calendars: a file without METHOD, and nothing to withdraw.
        if not confirmed:
            return None
        plain = event_file(
            event,
            language=registration.language,
            manage_url=own_url(registration),
            online_url=event.online_url,
            code=code_of(registration),
        )
        return CalendarPart(plain)
    method: CalendarMethod = (
        "REQUEST" if (confirmed or waiting) and event.state is not EventState.CANCELLED else "CANCEL"
    )
    content = invitation(
        event,
        Attendee(name=registration.name, email=registration.email),
        method=method,
        sequence=sequence_of(registration, event),
        now=utc_now(),
        language=registration.language,
        manage_url=own_url(registration),
        online_url=event.online_url if confirmed else None,
        is_waiting=waiting,
        code=code_of(registration),
    )
    return CalendarPart(content=content, method=method)


def has_tentative_entry(state: str | None) -> bool:
    """Tell whether somebody in this state has an entry in their calendar that says: perhaps."""
    is_asked_for = current_app.config["WAITING_LIST_ENTRY"] == "tentative"
    return is_asked_for and state in {RegistrationState.WAITING, RegistrationState.OFFERED}


def takes_entry_back(letter: Letter) -> bool:
    """Tell whether this letter takes an entry out of a calendar."""
    was = RegistrationState.OFFERED if letter.kind == "offer-expired" else letter.ids.get("was")
    has_entry = was == RegistrationState.CONFIRMED or has_tentative_entry(was)
    return has_entry and letter.kind in {*_WITHDRAWING, "offer-expired"}


def sequence_of(registration: Registration, event: Event) -> int:
    """Return the SEQUENCE of this person's entry.

    Who waited may have had a tentative entry: their seat is one above it. A CANCEL is one above what it withdraws.
    """
    has_waited = registration.confirmed_at not in {None, registration.created_at}
    withdrawn = registration.state is RegistrationState.CANCELLED
    return event.sequence + registration.calendar_offset + has_waited + withdrawn


def register() -> None:
    """Tell the outbox which letters this room writes."""
    for kind in (*STATE_OF, *_ABOUT_A_CHANGE, *_WHILE_LIVE):
        kinds.register(kind, write, has_topic=True)
