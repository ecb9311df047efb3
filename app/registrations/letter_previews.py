"""A letter as somebody made up would get it, for whoever changes its text."""

from datetime import timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any, Final

from app.core.clock import utc_now
from app.core.db import db
from app.core.i18n import Language, Texts
from app.core.i18n import gettext as _
from app.core.times import spoken_instant, spoken_period
from app.events.models import Event
from app.mail.kinds import Draft
from app.mail.render import draft
from app.registrations.known_events import event_as_it_is
from app.registrations.later import asks_later
from app.registrations.letter_texts import GIVER, LETTERS, NAME, placeholders_of, values_of
from app.registrations.mails import Difference
from app.registrations.models import RegistrationState
from app.registrations.reminder_letters import start_of
from app.web.pages import public_url
from app.wording import kinds, mails
from app.wording.kinds import Wording

# In the addresses of a letter that nobody gets; it opens nothing.
_NO_TOKEN: Final = "…"  # noqa: S105 - no secret
_POSITION: Final = 3
_STATES: Final = {
    "waiting": RegistrationState.WAITING,
    "offered": RegistrationState.OFFERED,
    "pending": RegistrationState.PENDING,
    "declined": RegistrationState.DECLINED,
}


def preview(kind: str, event_id: int, language: Language, wording: Wording) -> Draft:
    """Write the letter to somebody made up, about the event as it is; the language is being spoken."""
    event = _event(event_id)
    context = _context(kind, event, language)
    people = {"name": str(NAME.example), "giver": str(GIVER.example)}
    values = values_of(context, language, starts=start_of(event, language), **people)
    return draft(
        "cancelled" if kind == "left" else kind,
        shows_subject=True,
        prose=mails.written(kinds.kind_named(kind), wording, values),
        **context,
    )


def _event(event_id: int) -> Event:
    revision = db.session.get_one(Event, event_id).revision
    return event_as_it_is(event_id, revision, now=utc_now())


def _context(kind: str, event: Event, language: Language) -> dict[str, Any]:
    state = _STATES.get(kind, RegistrationState.CONFIRMED)
    ticket_type = next(iter(event.ticket_types), SimpleNamespace(name=Texts(zh="现场", en="In person")))
    until = spoken_instant(utc_now() + timedelta(days=1), event.zone, language)
    own_url = public_url("registrations.show", token=_NO_TOKEN, lang=language)
    event_url = public_url("registrations.event_page", slug=event.slug, lang=language)
    when = spoken_period(event.starts_at, event.ends_at, event.zone, language=language, is_all_day=event.is_all_day)
    return {
        "registration": SimpleNamespace(
            name=str(GIVER.example if kind == "transfer" else NAME.example),
            state=state,
            ticket_type=ticket_type,
            declined_words=_("(what you write to this person)"),
        ),
        "transfer": SimpleNamespace(name=str(NAME.example)),
        "event": event,
        "when": when,
        "position": _POSITION if kind in {"waiting", "moved"} else 0,
        "has_offer": kind == "offered",
        "asks_later": partial(asks_later, event.id),
        "until": until,
        "own_url": own_url,
        "leave_url": own_url,
        "transfer_url": public_url("transfers.show", token=_NO_TOKEN, lang=language),
        "stop_url": public_url("reminders.show", token=_NO_TOKEN, lang=language),
        "event_url": event_url,
        "file_url": public_url("calendar.event_file", slug=event.slug, lang=language),
        "differences": [Difference(_("When"), _("(before)"), when)],
        "note": Texts(),
        "was_waiting": kind == "left",
        "had_seat": True,
        "has_place": False,
    }


def register() -> None:
    """Let the texts of this room's letters be changed."""
    for kind, letter in LETTERS.items():
        kinds.register(
            kind,
            letter.title,
            sent_when=letter.sent_when,
            standard=letter.standard,
            placeholders=placeholders_of(kind),
            preview=partial(preview, kind),
        )
