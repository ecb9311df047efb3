"""The organizers' pages of a subject: who comes, the list as a file, and letters that did not arrive."""

from datetime import datetime
from typing import Any

from flask import Blueprint, Response, current_app, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.gate import PATH, actor, signed_in_organizer
from app.accounts.pages import manage_page
from app.accounts.rights import Permission
from app.attendees import attendee, choices, marking, saved
from app.attendees import queries as attendees
from app.attendees.order import Order
from app.attendees.past import OUTCOMES
from app.attendees.views_bulk import done_counts
from app.attendees.wanted import Wanted
from app.core.clock import utc_now
from app.core.errors import BadInputError
from app.core.i18n import current_language
from app.events.managed import Managed, managed_event
from app.events.models import Event
from app.mail import queries as mail_queries
from app.mail import service as mail
from app.registrations import changes, overbooking
from app.registrations.words import source_name, state_names
from app.web.forms import one_line
from app.web.pages import see_other

bp = Blueprint("attendees", __name__, url_prefix=f"{PATH}/events/<slug>")

_ID_MAX = 2**31 - 1  # of the column
_DIGITS_MAX = 20


@bp.get("/attendees")
def index(slug: str) -> Response:
    """Show fifty attendees, search and filter, the number in each state, and failed letters."""
    managed, wanted = managed_event(slug, signed_in_organizer(), Permission.SEE_ATTENDEES), Wanted.of(request.args)
    return _page(managed, wanted, Order.of(request.args.get("sort")))


def _page(managed: Managed, wanted: Wanted, order: Order, *, name_error: str = "", status: int = 200) -> Response:
    event, language = managed.event, current_language()
    page = attendees.attendee_page(event, wanted, order, after=_id("after"), before=_id("before"))
    return manage_page(
        "attendees/attendees.html",
        status,
        permissions=managed.permissions,
        event=event,
        wanted=wanted,
        order=order,
        orders=list(Order),
        page=page,
        tags=marking.tags_on([person.id for person in page.attendees]),
        views=saved.views_of(event.id),
        name_error=name_error,
        ticket_types=attendee.ticket_types(event.id),
        answer_choices=choices.answer_choices(event.id, language),
        all_tags=choices.tags_of(event.id),
        sources=choices.sources_of(event.id),
        source_name=source_name,
        refusing=mail_queries.refusing({attendee.email_key for attendee in page.attendees}),
        gathering=changes.gathering(event.id),
        counts=attendees.counts([event.id])[event.id],
        state_names=state_names(),
        failed=attendees.failed_letters(event.id),
        failure_names=attendees.failure_names(),
        done=done_counts(request.args),
        outcome_names=OUTCOMES,
        messages_url=_messages_url(event, wanted) if Permission.WRITE in managed.permissions else None,
        **_overbooking(event.id, event.ends_at, may=Permission.CONFIGURE in managed.permissions),
    )


@bp.post("/attendees/views")
def save_view(slug: str) -> BaseResponse:
    """Keep filter and order under a name."""
    managed, wanted = managed_event(slug, signed_in_organizer(), Permission.MANAGE_ATTENDEES), Wanted.of(request.form)
    order, name = Order.of(request.form.get("sort")), one_line(request.form.get("name"))
    try:
        saved.save(managed.event.id, name, wanted, order, by=actor(), now=utc_now())
    except BadInputError as error:
        return _page(managed, wanted, order, name_error=error.message, status=error.status)
    return see_other(".index", slug=slug, **_query(wanted, order))


@bp.post(f"/attendees/views/<int(max={_ID_MAX}):view_id>/removal")
def remove_view(slug: str, view_id: int) -> BaseResponse:
    """Take a view away."""
    event = managed_event(slug, signed_in_organizer(), Permission.MANAGE_ATTENDEES).event
    saved.remove(event.id, view_id, by=actor(), now=utc_now())
    return see_other(".index", slug=slug)


def _messages_url(event: Event, wanted: Wanted) -> str | None:
    """Return where a message to all who match is written; None where this site has no such page."""
    if "messages.new" not in current_app.view_functions:
        return None
    return url_for("messages.new", slug=event.slug, **dict[str, Any](wanted.as_query()))


def _query(wanted: Wanted, order: Order) -> dict[str, Any]:
    return wanted.as_query() | order.as_query()


@bp.post("/announcement")
def announce_now(slug: str) -> BaseResponse:
    """Tell everybody registered at once what has changed, instead of in some minutes."""
    event = managed_event(slug, signed_in_organizer(), Permission.WRITE).event
    changes.announce_now(event.id, by=actor(), now=utc_now())
    return see_other(".index", slug=slug)


@bp.post(f"/letters/<int(max={_ID_MAX}):letter_id>/delivery")
def send_again(slug: str, letter_id: int) -> BaseResponse:
    """Put a letter that failed back into the queue."""
    event = managed_event(slug, signed_in_organizer(), Permission.WRITE).event
    mail.send_again(attendees.failed_letter(event.id, letter_id).id, now=utc_now())
    return see_other(".index", slug=slug, _anchor="letters")


def _overbooking(event_id: int, ends_at: datetime, *, may: bool) -> dict[str, object]:
    """Return what the show rates of past events advise, for whoever may follow it before the event is over."""
    now = utc_now()
    if not may or ends_at <= now:
        return {"rates": None, "advice": []}
    rates = overbooking.rates(overbooking.past_shows(now=now))
    return {"rates": rates, "advice": overbooking.advice(attendee.ticket_types(event_id), rates) if rates else []}


def _id(name: str) -> int | None:
    text = request.args.get(name, "")
    # Python refuses to read a number of thousands of digits.
    return min(int(text[:_DIGITS_MAX]), _ID_MAX) if text.isascii() and text.isdigit() else None
