"""The organizers' page of an event's outbox."""

from typing import Final

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.gate import PATH, actor, signed_in_organizer
from app.accounts.pages import manage_page
from app.accounts.rights import Permission
from app.core.clock import utc_now
from app.core.i18n import gettext as _
from app.events.managed import managed_event
from app.mail import kinds
from app.messages import event_letters
from app.messages.event_letters import STATES, Wish
from app.messages.queries import message_of
from app.messages.views import ID_MAX, number
from app.messages.words import failure_names, letter_names, tab_names
from app.web.forms import one_line
from app.web.pages import see_other

bp = Blueprint("letters", __name__, url_prefix=f"{PATH}/events/<slug>/letters")

_SEARCH_MAX: Final = 200
_LETTER: Final = f"int(max={ID_MAX}):letter_id"


@bp.get("")
def index(slug: str) -> Response:
    """Show fifty letters about the event, by state, by whom they went to, by the message they belong to."""
    managed = managed_event(slug, signed_in_organizer(), Permission.SEE_ATTENDEES)
    event = managed.event
    message = message_of(event.id, number("message")) if "message" in request.args else None
    state = request.args.get("state", "")
    wish = Wish(
        state=state if state in STATES else "",
        search=one_line(request.args.get("q"))[:_SEARCH_MAX],
        message_id=message.id if message else None,
    )
    done = {"stopped": _("The e-mail is stopped."), "again": _("The e-mail goes once more.")}
    return manage_page(
        "messages/letters.html",
        permissions=managed.permissions,
        event=event,
        wish=wish,
        message=message,
        kept={"q": wish.search or None, "message": wish.message_id},
        counts=_counts(event.id),
        page=event_letters.page(event, wish, before=number("before") or None, after=number("after") or None),
        tabs=tab_names(),
        tab_of={state: tab for tab, states in STATES.items() for state in states},
        letter_names=letter_names(),
        failure_names=failure_names(),
        last_kinds=kinds.last_kinds(),
        done=done.get(request.args.get("done", "")),
    )


def _counts(event_id: int) -> dict[str, str]:
    """Return the numbers behind the tabs as they are shown; "" is the tab of all."""
    counts, most = event_letters.counts(event_id), event_letters.COUNTED_MAX
    shown = {tab: event_letters.in_figures(number, most) for tab, number in counts.items()}
    # Where one of them was not counted to its end, all of them together were not either.
    every = sum(counts.values())
    return shown | {"": event_letters.in_figures(every, most if max(counts.values()) > most else every)}


@bp.post(f"/<{_LETTER}>/again")
def send_again(slug: str, letter_id: int) -> BaseResponse:
    """Put a letter that failed back into the queue."""
    event = managed_event(slug, signed_in_organizer(), Permission.WRITE).event
    event_letters.send_again(event.id, letter_id, by=actor(), now=utc_now())
    return _back(slug, "again")


@bp.post(f"/<{_LETTER}>/stop")
def stop(slug: str, letter_id: int) -> BaseResponse:
    """Let a letter that waits never leave."""
    event = managed_event(slug, signed_in_organizer(), Permission.WRITE).event
    event_letters.stop(event.id, letter_id, by=actor(), now=utc_now())
    return _back(slug, "stopped")


def _back(slug: str, done: str) -> BaseResponse:
    """Lead back to the page on which the button was."""
    state = request.form.get("state", "")
    return see_other(
        ".index",
        slug=slug,
        state=state if state in STATES else None,
        q=one_line(request.form.get("q"))[:_SEARCH_MAX] or None,
        message=str(number("message")) if number("message") else None,
        done=done,
    )
