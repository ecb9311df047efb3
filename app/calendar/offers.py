"""What the pages of feeds offer: each feed with the ways into the calendars people use, and a code to scan."""

from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import Final
from urllib.parse import quote, urlsplit

import segno
from flask import current_app
from markupsafe import Markup

from app.calendar import queries
from app.calendar.queries import Scope, ScopeKind
from app.core.i18n import current_language
from app.web.pages import public_url

# How addresses name what a feed is of, in the order of the page.
PARTS: Final[dict[str, ScopeKind]] = {
    "groups": ScopeKind.GROUP,
    "series": ScopeKind.SERIES,
    "cities": ScopeKind.CITY,
    "tags": ScopeKind.TAG,
    "speakers": ScopeKind.SPEAKER,
}
_PART_OF: Final = {kind: part for part, kind in PARTS.items()}


@dataclass(frozen=True, slots=True)
class Feed:
    """One feed: `name` is in the page's language, empty for the site's own; `page` offers it, `code` leads there."""

    name: str
    address: str
    page: str
    code: str = ""

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

    @property
    def office(self) -> str:
        """The page of Microsoft 365, for accounts of a company or school, that adds this feed."""
        return f"https://outlook.office.com/calendar/0/addfromweb?url={quote(self.address, safe='')}"


@dataclass(frozen=True, slots=True)
class Offer:
    """Every feed there is; of groups, cities and so on only those that have public events."""

    site: Feed
    archive: Feed
    parts: dict[str, list[Feed]]


def offer() -> Offer:
    """Return every feed, in the language of the page; one statement."""
    found = queries.feeds_offered()
    return Offer(
        site=feed(Scope(ScopeKind.SITE)),
        archive=feed(Scope(ScopeKind.ARCHIVE)),
        parts={
            part: [feed(Scope(kind, slug), name.in_language(current_language())) for slug, name in found[kind]]
            for part, kind in PARTS.items()
            if found[kind]
        },
    )


def feed(scope: Scope, name: str = "") -> Feed:
    """Return a feed with its addresses in the page's language; the site's own language needs no saying."""
    language = current_language()
    lang = None if language == current_app.config["SITE_LANGUAGE"] else language
    if scope.kind not in _PART_OF:
        page = "calendar.archive" if scope.kind is ScopeKind.ARCHIVE else "calendar.index"
        address = public_url(f"calendar.{scope.kind}_feed", lang=lang)
        return Feed(name, address, public_url(page, lang=lang), public_url(f"calendar.{scope.kind}_code", lang=lang))
    place = {"part": _PART_OF[scope.kind], "slug": scope.slug, "lang": lang}
    return Feed(
        name,
        public_url(f"calendar.{scope.kind}_feed", slug=scope.slug, lang=lang),
        public_url("calendar.feed_page", **place),
        public_url("calendar.feed_code", **place),
    )


@lru_cache(maxsize=256)
def code(address: str) -> bytes:
    """Return a QR code of this address as SVG.

    It leads to the page and not to the feed: WeChat, which most people here scan with, opens no `webcal:`.
    """
    picture = BytesIO()
    segno.make(address, error="m", micro=False).save(
        picture, kind="svg", xmldecl=False, scale=4, border=2, dark="#000", light="#fff"
    )
    return picture.getvalue()


def drawn(secret: str) -> Markup:
    """Return a QR code of a secret address as SVG to stand in a private page; it has no address and is not kept."""
    picture = BytesIO()
    segno.make(secret, error="m", micro=False).save(
        picture, kind="svg", xmldecl=False, omitsize=True, border=4, dark="#000", light="#fff", svgclass=None,
        lineclass=None, nl=False,
    )  # fmt: skip
    return Markup(picture.getvalue().decode())  # noqa: S704 - drawn by us, of an address of ours
