"""Home, the list of events, covers; and the pages about people that show what they gave."""

from typing import cast, get_args

from flask import Blueprint, Response, request

from app.community import queries as community_queries
from app.community.rules import is_current, is_user_group_leader, local_day
from app.community.site import site
from app.community.views import bp as community
from app.core.clock import utc_now
from app.core.errors import NotFoundError
from app.core.i18n import gettext as _
from app.events import covers, pages, pictures, queries, rules, talks
from app.web.pages import public_page

YEAR = 365 * 24 * 3600
SLUG_LENGTH_MAX = 120
PAGE_MAX = 1000
_PICTURES = {"webp": "image/webp", "jpg": "image/jpeg"}

bp = Blueprint("events", __name__)


@bp.get("/")
def home() -> Response:
    """Show what comes next, and what was."""
    now = utc_now()
    past = queries.past_events(now=now)
    return public_page(
        "events/home.html",
        upcoming=queries.upcoming_events(now=now),
        past_years=rules.by_year(past.events),
        has_more=past.next_page is not None,
        mode_name=pages.mode_name,
    )


@bp.get("/events/")
def index() -> Response:
    """Show the events that fit what the visitor asks for, a page at a time."""
    wanted = _filter()
    listed = queries.listed_events(wanted, after=queries.Cursor.read(request.args.get("after", "")), now=utc_now())
    kept = {key: request.args[key] for key in ("when", "city", "tag", "group", "q") if request.args.get(key)}
    return public_page(
        "events/index.html",
        wanted=wanted,
        years=rules.by_year(listed.events),
        next_page=listed.next_page,
        options=queries.options(),
        kept=kept,
        is_first=not request.args.get("after"),
        mode_name=pages.mode_name,
    )


def _filter() -> queries.Filter:
    when = request.args.get("when", "")
    return queries.Filter(
        when=cast("queries.When", when) if when in get_args(queries.When) else "all",
        city=request.args.get("city", ""),
        tag=request.args.get("tag", ""),
        group=request.args.get("group", ""),
        q=request.args.get("q", "").strip(),
    )


@bp.get("/events/<slug>/cover.svg")
def cover(slug: str) -> Response:
    """Answer the generated cover for pages; it depends on the address alone, so no event is looked up."""
    _check(slug)
    return _picture(covers.svg(slug), "image/svg+xml")


@bp.get("/events/<slug>/cover.png")
def cover_png(slug: str) -> Response:
    """Answer the generated cover for share cards; of public events alone, since drawing one takes 0.1 s."""
    _check(slug)
    queries.refuse_unless_reachable(slug, now=utc_now(), code=request.args.get("code", ""))
    return _picture(covers.png(slug), "image/png")


@bp.get("/pictures/<digest>.<suffix>")
def picture(digest: str, suffix: str) -> Response:
    """Answer a picture that was uploaded, or its share card (jpg); its address is made of what it holds."""
    content_type = _PICTURES.get(suffix)
    if content_type is None:
        raise NotFoundError(_("There is no such picture."))
    return _picture(pictures.content_of(digest, is_card=suffix == "jpg"), content_type)


def _check(slug: str) -> None:
    if len(slug) > SLUG_LENGTH_MAX:
        raise NotFoundError(_("There is no such picture."))


def _picture(content: str | bytes, content_type: str) -> Response:
    response = Response(content, content_type=content_type)
    # The address carries the drawing's version: a new drawing has a new address.
    response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
    response.add_etag()
    response.make_conditional(request)
    return response


@community.get("/speakers/")
def speakers() -> Response:
    """Show who speaks: User Group Leaders first, then by number of talks."""
    number = request.args.get("page", 1, type=int)
    number = min(max(number, 1), PAGE_MAX)
    lines, more = talks.speakers(today=local_day(utc_now(), site().time_zone), page=number)
    return public_page(
        "community/speakers.html",
        leaders=[line for line in lines if line.is_leader],
        others=[line for line in lines if not line.is_leader],
        number=number,
        more=more,
    )


@community.get("/speakers/<slug>")
def speaker(slug: str) -> Response:
    """Show a member: talks with slides and videos, roles held, awards."""
    now = utc_now()
    today = local_day(now, site().time_zone)
    person = talks.person_shown(slug)
    terms = sorted(person.terms, key=lambda term: (not is_current(term, today=today), term.role.rank, term.id))
    return public_page(
        "community/speaker.html",
        person=person,
        talks=talks.talks_of(person.id),
        terms=terms,
        is_leader=is_user_group_leader(person, today=today),
        is_current=lambda term: is_current(term, today=today),
        kind_names=pages.kind_names(),
        now=now,
    )


@community.get("/community/<slug>")
def group(slug: str) -> Response:
    """Show a group: roles and who holds them, its events, its feed."""
    found = community_queries.group_page(slug, today=local_day(utc_now(), site().time_zone))
    return public_page(
        "community/group.html",
        page=found,
        events=queries.events_of_group(found.group.id),
        mode_name=pages.mode_name,
    )
