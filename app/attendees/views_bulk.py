"""A decision on many attendees: what it would do, in words and numbers, and doing it."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, Response, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.gate import PATH, actor, signed_in_organizer
from app.accounts.pages import manage_page
from app.accounts.rights import Permission
from app.attendees import bulk, choices
from app.attendees.bulk import Action, Order, Selection
from app.attendees.forms_bulk import BulkForm
from app.attendees.wanted import Wanted
from app.core.clock import utc_now
from app.core.errors import BadInputError
from app.core.i18n import current_language
from app.core.i18n import gettext as _
from app.core.times import local_of
from app.events.managed import Managed, managed_event
from app.registrations.words import state_names
from app.web.pages import see_other

bp = Blueprint("bulk", __name__, url_prefix=f"{PATH}/events/<slug>/attendees/bulk")

_ID_MAX: Final = 2**31 - 1  # of the column
_DIGITS_MAX: Final = 10
WRITE: Final = "write"  # no decision: it leads to a message, whose room is above this one
MESSAGE: Final = "messages.new"
PREFIX: Final = "with-"  # of the fields of the decision: the filter has a "tag" too
OUTCOMES: Final = (
    "confirmed", "waiting", "left", "declined", "promoted", "no_seat", "cancelled", "tagged", "untagged", "unchanged",
)  # fmt: skip


@bp.get("/")
def confirm(slug: str) -> BaseResponse:
    """Say whom it would concern and what would happen, and ask."""
    managed, selection, action = _managed(slug), _selection(request.args), _action(request.args)
    if request.args.get("do") == WRITE and (selection.ids or selection.is_all):
        return _towards_message(managed, selection)
    if action is None or not (selection.ids or selection.is_all):
        return see_other("attendees.index", slug=slug, none="1", **selection.wanted.as_query())
    return _page(managed, action, selection, BulkForm(prefix=PREFIX))


@bp.post("/")
def carry_out(slug: str) -> BaseResponse:
    """Do it: at once to some, as long work to many."""
    managed, selection, action = _managed(slug), _selection(request.form), _action(request.form)
    if action is None or not (selection.ids or selection.is_all):
        return see_other("attendees.index", slug=slug, none="1", **selection.wanted.as_query())
    form = BulkForm(request.form, prefix=PREFIX)
    if not form.validate():
        return _page(managed, action, selection, form, 422)
    said = form.words.data if action is Action.DECLINE else form.reason.data
    order = Order(action, said or "", form.tag.data or "")
    try:
        return _carry_out(managed, order, selection)
    except BadInputError as error:
        form.refuse(error)
        return _page(managed, action, selection, form, 422)


def _towards_message(managed: Managed, selection: Selection) -> BaseResponse:
    """Lead to a new message: to all who match by what they match, to those who were ticked by a tag of their own."""
    if selection.is_all:
        return see_other(MESSAGE, slug=managed.event.slug, **selection.wanted.as_query())
    at = local_of(utc_now(), managed.event.zone)
    form = BulkForm(prefix=PREFIX, data={"tag": _("E-mail %(time)s", time=f"{at:%m-%d %H:%M:%S}")})
    return _page(managed, Action.TAG, selection, form, then=WRITE)


def _carry_out(managed: Managed, order: Order, selection: Selection) -> BaseResponse:
    event, now, slug = managed.event, utc_now(), managed.event.slug
    if bulk.outlook(event, order.action, selection).number > bulk.AT_ONCE_MAX:
        task = bulk.begin(event, order, selection, language=current_language(), by=actor(), now=now)
        return see_other("work.show", slug=slug, code=task.code)
    done = bulk.carry_out(event, order, selection, by=actor(), now=now)
    if order.action is Action.TAG and request.form.get("then") == WRITE:
        return see_other(MESSAGE, slug=slug, tag=order.tag)
    # What can be undone is offered to be; the bare word asks for that.
    offer = {"done": ""} if order.action.marks and (done["tagged"] or done["untagged"]) else {}
    return see_other("attendees.index", slug=slug, **_as_query(done), **offer, **selection.wanted.as_query())


def done_counts(args: MultiDict[str, str]) -> Mapping[str, int]:
    """Return what became of how many, as the address of the list says it after a decision."""
    return {name: _number(args.get(f"n-{name}")) for name in OUTCOMES if _number(args.get(f"n-{name}"))}


def _as_query(done: Counter[str]) -> dict[str, Any]:
    return {f"n-{name}": str(done[name]) for name in OUTCOMES if done[name]}


def _managed(slug: str) -> Managed:
    return managed_event(slug, signed_in_organizer(), Permission.MANAGE_ATTENDEES)


def _action(values: MultiDict[str, str]) -> Action | None:
    known = {action.value: action for action in Action}
    return known.get(values.get("do", ""))


def _selection(values: MultiDict[str, str]) -> Selection:
    ids = tuple(dict.fromkeys(number for text in values.getlist("who") if (number := _number(text))))
    return Selection(ids[: bulk.AT_ONCE_MAX], Wanted.of(values), is_all=values.get("all") == "1")


def _number(text: str | None) -> int:
    plain = (text or "")[:_DIGITS_MAX]
    return min(int(plain), _ID_MAX) if plain.isascii() and plain.isdigit() else 0


def _page(
    managed: Managed, action: Action, selection: Selection, form: BulkForm, status: int = 200, *, then: str = ""
) -> Response:
    looked = bulk.outlook(managed.event, action, selection)
    return manage_page(
        "attendees/bulk.html",
        status,
        permissions=managed.permissions,
        event=managed.event,
        action=action,
        selection=selection,
        outlook=looked,
        is_long=looked.number > bulk.AT_ONCE_MAX,
        form=form,
        then=then or request.form.get("then", ""),
        tags=choices.tags_of(managed.event.id) if action.marks else [],
        state_names=state_names(),
    )
