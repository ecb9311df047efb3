"""One's own registration, continued: take an offered seat, come back after leaving."""

from flask import Blueprint
from werkzeug.wrappers import Response as BaseResponse

from app.core.clock import utc_now
from app.registrations import offers, returns
from app.registrations.queries import live_place, own_registration
from app.registrations.rules import is_live, token_of
from app.web.limits import limiter, sign_up_rate
from app.web.pages import see_other

bp = Blueprint("offers", __name__)


@bp.post("/r/<token>/acceptance")
@limiter.limit(sign_up_rate)
def accept(token: str) -> BaseResponse:
    """Take the seat that is offered."""
    offers.accept(own_registration(token), now=utc_now())
    return see_other("registrations.show", token=token)


@bp.post("/r/<token>/return")
@limiter.limit(sign_up_rate)
def come_back(token: str) -> BaseResponse:
    """Sign up again, with what is known."""
    registration, now = own_registration(token), utc_now()
    if is_live(registration):
        return see_other("registrations.show", token=token)
    returns.come_back(registration, now=now)
    new = live_place(registration.event_id, registration.email_key)
    # Only to what this press has made: an old link says nothing of a registration that was there before.
    is_new = new is not None and new.created_at == now
    return see_other(
        "registrations.show", token=token_of(new) if new and is_new else token, done=None if is_new else "again"
    )
