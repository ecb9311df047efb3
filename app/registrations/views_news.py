"""No more news from organizers: by one click of the mail program (RFC 8058), or by a page. Nothing else is changed."""

from flask import Blueprint, Response
from werkzeug.wrappers import Response as BaseResponse

from app.core.clock import utc_now
from app.registrations import unsubscribing
from app.registrations.own_pages import secret_page
from app.registrations.queries import has_stopped_news, registration_to_tell
from app.web.limits import limiter, sign_up_rate
from app.web.pages import see_other

bp = Blueprint("news", __name__)


@bp.get("/n/<token>")
def show(token: str) -> Response:
    """Say whether news are sent, and offer the other."""
    registration = registration_to_tell(token)
    return secret_page(
        "registrations/own/news.html",
        token=token,
        email=registration.email,
        are_stopped=has_stopped_news(registration.email_key),
    )


@bp.post("/n/<token>")
def stop(token: str) -> BaseResponse:
    """Stop them at once; mail programs post here by themselves, all from the same few addresses: no rate."""
    unsubscribing.stop_news(registration_to_tell(token).email_key, now=utc_now())
    return see_other(".show", token=token)


@bp.post("/n/<token>/resumption")
@limiter.limit(sign_up_rate)
def resume(token: str) -> BaseResponse:
    """Send them again."""
    unsubscribing.resume_news(registration_to_tell(token).email_key)
    return see_other(".show", token=token)
