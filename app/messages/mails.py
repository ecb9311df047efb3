"""The letters that organizers write, made when they leave from the message's frozen text."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, Final
from urllib.parse import quote

from flask import current_app
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from app.attendees.wanted import Wanted
from app.core.addresses import normalise
from app.core.clock import utc_now
from app.core.db import db
from app.core.i18n import HTML_LANG, Language, Texts, language_of
from app.core.i18n import lazy_gettext as _l
from app.core.times import spoken_period
from app.events.models import Event
from app.mail import kinds
from app.mail.kinds import Draft
from app.mail.models import Letter
from app.mail.prose import styled
from app.mail.render import draft
from app.messages.models import Message, MessageState, Purpose
from app.registrations.letter_texts import NAME, OF_ALL, OWN_PAGE, place_of
from app.registrations.mails import is_theirs, own_url
from app.registrations.models import Registration, RegistrationState
from app.registrations.queries import has_stopped_news, registration_for_letter
from app.registrations.rules import code_of, news_token_of
from app.registrations.threads import thread_headers
from app.web.pages import public_url
from app.wording.mails import Prose
from app.wording.placeholders import Address, Placeholder, filled, filled_markdown

KIND: Final = "message"
TEST: Final = "message-test"
PLACEHOLDERS: Final[tuple[Placeholder, ...]] = (
    *OF_ALL,
    OWN_PAGE,
    Placeholder("code", _l("The code of the person's ticket"), "K7MPW4TQ9X"),
    Placeholder("online_link", _l("The link to join online; empty for whoever has no place"), "https://…"),
)
ALLOWED: Final = frozenset(placeholder.name for placeholder in PLACEHOLDERS)
# What a letter says of its event; read anew, since who looks at one has the event without its place.
_EVENT: Final = (
    select(Event)
    .options(joinedload(Event.venue), joinedload(Event.city), selectinload(Event.ticket_types))
    .execution_options(populate_existing=True)
)
# In the addresses of a letter that is only looked at: it opens nothing.
_NO_TOKEN: Final = "…"  # noqa: S105 - no secret


def message(letter: Letter) -> Draft | None:
    """Write the letter to one attendee; None when the message was stopped, or is no longer for them."""
    found = db.session.get(Message, letter.ids["message"])
    registration = registration_for_letter(letter.ids["registration"], now=utc_now())
    if (
        found is None
        or registration is None
        or not is_theirs(letter, registration)
        or not _is_wanted(found, registration)
    ):
        return None
    event, language = registration.event, language_shown(found, letter.language)
    code = code_of(registration)
    event_url = public_url("registrations.event_page", slug=event.slug, lang=language, code=code)
    headers, stop_url = thread_headers(letter), ""
    if found.purpose is Purpose.NEWS:
        token = news_token_of(registration)
        stop_url = public_url("news.show", token=token, lang=letter.language)
        # RFC 8058: the mail program posts to it by itself; RFC 2369: the first that it can, from left to right.
        headers |= {
            "List-Unsubscribe": f"<{public_url('news.stop', token=token)}>, <{_letter_against_more(event, token)}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
    values = _values(event, registration, language, event_url=event_url, own_url=own_url(registration))
    return draft(
        KIND,
        reply_to=event.contact_email,
        headers=headers,
        prose=_prose(found, language, values),
        text_language=HTML_LANG[language],
        event=event,
        event_url=event_url,
        own_url=own_url(registration),
        stop_url=stop_url,
        is_test=False,
    )


def _is_wanted(found: Message, registration: Registration) -> bool:
    """Tell whether the letter is still for them: what may have changed since it was queued is looked at again."""
    wanted = Wanted.stored(found.audience)
    return (
        found.state is not MessageState.STOPPED
        and registration.erased_at is None
        and (not wanted.states or registration.state in wanted.states)
        and (not wanted.ticket_types or registration.ticket_type_id in wanted.ticket_types)
        and not (found.purpose is Purpose.NEWS and has_stopped_news(registration.email_key))
    )


def test(letter: Letter) -> Draft | None:
    """Write the message as it is now to an organizer, as one attendee would get it; None when it is gone."""
    found = db.session.get(Message, letter.ids["message"])
    return None if found is None else look(found, letter.language, letter.ids.get("as"), is_test=True)


def look(found: Message, language: Language | str, registration_id: int | None, *, is_test: bool = False) -> Draft:
    """Write the message as somebody would get it, for other eyes: its links to one's own pages open nothing.

    Without a registration it is somebody made up.
    """
    person = db.session.get(Registration, registration_id) if registration_id else None
    if person is None or person.event_id != found.event_id or person.erased_at is not None:
        person = None
    shown = language_shown(found, language)
    event = db.session.scalars(_EVENT.where(Event.id == found.event_id)).one()
    own = public_url("registrations.show", token=_NO_TOKEN, lang=shown)
    event_url = public_url("registrations.event_page", slug=event.slug, lang=shown)
    values = _values(event, person or _somebody(event), shown, event_url=event_url, own_url=own)
    return draft(
        KIND,
        reply_to=event.contact_email,
        prose=_prose(found, shown, values),
        text_language=HTML_LANG[shown],
        event=event,
        event_url=event_url,
        own_url=own,
        stop_url=public_url("news.show", token=_NO_TOKEN, lang=shown) if found.purpose is Purpose.NEWS else "",
        is_test=is_test,
    )


def language_shown(found: Message, language: Language | str) -> Language:
    """Return the language in which somebody gets the text: their own, or the other where it is not written in that."""
    return found.body.language_shown(language_of(language) or "zh")


def _somebody(event: Event) -> Any:  # noqa: ANN401 - stands for a registration that is not there
    ticket_type = next(iter(event.ticket_types), SimpleNamespace(name=Texts(zh="现场", en="In person")))
    return SimpleNamespace(
        name=str(NAME.example), ticket_type=ticket_type, code="K7MPW4TQ9X", state=RegistrationState.CONFIRMED
    )


def _values(event: Event, person: Any, language: Language, *, event_url: str, own_url: str) -> dict[str, str]:  # noqa: ANN401 - a registration, or what stands for one
    online_url = event.online_url if person.state is RegistrationState.CONFIRMED else None
    return {
        "name": person.name,
        "event": event.title.in_language(language),
        "when": spoken_period(
            event.starts_at, event.ends_at, event.zone, language=language, is_all_day=event.is_all_day
        ),
        "where": place_of(event, language),
        "ticket_type": person.ticket_type.name.in_language(language),
        "event_page": Address(event_url),
        "own_page": Address(own_url),
        "code": person.code,
        "online_link": Address(online_url or ""),
    }


def _prose(found: Message, language: Language, values: Mapping[str, str]) -> Prose:
    html, text = filled_markdown(found.body.in_language(language), values)
    subject = " ".join(filled(found.subject.in_language(language), values).split())
    return Prose(subject, Markup(styled(html)), text)  # noqa: S704  # made of cleaned HTML


def _letter_against_more(event: Event, token: str) -> str:
    settings = current_app.config
    answers_to = event.contact_email or settings["MAIL_REPLY_TO"] or settings["MAIL_SENDER"]
    address = normalise(answers_to, allow_local=True).email
    # Only what stands for itself in a mailto: (RFC 6068 2); an address may hold a question mark.
    return f"mailto:{quote(address, safe='@')}?subject=unsubscribe%20{token}"


def register() -> None:
    """Tell the outbox who writes them."""
    kinds.register(KIND, message, has_topic=True)
    kinds.register(TEST, test, has_topic=True)
