"""An organizer's calendar: the page that gives its secret address, and the feed behind it."""

from flask import Blueprint, Response
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.gate import PATH, actor, signed_in_organizer
from app.accounts.pages import manage_page
from app.calendar import private
from app.calendar.offers import Feed, drawn
from app.calendar.views_answers import feed_language, private_feed
from app.core.clock import utc_now
from app.core.i18n import current_language, speaking
from app.organizer import feed as organizer_feed
from app.web.pages import public_url, see_other

bp = Blueprint("organizer_feed", __name__)


@bp.get(f"{PATH}/feed")
def show() -> Response:
    """Show the secret address of the organizer's own calendar, or offer to make one."""
    kept = organizer_feed.feed_of(signed_in_organizer())
    token = private.token_of(kept) if kept else None
    feed = None
    if token:
        feed = Feed("", public_url("organizer_feed.calendar", token=token, lang=current_language()), "")
    # WeChat opens no `webcal:`, but the page behind the code would ask for a sign-in on the phone.
    code = drawn(feed.webcal) if feed else None
    return manage_page("organizer/feed.html", feed=feed, code=code, is_lost=kept is not None and feed is None)


@bp.post(f"{PATH}/feed")
def renew() -> BaseResponse:
    """Give the calendar a new secret address; the one before ends."""
    organizer_feed.renew(signed_in_organizer(), by=actor(), language=current_language(), now=utc_now())
    return see_other(".show")


@bp.post(f"{PATH}/feed/revocation")
def revoke() -> BaseResponse:
    """End the address."""
    organizer_feed.end(signed_in_organizer(), by=actor(), now=utc_now())
    return see_other(".show")


@bp.get("/calendar/organizers/<token>.ics")
def calendar(token: str) -> Response:
    """Answer with the events that the owner of this secret manages."""
    now = utc_now()
    kept = private.feed_behind(token, "organizer", now=now)
    organizer = organizer_feed.owner_of(kept)
    language = feed_language(kept.language)
    events = organizer_feed.managed(organizer, now=now)
    with speaking(language):
        return private_feed(
            organizer_feed.etag(events, language),
            lambda: organizer_feed.content(events, language),
            name="managed-events",
        )
