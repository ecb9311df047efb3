"""The ticket, the calendar file, and a way to have both where a browser saves nothing."""

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as BaseResponse

from app.calendar.objects import event_file
from app.core.clock import utc_now
from app.core.errors import ConflictError
from app.core.i18n import current_language
from app.core.i18n import gettext as _
from app.events.models import EventState
from app.registrations import mine, tickets
from app.registrations.mails import own_url
from app.registrations.models import Registration, RegistrationState
from app.registrations.queries import own_registration, registration_by
from app.registrations.rules import code_of
from app.web.limits import limiter, sign_up_rate
from app.web.pages import render, see_other

bp = Blueprint("tickets", __name__, url_prefix="/r/<token>")


def in_wechat() -> bool:
    """Tell whether the page is open inside WeChat, which saves no files and opens no calendars."""
    return "MicroMessenger" in request.user_agent.string


@bp.get("/ticket")
def ticket(token: str) -> Response:
    """Show the ticket, large enough for a scanner at the door; the code stands in the page itself."""
    registration = _seated(token)
    response = render(
        "registrations/own/ticket.html",
        ticket=tickets.ticket_of(registration, language=current_language()),
        qr=tickets.qr_svg(registration.code),
        event=registration.event,
        token=token,
        in_wechat=in_wechat(),
    )
    return _own(response)


@bp.get("/ticket.png")
def png(token: str) -> Response:
    """Send the ticket as a picture."""
    registration = _seated(token)
    content = tickets.as_png(tickets.ticket_of(registration, language=current_language()))
    return _file(content, "image/png", f"{registration.event.slug}-ticket.png")


@bp.get("/ticket.pdf")
def pdf(token: str) -> Response:
    """Send the ticket as a page to print."""
    registration = _seated(token)
    content = tickets.as_pdf(tickets.ticket_of(registration, language=current_language()))
    return _file(content, "application/pdf", f"{registration.event.slug}-ticket.pdf")


@bp.get("/event.ics")
def calendar_file(token: str) -> Response:
    """Send the event as a calendar file with this person's own links in it."""
    registration = _seated(token)
    content = event_file(
        registration.event,
        language=registration.language,
        manage_url=own_url(registration),
        online_url=registration.event.online_url,
        code=code_of(registration),
    )
    return _file(content, "text/calendar; charset=utf-8", f"{registration.event.slug}.ics")


@bp.post("/calendar-letter")
@limiter.limit(sign_up_rate)
def mail_calendar_file(token: str) -> BaseResponse:
    """Mail the calendar file, for browsers that do not save files."""
    mine.send_calendar_file(_seated(token), now=utc_now())
    return see_other("registrations.show", token=token, done="mailed", _anchor="calendar")


@bp.post("/renewal")
@limiter.limit(sign_up_rate)
def renew(token: str) -> BaseResponse:
    """Mail a link that opens again, to the address of the registration and nowhere else."""
    mine.renew_link(registration_by(token), now=utc_now())
    return see_other("mine.renewed")


def _seated(token: str) -> Registration:
    """Return the registration of this link if it has a seat at an event that takes place. Raises ConflictError."""
    registration = own_registration(token)
    is_off = registration.event.state is EventState.CANCELLED
    if registration.state is not RegistrationState.CONFIRMED or is_off:
        raise ConflictError(_("There is a ticket once you have a seat, and while the event takes place."))
    return registration


def _file(content: bytes, content_type: str, name: str) -> Response:
    response = Response(content, content_type=content_type)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    response.headers["Cache-Control"] = "private, no-store"
    return _own(response)


def _own(response: Response) -> Response:
    # The address is the key: it goes to no other site and into no index.
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
