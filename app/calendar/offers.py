"""What the page of feeds offers: each feed with the ways into the calendars people use."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from flask import current_app, url_for

from app.calendar.queries import ScopeKind
from app.core.i18n import current_language
from app.events import queries as events


@dataclass(frozen=True, slots=True)
class Feed:
    """One feed: `name` is in the page's language, empty for the site's own."""

    name: str
    address: str

    @property
    def webcal(self) -> str:
        """The address that opens the calendar program of Apple, Outlook and others."""
        return urlsplit(self.address)._replace(scheme="webcal").geturl()

    @property
    def google(self) -> str:
        """The page of Google Calendar that adds this feed."""
        return f"https://calendar.google.com/calendar/r?cid={quote(self.webcal, safe='')}"

    @property
    def outlook(self) -> str:
        """The page of Outlook.com that adds this feed."""
        return f"https://outlook.live.com/calendar/0/addfromweb?url={quote(self.address, safe='')}"


@dataclass(frozen=True, slots=True)
class Offer:
    """Every feed there is: only groups, cities and tags that have public events."""

    site: Feed
    groups: list[Feed]
    cities: list[Feed]
    tags: list[Feed]


def offer() -> Offer:
    """Return every feed, in the language of the page; one statement."""
    found = events.options()
    return Offer(
        site=feed(ScopeKind.SITE),
        groups=[feed(ScopeKind.GROUP, slug, name.in_language(current_language())) for slug, name in found.groups],
        cities=[feed(ScopeKind.CITY, slug, name.in_language(current_language())) for slug, name in found.cities],
        tags=[feed(ScopeKind.TAG, slug, name.in_language(current_language())) for slug, name in found.tags],
    )


def feed(kind: ScopeKind, slug: str = "", name: str = "") -> Feed:
    """Return a feed by its address in the page's language; the site's own language needs no saying."""
    language = current_language()
    lang = None if language == current_app.config["SITE_LANGUAGE"] else language
    values: dict[str, Any] = {"slug": slug} if slug else {}
    return Feed(name, current_app.config["PUBLIC_URL"] + url_for(f"calendar.{kind}_feed", lang=lang, **values))
