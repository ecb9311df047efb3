"""What the event page needs beyond the event: agenda by day, speakers, maps, and what machines read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from app.community.rules import local_day
from app.community.site import site
from app.core.i18n import HTML_LANG, Texts, current_language
from app.core.i18n import gettext as _
from app.core.times import iso
from app.events import covers, queries, rules
from app.events.maps import map_links
from app.events.models import Event, EventState, Mode, SessionKind, Venue, Visibility
from app.web.pages import public_url

DESCRIPTION_LENGTH_MAX: Final = 200

_SCHEMA: Final = "https://schema.org/"
_ATTENDANCE: Final = {
    Mode.IN_PERSON: "OfflineEventAttendanceMode",
    Mode.ONLINE: "OnlineEventAttendanceMode",
    Mode.HYBRID: "MixedEventAttendanceMode",
}
_CREDITS: Final = ("host", "co_organizer", "sponsor", "partner", "volunteer")


@dataclass(frozen=True, slots=True)
class Credit:
    """A name with the address it leads to, if any: whom the event thanks, or what to read on."""

    name: Texts
    url: str | None


@dataclass(frozen=True, slots=True)
class Credits:
    """Everybody in one capacity, under its heading in the reader's language."""

    heading: str
    names: Sequence[Credit]


def event_context(event: Event, *, now: datetime, code: str = "") -> dict[str, object]:
    """Return what `templates/events/event.html` needs of an event from `queries.public_event`.

    `code` is the one that let the reader in, and stands in every address of an event by invitation.
    """
    code_or_none = code or None
    speakers = rules.speakers(event, today=local_day(now, event.zone))
    return {
        "event": event,
        "code": code_or_none,
        "is_over": rules.is_over(event, now=now),
        "is_running": rules.is_running(event, now=now),
        "is_cancelled": event.state == EventState.CANCELLED,
        "is_one_day": rules.is_one_day(event),
        "mode_name": mode_name,
        "agenda": rules.agenda_days(event),
        "agenda_has_times": rules.has_times(event.sessions),
        "kind_names": kind_names(),
        "speakers": speakers,
        "maps": map_links(event.venue, language=current_language()) if event.venue else [],
        "credits": credits_of(event),
        # The form's questions are a statement too, and no page has both.
        "photos": queries.photos_of(event.id) if rules.is_over(event, now=now) else [],
        "links": [Credit(Texts(**line["label"]), line["url"]) for line in event.links],
        "json_ld": json_ld(event, speakers) if event.visibility is Visibility.PUBLIC else None,
        "share_image": cover_url(event, code=code_or_none),
        "google_url": google_url(event, code=code_or_none),
        "webcal_url": "webcal:" + public_url("calendar.site_feed").partition(":")[2],
        "description": description(event),
    }


def mode_name(mode: Mode | None) -> str:
    """Return how one attends, in the reader's language; empty when it is not known."""
    names = {Mode.IN_PERSON: _("In person"), Mode.ONLINE: _("Online"), Mode.HYBRID: _("In person and online")}
    return names[mode] if mode else ""


def kind_names() -> dict[SessionKind, str]:
    """Return the label of each kind of agenda item, in the reader's language; a talk needs none."""
    return {
        SessionKind.LIGHTNING: _("Lightning talk"),
        SessionKind.PANEL: _("Panel"),
        SessionKind.WORKSHOP: _("Workshop"),
        SessionKind.VIDEO: _("Video"),
    }


def credits_of(event: Event) -> list[Credits]:
    """Return whom the event thanks, by capacity; capacities that nobody has are left out."""
    headings = {
        "host": _("Hosted by"),
        "co_organizer": _("Co-organised by"),
        "sponsor": _("Sponsors"),
        "partner": _("Partners"),
        "volunteer": _("Volunteers"),
    }
    grouped = {
        role: [Credit(Texts(**line["name"]), line.get("url")) for line in event.credits if line["role"] == role]
        for role in _CREDITS
    }
    return [Credits(headings[role], names) for role, names in grouped.items() if names]


def description(event: Event) -> str:
    """Return one line about the event for search results and share cards."""
    text = " ".join(event.summary.in_language(current_language()).split())
    return text if len(text) <= DESCRIPTION_LENGTH_MAX else text[: DESCRIPTION_LENGTH_MAX - 1] + "…"


