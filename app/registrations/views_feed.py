"""My meetups: asking for the feed, the page behind its secret address, and the feed itself."""

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as BaseResponse

from app.calendar import private
from app.calendar.offers import Feed, drawn
from app.calendar.views_answers import feed_language, private_feed
from app.core.clock import utc_now
from app.core.i18n import current_language, speaking
from app.registrations import personal_feed
from app.registrations.queries import own_registration
from app.web.limits import limiter, sign_up_rate
from app.web.pages import public_url, render, see_other

bp = Blueprint("personal_feed", __name__)


@bp.post("/r/<token>/feed")
@limiter.limit(sign_up_rate)
def ask(token: str) -> BaseResponse:
    """Send the secret address of the person's own feed to their mailbox."""
    personal_feed.send_address(own_registration(token), now=utc_now())
    return see_other("registrations.show", token=token, done="feed", _anchor="own-feed")


@bp.get("/calendar/mine/")
def index() -> Response:
    """Say how one gets a feed of one's own; what has just been done to one, if something was."""
    return _unlisted(render("registrations/own_feeds.html", done=request.args.get("done", "")))


@bp.get("/calendar/mine/<token>")
def show(token: str) -> Response:
    """Offer the feed with this secret, and what may be done with it."""
    private.feed_behind(token, "attendee", now=utc_now())
    feed = Feed("", public_url("personal_feed.calendar", token=token, lang=current_language()), "")
    # To this page and not to the feed: WeChat opens no `webcal:`.
    code = drawn(public_url("personal_feed.show", token=token, lang=current_language()))
    return _unlisted(render("registrations/own_feed_page.html", feed=feed, code=code, token=token))


@bp.get("/calendar/mine/<token>.ics")
def calendar(token: str) -> Response:
    """Answer with everything this person has signed up for."""
    now = utc_now()
    feed = private.feed_behind(token, "attendee", now=now)
    language = feed_language(feed.language)
    registrations = personal_feed.own_registrations(feed, now=now)
    with speaking(language):
        return private_feed(
            personal_feed.etag(registrations, language),
            lambda: personal_feed.content(registrations, language),
            name="my-meetups",
        )


@bp.post("/calendar/mine/<token>/rotation")
@limiter.limit(sign_up_rate)
def rotate(token: str) -> BaseResponse:
    """End this address; the new one goes to the person's mailbox, not to whoever holds the old one."""
    now = utc_now()
    personal_feed.replace_address(private.feed_behind(token, "attendee", now=now), now=now)
    return see_other(".index", done="rotation")


@bp.post("/calendar/mine/<token>/revocation")
@limiter.limit(sign_up_rate)
def revoke(token: str) -> BaseResponse:
    """End this address."""
    now = utc_now()
    personal_feed.end(private.feed_behind(token, "attendee", now=now), now=now)
    return see_other(".index", done="revocation")


def _unlisted(response: Response) -> Response:
    # As for one's own registration: `no-referrer` would make our own forms look like another site's.
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
