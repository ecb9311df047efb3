"""Which properties an event has in which kind of calendar object (docs/calendar.md says why)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum, auto
from typing import Final, Literal
from urllib.parse import quote
from zoneinfo import ZoneInfo

from app.calendar import words as wording
from app.calendar.entries import Entry, Standing
from app.calendar.properties import Component, Property, Verbatim, clean
from app.calendar.words import Words
from app.calendar.zones import described, local

PRODUCT: Final = "-//Juhui//Juhui//EN"
Method = Literal["REQUEST", "CANCEL"]

# RFC 5545 3.1: no line end, no double quote; a caret starts an RFC 6868 escape that older clients show raw.
_NOT_IN_PARAMETERS: Final = str.maketrans({"\n": " ", '"': "'", "^": " "})


class Kind(Enum):
    """What the object is for: somebody who watches a feed is not busy, somebody who took the file is."""

    FEED = auto()
    FILE = auto()
    OWN = auto()  # a feed for one person, of what they attend


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Who organizes, or who attends."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Personal:
    """What makes an event an invitation to one person (RFC 5546 3.2.2, 3.2.5)."""

    organizer: Mailbox
    attendee: Mailbox
    method: Method
    sequence: int
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Links:
    """Where an entry leads: its page for everybody; the two others for the one person they belong to."""

    page: str
    manage: str | None = None
    online: str | None = None


def plain_event(entry: Entry, words: Words, *, links: Links, kind: Kind) -> Component:
    """Return the VEVENT of a feed or a file: the same bytes until the event changes."""
    revised_at = _to_the_second(entry.revised_at)
    is_unsure = entry.standing is not Standing.SETTLED
    is_free = kind is Kind.FEED or entry.is_cancelled or entry.is_all_day or is_unsure
    properties = [
        Property("UID", entry.uid),
        # Without METHOD this is the last revision (RFC 5545 3.8.7.2); the present moment would defeat every ETag.
        Property("DTSTAMP", revised_at),
        Property("LAST-MODIFIED", revised_at),
        Property("SEQUENCE", entry.sequence),
        Property("STATUS", "CANCELLED" if entry.is_cancelled else "TENTATIVE" if is_unsure else "CONFIRMED"),
        Property("TRANSP", "TRANSPARENT" if is_free else "OPAQUE"),
        Property("SUMMARY", wording.title(entry, words)),
        *_when(entry),
        *_where(entry, words, links),
        *_what(entry, words, links),
    ]
    return Component("VEVENT", properties)


def personal_event(entry: Entry, words: Words, personal: Personal, *, links: Links) -> Component:
    """Return the VEVENT of an invitation or of its withdrawal, for the one person it names."""
    is_request = personal.method == "REQUEST"
    answer = ("TENTATIVE" if entry.standing is Standing.WAITING else "ACCEPTED") if is_request else None
    is_busy = answer == "ACCEPTED" and not entry.is_all_day
    properties = [
        Property("UID", entry.uid),
        Property("DTSTAMP", _to_the_second(personal.made_at)),
        Property("LAST-MODIFIED", _to_the_second(entry.revised_at)),
        Property("SEQUENCE", personal.sequence),
        _organizer(personal.organizer),
        _attendee(personal.attendee, answer),
    ]
    if is_request or entry.is_cancelled:
        # Who is only uninvited gets no STATUS: the event goes on (RFC 5546 3.2.5).
        properties.append(Property("STATUS", _STATUS[answer]))
    properties += [
        Property("TRANSP", "OPAQUE" if is_busy else "TRANSPARENT"),
        Property("SUMMARY", wording.title(entry, words) if answer == "TENTATIVE" else entry.title),
        *_when(entry),
        *_where(entry, words, links),
        *_what(entry, words, links),
    ]
    if links.online:
        properties.append(Property("CONFERENCE", Verbatim(links.online), (("VALUE", "URI"), ("FEATURE", "VIDEO"))))
        properties.append(Property("X-GOOGLE-CONFERENCE", Verbatim(links.online)))
    return Component("VEVENT", properties)


# The STATUS that goes with the attendee's PARTSTAT; who is uninvited has none.
_STATUS: Final[dict[str | None, str]] = {"ACCEPTED": "CONFIRMED", "TENTATIVE": "TENTATIVE", None: "CANCELLED"}


def calendar(properties: list[Property], events: list[Component], zones: set[str]) -> Component:
    """Return a VCALENDAR with the blocks of the zones that its events name."""
    head = [Property("VERSION", Verbatim("2.0")), Property("PRODID", PRODUCT), Property("CALSCALE", "GREGORIAN")]
    return Component("VCALENDAR", [*head, *properties], [*zone_blocks(zones), *events])


def zone_blocks(zones: set[str]) -> list[Component]:
    """Return the VTIMEZONE of every zone that has one, in the order of their names."""
    blocks = (described(zone) for zone in sorted(zones))
    return [known.block for known in blocks if known]


def zone_named(entry: Entry) -> str | None:
    """Return the zone that the entry's times name; None when they are days or UTC."""
    if entry.is_all_day:
        return None
    at = local(entry.starts_at, entry.zone)
    return None if at.tzinfo is UTC else entry.zone


