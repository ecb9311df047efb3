r"""Calendar objects as bytes, written by icalendar; no other module imports that library.

What it gets wrong in 7.3.0 is avoided here; each fault has a test in tests/calendar/test_library.py that fails on the
day it is mended:
- NAME and X- properties are written raw, and the text `\N` becomes a line end: texts are escaped by `lines.escaped`;
- control characters pass: `properties.clean` takes them out before;
- VTIMEZONE of zones with summer time comes as RDATE lists: the blocks are ours (zones.py);
- `Calendar.new()` adds a UID with which vdirsyncer keeps one event of the whole feed: it is not used.
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flask import current_app

from app.calendar.entries import Entry, Standing, entry_of
from app.calendar.lines import escaped
from app.calendar.properties import Component, Property, Value, Verbatim
from app.calendar.vevents import (
    Kind,
    Links,
    Mailbox,
    Method,
    Personal,
    calendar,
    personal_event,
    plain_event,
    zone_named,
)
from app.calendar.words import words_in
from app.community.site import site
from app.core.i18n import Language
from app.events.models import Event
from app.web.pages import public_url

if TYPE_CHECKING:
    import icalendar

# Who attends, as callers name them.
Attendee = Mailbox


def event_file(
    event: Event,
    *,
    language: Language,
    manage_url: str | None = None,
    online_url: str | None = None,
    code: str | None = None,
) -> bytes:
    """Return the event as a file without METHOD: clients offer to add it, and nobody is asked for an answer.

    The same bytes until the event changes. The two private links are for the letter of the person they belong to; the
    `code` of an event by invitation lets the link to its page open it.
    """
    entry = entry_of(event, language)
    return file_of(entry, language=language, manage_url=manage_url, online_url=online_url, code=code)


def file_of(
    entry: Entry,
    *,
    language: Language,
    manage_url: str | None = None,
    online_url: str | None = None,
    code: str | None = None,
) -> bytes:
    """Return this entry as a file without METHOD; see `event_file`."""
    links = Links(page_of(entry.slug, language, code), manage_url, online_url)
    body = plain_event(entry, words_in(language), links=links, kind=Kind.FILE)
    return written(calendar([], [body], _zones(entry)))


def invitation(
    event: Event,
    attendee: Attendee,
    *,
    method: Method,
    sequence: int,
    now: datetime,
    language: Language,
    manage_url: str | None,
    online_url: str | None = None,
    is_waiting: bool = False,
    code: str | None = None,
) -> bytes:
    """Return the object that tells one person's calendar that they take part (REQUEST) or no longer do (CANCEL).

    Whoever `is_waiting` for a seat is asked for tentatively, without the link. The REQUEST that promotes them needs a
    higher `sequence`, since STATUS changes with it.

    `sequence` must be above that of every earlier object with the other method (RFC 5546 2.1.4). A CANCEL of a
    cancelled event says so; one of an event that goes on only uninvites this person. Raises ValueError for an
    attendee without an e-mail address.
    """
    entry = entry_of(event, language)
    if is_waiting:
        entry, online_url = replace(entry, standing=Standing.WAITING), None
    personal = Personal(_organizer(language), attendee, method, sequence, now.astimezone(UTC))
    links = Links(page_of(entry.slug, language, code), manage_url, online_url if method == "REQUEST" else None)
    body = personal_event(entry, words_in(language), personal, links=links)
    return written(calendar([Property("METHOD", method)], [body], _zones(entry)))


def page_of(slug: str, language: Language, code: str | None = None) -> str:
    """Return the absolute address of the event page, with the language unless it is the site's own.

    The `code` is for whoever has it, to open the page of an event by invitation.
    """
    lang = None if language == current_app.config["SITE_LANGUAGE"] else language
    return public_url("registrations.event_page", slug=slug, lang=lang, code=code)


def written(component: Component) -> bytes:
    """Return the component as icalendar writes it, with the order of properties kept."""
    content: bytes = _built(component).to_ical(sorted=False)
    return content


def _organizer(language: Language) -> Mailbox:
    name = current_app.config["MAIL_SENDER_NAME"] or site().name.in_language(language)
    return Mailbox(name, current_app.config["MAIL_SENDER"])


def _zones(entry: Entry) -> set[str]:
    zone = zone_named(entry)
    return {zone} if zone else set()


def _built(component: Component) -> "icalendar.Component":
    # Imported with the first object that is written: it costs 70 ms of the start and 3 MB.
    import icalendar

    built = icalendar.Component.get_component_class(component.name)()
    for each in component.properties:
        built.add(each.name, _value(each.value), parameters=dict(each.parameters))
    for inner in component.inner:
        built.add_component(_built(inner))
    return built


def _value(value: Value) -> object:
    from icalendar.prop import vInline

    if isinstance(value, Verbatim):
        return vInline(value.text)
    if isinstance(value, str):
        return vInline(escaped(value))
    if isinstance(value, tuple):
        return vInline(",".join(map(escaped, value)))
    return value
