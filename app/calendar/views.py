"""Calendar files, feeds, and the page that offers them."""

from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote

from flask import Blueprint, Response, current_app, request

from app.calendar import feeds, offers, queries
from app.calendar.queries import Scope, ScopeKind
from app.core.clock import utc_now
from app.core.i18n import Language, current_language, language_of
from app.events.queries import refuse_unless_reachable
from app.web.pages import public_page

bp = Blueprint("calendar", __name__)

MAX_AGE: Final = 300
# Flask-Compress marks the ETag of a compressed answer so; each is a representation of the same edition.
_ENCODINGS: Final = ("", ":br", ":gzip")
# HTTP dates have whole seconds: a second change within one would go unnoticed (RFC 9110 8.8.2.2).
_SETTLED: Final = timedelta(seconds=2)


@bp.get("/calendar/")
def index() -> Response:
    """Explain and offer every feed."""
    return public_page("calendar/index.html", offer=offers.offer())


@bp.get("/calendar.ics")
def site_feed() -> Response:
    """Answer with every event of the site."""
    return _answer(Scope(ScopeKind.SITE), 'inline; filename="calendar.ics"')


@bp.get("/calendar/groups/<slug>.ics")
def group_feed(slug: str) -> Response:
    """Answer with the events of a group."""
    return _answer(Scope(ScopeKind.GROUP, slug), _inline(slug))


@bp.get("/calendar/cities/<slug>.ics")
def city_feed(slug: str) -> Response:
    """Answer with the events in a city."""
    return _answer(Scope(ScopeKind.CITY, slug), _inline(slug))


@bp.get("/calendar/tags/<slug>.ics")
def tag_feed(slug: str) -> Response:
    """Answer with the events about a subject."""
    return _answer(Scope(ScopeKind.TAG, slug), _inline(slug))


@bp.get("/events/<slug>.ics")
def event_file(slug: str) -> Response:
    """Answer with one event as a download, in the language of the page it is on: a person takes it, not a client."""
    code = request.args.get("code", "")
    if code:
        refuse_unless_reachable(slug, now=utc_now(), code=code)
    scope = Scope(ScopeKind.INVITED if code else ScopeKind.EVENT, slug)
    response = _answer(scope, f"attachment; {_file_name(slug)}", current_language())
    response.vary.add("Accept-Language")
    if code:
        response.headers["Cache-Control"] = "private, no-store"
    return response


def _answer(scope: Scope, disposition: str, language: Language | None = None) -> Response:
    """Answer with a calendar, or with 304 and nothing rendered to those who have this edition."""
    now, language = utc_now(), language or _feed_language()
    edition = queries.edition(scope, since=feeds.since(now))
    tag = feeds.etag(scope, edition, language)
    held = _held(tag, edition.changed_at)
    response = Response(status=304) if held else Response(feeds.content(scope, edition, language=language, now=now))
    response.content_type = "text/calendar; charset=utf-8"
    response.set_etag(held or tag)
    if edition.changed_at and now - edition.changed_at > _SETTLED:
        response.last_modified = edition.changed_at
    response.headers["Cache-Control"] = f"public, max-age={MAX_AGE}"
    # A feed does not vary by Accept-Language: all clients that fetch one address get the same bytes.
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Content-Disposition"] = disposition
    return response


def _held(tag: str, changed_at: datetime | None) -> str | None:
    """Return the ETag of this edition that the client says it has, None if it has another or none (RFC 9110 13.2.2)."""
    if request.if_none_match:
        return next((tag + each for each in _ENCODINGS if request.if_none_match.contains(tag + each)), None)
    asked = request.if_modified_since
    is_held = asked is not None and changed_at is not None and changed_at.replace(microsecond=0) <= asked
    return tag if is_held else None


def _feed_language() -> Language:
    """Return the language of a feed: that of the address, else the site's own, whatever the client prefers."""
    site_language: Language = current_app.config["SITE_LANGUAGE"]
    return language_of(request.args.get("lang")) or site_language


def _inline(slug: str) -> str:
    return f"inline; {_file_name(slug)}"


def _file_name(slug: str) -> str:
    """Return the file name of a slug: in ASCII for every client, and whole for those that know RFC 6266."""
    plain = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-_.") else "-" for sign in slug)
    return f"filename=\"{plain}.ics\"; filename*=UTF-8''{quote(slug, safe='')}.ics"
