"""A draft as it will look: the event page without what can be sent, for whoever has the link."""

from flask import Blueprint
from werkzeug.wrappers import Response as BaseResponse

from app.core.clock import utc_now
from app.events.models import EventState
from app.events.pages import event_context
from app.events.previews import previewed_event_id
from app.events.queries import event_with_page
from app.registrations.forms import sign_up_form
from app.registrations.queries import questions_of
from app.registrations.rules import public_ticket_types, sign_up_status
from app.web.pages import render, see_other

bp = Blueprint("preview", __name__)


@bp.get("/preview/<token>")
def show(token: str) -> BaseResponse:
    """Show the draft; once it is public, lead on to its page."""
    now = utc_now()
    event = event_with_page(previewed_event_id(token), now=now)
    if event.state != EventState.DRAFT:
        return _private(see_other("registrations.event_page", slug=event.slug))
    status = sign_up_status(event, now=now)
    form = sign_up_form(public_ticket_types(event), questions_of(event.id)) if status.takes_sign_ups else None
    context = event_context(event, now=now)
    return _private(render("registrations/preview.html", **context, form=form, status=status))


def _private(response: BaseResponse) -> BaseResponse:
    # The address is the key: it goes to no other site and into no index. As for one's own registration.
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
