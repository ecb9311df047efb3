"""Feeds: a calendar that clients fetch again and again, cheap when nothing has changed.

Nothing is rendered to find out that nothing changed: one statement gives the edition, and the edition is the ETag.
When one of a thousand events has changed, one is read and written, and the others come from memory.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final
from urllib.parse import quote

from flask import current_app

from app.calendar.entries import Entry
from app.calendar.lines import content_line, written
from app.calendar.objects import file_of, page_of
from app.calendar.properties import Property, Verbatim, clean
from app.calendar.queries import ONE_EVENT, Edition, Scope, ScopeKind, Version, entries, unknown, versions
from app.calendar.vevents import Kind, Links, calendar, plain_event, zone_blocks, zone_named
from app.calendar.words import words_in
from app.community.site import site
from app.core.i18n import Language
from app.web.pages import public_url

# Clients delete what disappears from a feed: what is over stays for a year, and what was cancelled too. By date and not
# by count, so that no busy month pushes out what somebody has just attended. The archive forgets nothing.
KEPT: Final = timedelta(days=365)
POLL_EVERY: Final = "PT1H"
COLOR: Final = "teal"
CACHE_BYTES_MAX: Final = 16 * 1024 * 1024
# What an entry of the cache costs beside its text: key, tuple, dictionary slot.
_ENTRY_BYTES: Final = 400

_ANY_SLUG: Final = "any-slug-here"

Key = tuple[int, int, datetime, Language, str]
Text = tuple[bytes, str | None]  # the VEVENT, and the zone its times name


@dataclass(frozen=True, slots=True)
class About:
    """What a feed says of itself."""

    name: str
    description: str
    source: str  # where it is fetched; empty where the address is a secret
    url: str  # where people read the same


class WrittenEvents:
    """Written VEVENTs by event, version and language; bounded in bytes, the least recently used go first."""

    def __init__(self, bytes_max: int = CACHE_BYTES_MAX) -> None:
        """Hold at most `bytes_max` bytes."""
        self._texts: OrderedDict[Key, Text] = OrderedDict()
        self._bytes = 0
        self._bytes_max = bytes_max
        self._lock = threading.Lock()

    def get(self, keys: list[Key]) -> dict[Key, Text]:
        """Return those of these that are here."""
        with self._lock:
            found = {}
            for key in keys:
                text = self._texts.get(key)
                if text is not None:
                    self._texts.move_to_end(key)
                    found[key] = text
            return found

    def keep(self, texts: dict[Key, Text]) -> None:
        """Take these in, and drop what has not been asked for the longest."""
        with self._lock:
            for key, text in texts.items():
                if key not in self._texts:
                    self._bytes += len(text[0]) + _ENTRY_BYTES
                self._texts[key] = text
            while self._bytes > self._bytes_max:
                _key, (dropped, _zone) = self._texts.popitem(last=False)
                self._bytes -= len(dropped) + _ENTRY_BYTES

    @property
    def bytes(self) -> int:
        """How much is held: the texts, and what keeping them costs."""
        return self._bytes

    def __len__(self) -> int:
        return len(self._texts)


def changed_at(version: Edition) -> datetime | None:
    """Return when the calendar last became another one: by a change, or by an event's age."""
    moments = (version.changed_at, version.dropped_at + KEPT if version.dropped_at else None)
    return max((moment for moment in moments if moment is not None), default=None)


def since(now: datetime) -> datetime:
    """Return before which instant an event must have ended to be left out of feeds."""
    return now - KEPT


def etag(scope: Scope, version: Edition, language: Language) -> str:
    """Return a strong validator: whatever could change a byte of the calendar is in it, also a new release."""
    site_row = site()
    parts = (scope, version.fingerprint, version.name, language, site_row.name, site_row.tagline, site_row.time_zone)
    origin = current_app.config["PUBLIC_URL"], current_app.config["SITE_LANGUAGE"]
    return digest(parts, origin)


def digest(*parts: object) -> str:
    """Return a validator of these values and of the code that writes calendars."""
    return sha256(repr((parts, _release())).encode()).hexdigest()[:24]


def content(scope: Scope, version: Edition, *, language: Language, now: datetime) -> bytes:
    """Return the calendar: the file of an event, or a feed."""
    if scope.kind in ONE_EVENT:
        found = entries([each.event_id for each in versions(scope, since=since(now))], language)
        if not found:
            raise unknown()  # since a moment ago: on PostgreSQL each statement sees the newest rows
        return file_of(next(iter(found.values())), language=language, code=scope.code or None)
    return feed(versions(scope, since=since(now)), about(scope, version, language), language=language)


def feed(events: list[Version], told: About, *, language: Language) -> bytes:
    """Return a feed of these events: no METHOD, no ATTENDEE, no VALARM, no UID of its own, the same bytes each time."""
    changed_at = max((each.revised_at for each in events), default=None)
    return _assembled(_texts(events, language), told, changed_at)


