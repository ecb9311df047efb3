"""How feeds are answered: what a client has is told by its ETag or date, before anything is written."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from flask import Response, current_app, request

from app.core.clock import utc_now
from app.core.i18n import Language, language_of
from app.web import page_cache

MAX_AGE: Final = 300
ICALENDAR: Final = "text/calendar"
# Flask-Compress marks the ETag of a compressed answer so; each is a representation of the same edition.
_ENCODINGS: Final = ("", ":br", ":gzip")
# HTTP dates have whole seconds: a second change within one would go unnoticed (RFC 9110 8.8.2.2).
_SETTLED: Final = timedelta(seconds=2)

Write = Callable[[], bytes | str]


def public_feed(
    tag: str,
    write: Write,
    *,
    changed_at: datetime | None = None,
    disposition: str | None = None,
    content_type: str = ICALENDAR,
) -> Response:
    """Answer with a feed for everybody, or with 304 and nothing written to those who have this edition."""
    response = _response(tag, write, content_type, changed_at)
    if changed_at and utc_now() - changed_at > _SETTLED:
        response.last_modified = changed_at
    response.headers["Cache-Control"] = f"public, max-age={MAX_AGE}"
    if disposition:
        response.headers["Content-Disposition"] = disposition
    page_cache.offer(request.environ, whole=False)
    return response


def private_feed(tag: str, write: Write, *, name: str) -> Response:
    """Answer with a feed for one person: for no cache but theirs, for no index, its address for no other site."""
    response = _response(tag, write, ICALENDAR, None)
    response.headers["Cache-Control"] = f"private, max-age={MAX_AGE}"
    response.headers["Content-Disposition"] = f'inline; filename="{name}.ics"'
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def feed_language(own: Language | None = None) -> Language:
    """Return the language of a feed: that of the address, else its owner's or the site's, whatever the client says."""
    site_language: Language = current_app.config["SITE_LANGUAGE"]
    return language_of(request.args.get("lang")) or own or site_language


def _response(tag: str, write: Write, content_type: str, changed_at: datetime | None) -> Response:
    held = _held(tag, changed_at)
    response = Response(status=304) if held else Response(write())
    response.content_type = f"{content_type}; charset=utf-8"
    response.set_etag(held or tag)
    # A feed does not vary by Accept-Language: all clients that fetch one address get the same bytes.
    response.headers["Vary"] = "Accept-Encoding"
    return response


def _held(tag: str, changed_at: datetime | None) -> str | None:
    """Return the ETag of this edition that the client says it has, None if it has another or none (RFC 9110 13.2.2)."""
    if request.if_none_match:
        return next((tag + each for each in _ENCODINGS if request.if_none_match.contains(tag + each)), None)
    asked = request.if_modified_since
    is_held = asked is not None and changed_at is not None and changed_at.replace(microsecond=0) <= asked
    return tag if is_held else None
