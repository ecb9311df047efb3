"""The organizers' pages of a subject: who comes, the list as a file, and letters that did not arrive."""

from datetime import datetime

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.gate import PATH, actor, signed_in_organizer
from app.accounts.pages import manage_page
from app.accounts.rights import Permission
from app.attendees import attendee
from app.attendees import queries as attendees
from app.attendees.wanted import Wanted
from app.core.clock import utc_now
from app.events.managed import managed_event
from app.mail import queries as mail_queries
from app.mail import service as mail
from app.registrations import changes, overbooking
from app.registrations.words import state_names
from app.web.pages import see_other

bp = Blueprint("attendees", __name__, url_prefix=f"{PATH}/events/<slug>")

_ID_MAX = 2**31 - 1  # of the column
_DIGITS_MAX = 20


@bp.get("/attendees")
def index(slug: str) -> Response:
    """Show fifty attendees, the search, the number in each state, and failed letters."""
    managed, wanted = managed_event(slug, signed_in_organizer(), Permission.SEE_ATTENDEES), _wanted()
    event = managed.event
    before, after = _id("before"), _id("after")
    page = attendees.attendee_page(event, wanted, after=after or 0, before=before)
    return manage_page(
        "attendees/attendees.html",
        permissions=managed.permissions,
        event=event,
        wanted=wanted,
        page=page,
        refusing=mail_queries.refusing({attendee.email_key for attendee in page.attendees}),
        gathering=changes.gathering(event.id),
        counts=attendees.counts([event.id])[event.id],
        state_names=state_names(),
        failed=attendees.failed_letters(event.id),
        failure_names=attendees.failure_names(),
        **_overbooking(event.id, event.ends_at, may=Permission.CONFIGURE in managed.permissions),
    )


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


def _wanted() -> Wanted:
    return Wanted.of(request.args)


def _id(name: str) -> int | None:
    text = request.args.get(name, "")
    # Python refuses to read a number of thousands of digits.
    return min(int(text[:_DIGITS_MAX]), _ID_MAX) if text.isascii() and text.isdigit() else None