def _when(entry: Entry) -> list[Property]:
    if entry.is_all_day:
        first, end = _days(entry)
        return [Property("DTSTART", first), Property("DTEND", end)]
    start = local(entry.starts_at, entry.zone)
    end_at = entry.ends_at.astimezone(start.tzinfo)
    return [Property("DTSTART", _to_the_second(start)), Property("DTEND", _to_the_second(end_at))]


def _days(entry: Entry) -> tuple[date, date]:
    """Return the first day, and the day after the last one (DTEND is exclusive)."""
    zone = ZoneInfo(entry.zone)
    last = (entry.ends_at - timedelta(microseconds=1)).astimezone(zone).date()
    return entry.starts_at.astimezone(zone).date(), last + timedelta(days=1)


def _where(entry: Entry, words: Words, links: Links) -> list[Property]:
    found = []
    place = wording.location(entry, words, links.online)
    if place:
        found.append(Property("LOCATION", place))
    if entry.place.latitude is not None and entry.place.longitude is not None:
        point = f"{_degrees(entry.place.latitude)};{_degrees(entry.place.longitude)}"
        found.append(Property("GEO", Verbatim(point)))
    return found


def _degrees(value: float) -> str:
    """Return degrees with at most six decimals, never as 1e-05 (RFC 5545 3.8.1.6)."""
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _what(entry: Entry, words: Words, links: Links) -> list[Property]:
    text = wording.description(entry, words, url=links.page, online_url=links.online, manage_url=links.manage)
    found = [Property("DESCRIPTION", text), Property("URL", Verbatim(links.page))]
    if entry.categories:
        found.append(Property("CATEGORIES", entry.categories))
    return found


def _organizer(organizer: Mailbox) -> Property:
    return Property("ORGANIZER", address(organizer.email), _common_name(organizer.name))


def _attendee(attendee: Mailbox, answer: str | None) -> Property:
    answered = (("PARTSTAT", answer), ("RSVP", "FALSE")) if answer else ()
    parameters = (("CUTYPE", "INDIVIDUAL"), ("ROLE", "REQ-PARTICIPANT"), *answered, *_common_name(attendee.name))
    return Property("ATTENDEE", address(attendee.email), parameters)


def _common_name(name: str) -> tuple[tuple[str, str], ...]:
    shown = " ".join(clean(name).translate(_NOT_IN_PARAMETERS).split())
    return (("CN", shown),) if shown else ()


def address(email: str) -> Verbatim:
    """Return a bare mailto: URI (RFC 6068): percent-encoded local part, domain in ASCII.

    Raises ValueError for what is not one address, so that nothing typed can open a line of its own.
    """
    name, at, domain = email.rpartition("@")
    if not (name and at and domain) or any(sign.isspace() or not sign.isprintable() for sign in email):
        message = f"not an e-mail address: {email!r}"
        raise ValueError(message)
    host = domain if domain.isascii() else domain.encode("idna").decode("ascii")
    return Verbatim(f"mailto:{quote(name, safe=_PLAIN_IN_MAILTO)}@{host}")


_PLAIN_IN_MAILTO: Final = "!$'*+-./=^_`{|}~"


def _to_the_second(at: datetime) -> datetime:
    return at.replace(microsecond=0) if at.microsecond else at
