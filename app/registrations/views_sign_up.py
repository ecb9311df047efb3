"""The organizers' page of an event's sign-up: settings, and the ways to attend."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from flask import Blueprint, Response, request, url_for
from sqlalchemy.orm import selectinload
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.gate import PATH, actor, signed_in_organizer
from app.accounts.pages import manage_page
from app.accounts.rights import Permission
from app.core.clock import utc_now
from app.core.errors import BadInputError
from app.core.versions import ClashError
from app.events.managed import Managed, managed_event
from app.events.models import Event, TicketType
from app.registrations import numbers, settings, ticket_types
from app.registrations.fields import spoken_condition
from app.registrations.forms_sign_up import (
    NEW_TICKET_TYPE,
    SettingsForm,
    TicketTypeForm,
    settings_form,
    ticket_type_form,
)
from app.registrations.models import Question
from app.registrations.queries import all_questions_of
from app.registrations.questions import may_change_places
from app.registrations.ticket_types import BelowTakenError, ticket_type_of, values_of
from app.web.pages import see_other

bp = Blueprint("sign_up_manage", __name__, url_prefix=f"{PATH}/events/<slug>/sign-up")

_ID_MAX = 2**31 - 1
ID = f"int(max={_ID_MAX})"


def to_configure(slug: str) -> Managed:
    """Return the event with its ticket types, to whoever may change how it takes sign-ups."""
    options = (selectinload(Event.ticket_types),)
    return managed_event(slug, signed_in_organizer(), Permission.CONFIGURE, options=options)


@bp.get("")
def index(slug: str) -> Response:
    """Show ticket types, questions and settings."""
    managed = to_configure(slug)
    return _index(managed, settings_form(managed.event, settings.settings_of(managed.event)))


@bp.post("")
def save(slug: str) -> BaseResponse:
    """Save the settings."""
    managed = to_configure(slug)
    event = managed.event
    form = settings_form(event, settings.settings_of(event), request.form)
    if not form.validate():
        return _index(managed, form, 422)
    try:
        settings.save_settings(
            event.id,
            form.mine(),
            seen=form.seen,
            approve_pending=form.approve_pending(),
            by=actor(),
            now=utc_now(),
        )
    except ClashError as error:
        form.show(error)
        return _index(to_configure(slug), form, 409)
    except BadInputError as error:
        form.refuse(error)
        return _index(managed, form, 422)
    return see_other(".index", slug=slug, done="settings", _anchor="settings")


def _index(managed: Managed, form: SettingsForm, status: int = 200) -> Response:
    event = managed.event
    return manage_page(
        "registrations/manage/sign_up.html",
        status,
        permissions=managed.permissions,
        event=event,
        form=form,
        ticket_types=in_order(event),
        lines=_lines(all_questions_of(event.id)),
        places=numbers.places_of(event.id),
        nobody=numbers.Places(),
        answers=numbers.answers_of(event.id),
        done=request.args.get("done"),
        saved_form=_saved_form(event.slug),
    )


def _saved_form(slug: str) -> str | None:
    """Return the path of the form by which something was just done, of which the browser need keep nothing more."""
    for name in ("ticket_type", "question"):
        if request.args.get(name) == "new":
            return url_for(f".add_{name}", slug=slug, lang=None)
        number = request.args.get(name, type=int)
        if number is not None and 0 <= number <= _ID_MAX:
            values: dict[str, Any] = {"slug": slug, f"{name}_id": number}
            return url_for(f".change_{name}", lang=None, **values)
    return None


def in_order(event: Event) -> list[TicketType]:
    """Return the event's ticket types as they stand on its page."""
    return sorted(event.ticket_types, key=lambda each: (each.position, each.id))


@dataclass(frozen=True, slots=True)
class QuestionLine:
    """A question in the list: when it counts, in a sentence, and whether it may change places with its neighbours."""

    question: Question
    condition: str
    may_go_up: bool
    may_go_down: bool


def _lines(questions: Sequence[Question]) -> list[QuestionLine]:
    by_key = {each.key: each for each in questions}
    free = [may_change_places(*pair) for pair in pairwise(questions)]
    lines = []
    for each, up, down in zip(questions, [False, *free], [*free, False], strict=False):
        on = by_key.get(each.condition["question"]) if each.condition else None
        sentence = spoken_condition(on, each.condition["value"]) if on and each.condition else ""
        lines.append(QuestionLine(each, sentence, up, down))
    return lines


