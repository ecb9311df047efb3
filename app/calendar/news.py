"""Feeds of news, for feed readers and bots: the events that were announced last, as Atom and as JSON Feed."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from flask import current_app, render_template

from app.calendar import feeds, words
from app.calendar.entries import Entry
from app.calendar.objects import page_of
from app.calendar.properties import clean
from app.calendar.queries import Announced, entries
from app.community.site import site
from app.core.i18n import HTML_LANG, Language
from app.core.times import spoken_period
from app.web.pages import public_url

ATOM: Final = "application/atom+xml"
JSON: Final = "application/feed+json"
JSON_VERSION: Final = "https://jsonfeed.org/version/1.1"
# XML 1.0 2.2 has no place for these; `clean` has taken the control characters.
_NOT_IN_XML: Final = {0xFFFE: None, 0xFFFF: None}


@dataclass(frozen=True, slots=True)
class Item:
    """One event as news; `id` stays the same whatever changes, and is that of its calendar entries."""

    id: str
    url: str
    title: str
    summary: str
    text: str
    tags: tuple[str, ...]
    published_at: datetime
    updated_at: datetime


def etag(announced: Sequence[Announced], language: Language) -> str:
    """Return a validator: it changes with the list, any event of it, the community's name, and our code."""
    row = site()
    return feeds.digest(tuple(announced), language, row.name, row.tagline, current_app.config["PUBLIC_URL"])


def atom(announced: Sequence[Announced], language: Language) -> str:
    """Return the news as an Atom feed (RFC 4287)."""
    items = _items(announced, language)
    updated_at = max((item.updated_at for item in items), default=site().revised_at)
    return render_template(
        "calendar/news.xml",
        items=items,
        updated=_stamp(updated_at),
        stamp=_stamp,
        lang=HTML_LANG[language],
        title=_text(site().name.in_language(language)),
        subtitle=_text(site().tagline.in_language(language)),
        address=public_url("calendar.atom", lang=language),
        home=public_url("events.home", lang=language),
    )


def json_feed(announced: Sequence[Announced], language: Language) -> str:
    """Return the news as a JSON Feed 1.1."""
    told: dict[str, Any] = {
        "version": JSON_VERSION,
        "title": _text(site().name.in_language(language)),
        "home_page_url": public_url("events.home", lang=language),
        "feed_url": public_url("calendar.json_feed", lang=language),
        "language": HTML_LANG[language],
    }
    if tagline := _text(site().tagline.in_language(language)):
        told["description"] = tagline
    told["items"] = [
        {
            "id": item.id,
            "url": item.url,
            "title": item.title,
            **({"summary": item.summary} if item.summary else {}),
            "content_text": item.text,
            "date_published": _stamp(item.published_at),
            "date_modified": _stamp(item.updated_at),
            **({"tags": list(item.tags)} if item.tags else {}),
        }
        for item in _items(announced, language)
    ]
    return json.dumps(told, ensure_ascii=False, indent=1)


def _items(announced: Sequence[Announced], language: Language) -> list[Item]:
    found = entries([each.event_id for each in announced], language)
    fixed = words.words_in(language)
    return [
        _item(found[each.event_id], each, fixed, language)
        for each in announced
        if each.event_id in found  # else deleted since the list was read
    ]


def _item(entry: Entry, announced: Announced, fixed: words.Words, language: Language) -> Item:
    url = page_of(entry.slug, language)
    when = spoken_period(entry.starts_at, entry.ends_at, entry.zone, language=language, is_all_day=entry.is_all_day)
    where = words.location(entry, fixed)
    facts = "\n".join(fact for fact in (when, where) if fact)
    return Item(
        id=f"urn:uuid:{entry.uid}",
        url=url,
        title=_text(words.title(entry, fixed)),
        summary=_text(entry.summary),
        text=_text(f"{facts}\n\n{words.description(entry, fixed, url=url)}"),
        tags=tuple(_text(category) for category in entry.categories),
        published_at=announced.published_at,
        updated_at=max(announced.published_at, entry.revised_at),
    )


def _text(text: str) -> str:
    return clean(text).translate(_NOT_IN_XML)


def _stamp(at: datetime) -> str:
    """Return the instant as RFC 3339 writes it."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