def private_feed(events: Iterable[tuple[Entry, Links]], name: str, *, url: str, language: Language) -> bytes:
    """Return a feed for one person, of these entries with the links that are theirs; nothing of it is remembered.

    It is called by this name and the site's, and says that people read the same at `url`.
    """
    words = words_in(language)
    full_name = plain_name(f"{name} · {site().name.in_language(language)}")
    told = About(name=full_name, description="", source="", url=url)
    texts, changed_at = [], None
    for entry, links in events:
        texts.append((written(plain_event(entry, words, links=links, kind=Kind.OWN)), zone_named(entry)))
        changed_at = max(changed_at or entry.revised_at, entry.revised_at)
    return _assembled(texts, told, changed_at)


def _assembled(texts: list[Text], told: About, changed_at: datetime | None) -> bytes:
    zones = {zone for _text, zone in texts if zone}
    # RFC 5545 3.6 wants a component in every calendar; in one without events it is the zone of the community.
    blocks = zone_blocks(zones if texts else {site().time_zone})
    frame = calendar(_head(told, changed_at), [], set())
    head = b"".join([b"BEGIN:VCALENDAR\r\n", *map(content_line, frame.properties)])
    return b"".join([head, *map(written, blocks), *(text for text, _zone in texts), b"END:VCALENDAR\r\n"])


def about(scope: Scope, version: Edition, language: Language) -> About:
    """Return what the feed of this scope says of itself."""
    site_name = plain_name(site().name.in_language(language))
    name = plain_name(
        words_in(language).archive if scope.kind is ScopeKind.ARCHIVE else version.name.in_language(language)
    )
    lang = None if language == current_app.config["SITE_LANGUAGE"] else language
    values = {"slug": scope.slug} if scope.slug else {}
    return About(
        name=f"{site_name} · {name}" if name else site_name,
        description=clean(site().tagline.in_language(language)),
        source=public_url(f"calendar.{scope.kind}_feed", lang=lang, **values),
        url=_page(scope, lang),
    )


def _page(scope: Scope, lang: Language | None) -> str:
    """Return where people read what the feed holds."""
    if scope.kind is ScopeKind.SPEAKER:
        return public_url("community.speaker", slug=scope.slug, lang=lang)
    if scope.kind is ScopeKind.SERIES:
        return public_url("calendar.feed_page", part="series", slug=scope.slug, lang=lang)
    return public_url("events.index", lang=lang, **({scope.kind.value: scope.slug} if scope.slug else {}))


def written_events() -> WrittenEvents:
    """Return this process's memory of written events."""
    kept: WrittenEvents = current_app.extensions.setdefault("written_events", WrittenEvents())
    return kept


def _texts(events: list[Version], language: Language) -> list[Text]:
    """Return each event's VEVENT, from memory or written now."""
    address = page_of(_ANY_SLUG, language)
    keys: list[Key] = [(each.event_id, each.revision, each.revised_at, language, address) for each in events]
    memory = written_events()
    found = memory.get(keys)
    missing = [key for key in keys if key not in found]
    if missing:
        words = words_in(language)
        fresh = entries([key[0] for key in missing], language)
        new: dict[Key, Text] = {}
        for key in missing:
            entry = fresh.get(key[0])
            if entry is None:
                continue  # deleted since its version was read
            # It may be newer than its key says: then nobody asks for that key again.
            # One address is built and the slugs are put in: building a thousand takes longer than writing them.
            links = Links(address.replace(_ANY_SLUG, quote(entry.slug)))
            new[key] = written(plain_event(entry, words, links=links, kind=Kind.FEED)), zone_named(entry)
        memory.keep(new)
        found |= new
    return [found[key] for key in keys if key in found]


def _head(told: About, changed_at: datetime | None) -> list[Property]:
    properties = [
        Property("NAME", told.name),
        Property("X-WR-CALNAME", told.name),
        Property("X-WR-TIMEZONE", site().time_zone),
        Property("URL", Verbatim(told.url)),
        Property("REFRESH-INTERVAL", Verbatim(POLL_EVERY), (("VALUE", "DURATION"),)),
        Property("X-PUBLISHED-TTL", Verbatim(POLL_EVERY)),
        Property("COLOR", COLOR),
    ]
    if told.description:
        properties[2:2] = [Property("DESCRIPTION", told.description), Property("X-WR-CALDESC", told.description)]
    if told.source:
        properties.insert(-3, Property("SOURCE", Verbatim(told.source), (("VALUE", "URI"),)))
    if changed_at:
        properties.append(Property("LAST-MODIFIED", changed_at.replace(microsecond=0)))
    return properties


def plain_name(name: str) -> str:
    """Return a name that needs no escape: libraries disagree whether X-WR-CALNAME has any."""
    return " ".join(clean(name).translate(_NEEDS_ESCAPE).split())


_NEEDS_ESCAPE: Final = str.maketrans({",": " ", ";": " ", "\\": " ", "\n": " "})


@cache
def _release() -> str:
    """Return a digest of the code and the translations that make a calendar; a new release is a new ETag."""
    app_folder = Path(__file__).parents[1]
    sources = [*sorted(app_folder.glob("calendar/*.py")), app_folder / "core" / "times.py"]
    sources += sorted(app_folder.glob("*/*feed.py"))
    sources += sorted(app_folder.glob("translations/*/LC_MESSAGES/*.mo"))
    hashed = sha256()
    for path in sources:
        hashed.update(path.read_bytes())
    return hashed.hexdigest()