@bp.get("/ticket-types/new")
def new_ticket_type(slug: str) -> Response:
    """Show the form of a new way to attend."""
    return _ticket_type_page(to_configure(slug), ticket_type_form(NEW_TICKET_TYPE))


@bp.post("/ticket-types")
def add_ticket_type(slug: str) -> BaseResponse:
    """Add it."""
    managed = to_configure(slug)
    form = ticket_type_form(NEW_TICKET_TYPE, request.form)
    if not form.validate():
        return _ticket_type_page(managed, form, status=422)
    ticket_types.add_ticket_type(managed.event.id, form.values(), by=actor(), now=utc_now())
    return see_other(".index", slug=slug, done="added", ticket_type="new", _anchor="ticket-types")


@bp.get(f"/ticket-types/<{ID}:ticket_type_id>")
def ticket_type(slug: str, ticket_type_id: int) -> Response:
    """Show a way to attend, to change it."""
    managed = to_configure(slug)
    found = ticket_type_of(managed.event, ticket_type_id)
    return _ticket_type_page(managed, ticket_type_form(values_of(found)), found)


@bp.post(f"/ticket-types/<{ID}:ticket_type_id>")
def change_ticket_type(slug: str, ticket_type_id: int) -> BaseResponse:
    """Save it; a capacity below the seats taken is said first, and saved when it is sent once more."""
    managed = to_configure(slug)
    found = ticket_type_of(managed.event, ticket_type_id)
    form = ticket_type_form(values_of(found), request.form)
    if not form.validate():
        return _ticket_type_page(managed, form, found, status=422)
    lowered_to = request.form.get("lowered_to", "")
    try:
        ticket_types.change_ticket_type(
            managed.event.id,
            ticket_type_id,
            form.values(),
            seen=form.seen,
            lowered_to=int(lowered_to) if lowered_to.isascii() and lowered_to.isdigit() else None,
            by=actor(),
            now=utc_now(),
        )
    except ClashError as error:
        form.show(error)
        return _ticket_type_page(managed, form, found, status=409)
    except BelowTakenError as error:
        return _ticket_type_page(managed, form, found, below=error, status=422)
    return see_other(".index", slug=slug, done="saved", ticket_type=str(ticket_type_id), _anchor="ticket-types")


def _ticket_type_page(
    managed: Managed,
    form: TicketTypeForm,
    found: TicketType | None = None,
    *,
    below: BelowTakenError | None = None,
    status: int = 200,
) -> Response:
    places = numbers.places_of(managed.event.id)
    return manage_page(
        "registrations/manage/ticket_type.html",
        status,
        permissions=managed.permissions,
        event=managed.event,
        form=form,
        ticket_type=found,
        places=places.get(found.id, numbers.Places()) if found else numbers.Places(),
        below=below,
    )


@bp.post(f"/ticket-types/<{ID}:ticket_type_id>/up")
def ticket_type_up(slug: str, ticket_type_id: int) -> BaseResponse:
    """Move it one place up."""
    return _move_ticket_type(slug, ticket_type_id, up=True)


@bp.post(f"/ticket-types/<{ID}:ticket_type_id>/down")
def ticket_type_down(slug: str, ticket_type_id: int) -> BaseResponse:
    """Move it one place down."""
    return _move_ticket_type(slug, ticket_type_id, up=False)


def _move_ticket_type(slug: str, ticket_type_id: int, *, up: bool) -> BaseResponse:
    event = to_configure(slug).event
    ticket_types.move_ticket_type(event.id, ticket_type_id, up=up, by=actor(), now=utc_now())
    return see_other(".index", slug=slug, _anchor="ticket-types")


@bp.post(f"/ticket-types/<{ID}:ticket_type_id>/removal")
def remove_ticket_type(slug: str, ticket_type_id: int) -> BaseResponse:
    """Take it away, if nobody has ever used it."""
    event = to_configure(slug).event
    ticket_types.remove_ticket_type(event.id, ticket_type_id, by=actor(), now=utc_now())
    return see_other(".index", slug=slug, done="removed", ticket_type=str(ticket_type_id), _anchor="ticket-types")