def cover_url(event: Event, *, code: str | None = None) -> str:
    """Return the address of the cover for share cards: absolute, 1200 x 630 when it is ours; none is a WebP or SVG."""
    if event.cover:
        return public_url("events.picture", digest=event.cover.digest, suffix="jpg", lang=None)
    if event.cover_url:
        return event.cover_url
    return public_url("events.cover_png", slug=event.slug, v=covers.VERSION, code=code, lang=None)


def google_url(event: Event, *, code: str | None = None) -> str:
    """Return the address that opens Google Calendar with this event filled in."""
    language = current_language()
    if event.is_all_day:
        zone = ZoneInfo(event.zone)
        # The last day is exclusive, as in RFC 5545 3.6.1.
        dates = "/".join(f"{at.astimezone(zone):%Y%m%d}" for at in (event.starts_at, event.ends_at))
    else:
        dates = f"{event.starts_at:%Y%m%dT%H%M%SZ}/{event.ends_at:%Y%m%dT%H%M%SZ}"
    values = {
        "action": "TEMPLATE",
        "text": event.title.in_language(language),
        "dates": dates,
        "ctz": event.zone,
        "details": public_url("registrations.event_page", slug=event.slug, code=code),
        "location": ", ".join(_place_words(event.venue)) if event.venue else "",
    }
    return "https://calendar.google.com/calendar/render?" + urlencode({k: v for k, v in values.items() if v})


def _place_words(venue: Venue) -> list[str]:
    language = current_language()
    return [text for text in (venue.name.in_language(language), venue.address.in_language(language)) if text]


def json_ld(event: Event, speakers: Sequence[rules.Speaker]) -> dict[str, Any]:
    """Return the event for search engines, as schema.org/Event in JSON-LD; what is not known is left out."""
    language = current_language()
    url = public_url("registrations.event_page", slug=event.slug, lang=language)
    status = "EventCancelled" if event.state == EventState.CANCELLED else "EventScheduled"
    hosts = [line for line in event.credits if line["role"] == "host"]
    values: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Event",
        "@id": public_url("registrations.event_page", slug=event.slug, lang=None),
        "url": url,
        "name": event.title.in_language(language),
        "description": description(event),
        "inLanguage": HTML_LANG[language],
        "startDate": iso(event.starts_at, event.zone),
        "endDate": iso(event.ends_at, event.zone),
        "eventStatus": _SCHEMA + status,
        "eventAttendanceMode": _SCHEMA + _ATTENDANCE[event.mode] if event.mode else None,
        "location": _locations(event, url),
        "image": [cover_url(event)],
        "organizer": [_organization(Texts(**line["name"]).in_language(language), line.get("url")) for line in hosts]
        or _organization(site().name.in_language(language), site().url),
        "performer": [
            {
                "@type": "Person",
                "name": speaker.person.name.in_language(language),
                "url": public_url("community.speaker", slug=speaker.person.slug, lang=language),
            }
            for speaker in speakers
        ],
    }
    if event.is_all_day:
        # Only the days are known: a date says so, and the last one is part of the event.
        values["startDate"] = values["startDate"][:10]
        values["endDate"] = iso(event.ends_at - timedelta(seconds=1), event.zone)[:10]
    return {key: value for key, value in values.items() if value}


def _organization(name: str, url: str | None) -> dict[str, str]:
    organization = {"@type": "Organization", "name": name}
    return {**organization, "url": url} if url else organization


def _locations(event: Event, url: str) -> list[dict[str, Any]]:
    language = current_language()
    locations: list[dict[str, Any]] = []
    city = event.city.name.in_language(language) if event.city else ""
    if event.mode != Mode.ONLINE and (event.venue or city):
        place: dict[str, Any] = {
            "@type": "Place",
            "name": event.venue.name.in_language(language) if event.venue else city,
        }
        street = event.venue.address.in_language(language) if event.venue else ""
        parts = {"streetAddress": street, "addressLocality": city}
        place["address"] = {"@type": "PostalAddress", **{key: value for key, value in parts.items() if value}}
        if event.venue and event.venue.latitude is not None:
            place["geo"] = {
                "@type": "GeoCoordinates",
                "latitude": event.venue.latitude,
                "longitude": event.venue.longitude,
            }
        locations.append(place)
    if event.mode in {Mode.ONLINE, Mode.HYBRID}:
        # The stream's own address is for those who signed up.
        locations.append({"@type": "VirtualLocation", "url": url})
    return locations
