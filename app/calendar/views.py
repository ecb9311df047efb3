"""Calendar files, feeds, and the page that offers them."""

from collections.abc import Callable, Sequence
from typing import Final
from urllib.parse import quote

from flask import Blueprint, Response, request

from app.calendar import feeds, news, offers, queries
from app.calendar.queries import Scope, ScopeKind
from app.calendar.views_answers import feed_language, public_feed
from app.core.clock import utc_now
from app.core.i18n import Language, current_language
from app.events.admission import clean_code
from app.events.models import Visibility
from app.events.queries import refuse_unless_reachable
from app.web.pages import public_page

bp = Blueprint("calendar", __name__)

_CODE_MAX_AGE: Final = 86_400
_SLUG_LENGTH_MAX: Final = 120


@bp.get("/calendar/")
def index() -> Response:
    """Explain and offer every feed."""
    return public_page("calendar/index.html", offer=offers.offer())


@bp.get("/calendar/archive")
def archive() -> Response:
    """Offer the feed of every event there ever was."""
    return public_page("calendar/archive.html", feed=offers.feed(Scope(ScopeKind.ARCHIVE)))


@bp.get(f"/calendar/<any({', '.join(offers.PARTS)}):part>/<slug>")
def feed_page(part: str, slug: str) -> Response:
    """Offer one feed."""
    scope = Scope(offers.PARTS[part], slug)
    name = queries.feed_name(scope).in_language(current_language())
    return public_page("calendar/feed.html", feed=offers.feed(scope, name), part=part, slug=slug)


@bp.get("/calendar/qr.svg")
def site_code() -> Response:
    """Answer with a QR code of the page of feeds."""
    return _code(Scope(ScopeKind.SITE))


@bp.get("/calendar/archive.svg")
def archive_code() -> Response:
    """Answer with a QR code of the archive's page."""
    return _code(Scope(ScopeKind.ARCHIVE))


@bp.get(f"/calendar/<any({', '.join(offers.PARTS)}):part>/<slug>.svg")
def feed_code(part: str, slug: str) -> Response:
    """Answer with a QR code of a feed's page; it depends on the address alone, so nothing is looked up."""
    if len(slug) > _SLUG_LENGTH_MAX:
        raise queries.unknown()
    return _code(Scope(offers.PARTS[part], slug))


@bp.get("/calendar.ics")
def site_feed() -> Response:
    """Answer with every event of the site."""
    return _answer(Scope(ScopeKind.SITE), 'inline; filename="calendar.ics"')


@bp.get("/calendar/archive.ics")
def archive_feed() -> Response:
    """Answer with every event there ever was."""
    return _answer(Scope(ScopeKind.ARCHIVE), 'inline; filename="archive.ics"')


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


@bp.get("/calendar/series/<slug>.ics")
def series_feed(slug: str) -> Response:
    """Answer with the events of a series."""
    return _answer(Scope(ScopeKind.SERIES, slug), _inline(slug))


@bp.get("/calendar/speakers/<slug>.ics")
def speaker_feed(slug: str) -> Response:
    """Answer with the events at which a person speaks."""
    return _answer(Scope(ScopeKind.SPEAKER, slug), _inline(slug))


@bp.get("/events/<slug>.ics")
def event_file(slug: str) -> Response:
    """Answer with one event as a download, in the language of the page it is on: a person takes it, not a client."""
    code = request.args.get("code", "")
    scope = Scope(ScopeKind.EVENT, slug)
    if code and refuse_unless_reachable(slug, now=utc_now(), code=code) is Visibility.INVITATION:
        scope = Scope(ScopeKind.INVITED, slug, clean_code(code))
    response = _answer(scope, f"attachment; {_file_name(slug)}", current_language())
    response.vary.add("Accept-Language")
    if code:
        response.headers["Cache-Control"] = "private, no-store"
    return response


@bp.get("/events.atom")
def atom() -> Response:
    """Answer with the events that were announced last, for feed readers."""
    return _news(news.ATOM, news.atom)


@bp.get("/events.json")
def json_feed() -> Response:
    """Answer with the same as JSON Feed."""
    return _news(news.JSON, news.json_feed)


def _news(content_type: str, write: Callable[[Sequence[queries.Announced], Language], str]) -> Response:
    """Answer with the news, or with 304 and nothing written to those who have this version."""
    announced, language = queries.announced(), feed_language()
    tag = f"{news.etag(announced, language)}-{content_type.partition('+')[2]}"
    response = public_feed(tag, lambda: write(announced, language), content_type=content_type)
    # A feed reader in a browser is another site; what is public may be read from everywhere.
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _code(scope: Scope) -> Response:
    response = Response(offers.code(offers.feed(scope).page), content_type="image/svg+xml")
    response.headers["Cache-Control"] = f"public, max-age={_CODE_MAX_AGE}"
    response.vary.add("Accept-Language")
    response.add_etag()
    response.make_conditional(request)
    return response


def _answer(scope: Scope, disposition: str, language: Language | None = None) -> Response:
    """Answer with a calendar, or with 304 and nothing rendered to those who have this edition."""
    now, language = utc_now(), language or feed_language()
    edition = queries.edition(scope, since=feeds.since(now))
    return public_feed(
        feeds.etag(scope, edition, language),
        lambda: feeds.content(scope, edition, language=language, now=now),
        changed_at=feeds.changed_at(edition),
        disposition=disposition,
    )


def _inline(slug: str) -> str:
    return f"inline; {_file_name(slug)}"


def _file_name(slug: str) -> str:
    """Return the file name of a slug: in ASCII for every client, and whole for those that know RFC 6266."""
    plain = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-_.") else "-" for sign in slug)
    return f"filename=\"{plain}.ics\"; filename*=UTF-8''{quote(slug, safe='')}.ics"
