"""The organizers' page of one attendee, what they decide there, erasing; and letting in more than there are seats."""

from collections.abc import Callable

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.gate import PATH, actor, require_fresh_proof, signed_in_organizer
from app.accounts.pages import manage_page
from app.accounts.rights import Permission, permissions_of
from app.attendees import attendee as reading
from app.attendees import choices, marking
from app.attendees.forms_bulk import TagForm
from app.attendees.forms_decisions import OverbookingForm, PromotionForm, ReasonForm, move_form
from app.attendees.forms_person import NoteForm
from app.core.clock import utc_now
from app.core.errors import BadInputError, ConflictError
from app.core.i18n import current_language
from app.core.i18n import gettext as _
from app.events.managed import Managed, managed_event
from app.history.words import of_action
from app.registrations import erasing, overbooking, overrides
from app.registrations.models import Registration
from app.registrations.overrides import Decision
from app.registrations.queries import position_in_queue, registrations_of
from app.registrations.words import source_name, state_names
from app.web.forms import Form
from app.web.pages import see_other

bp = Blueprint("attendee", __name__, url_prefix=f"{PATH}/events/<slug>")


@bp.get("/attendees/<code>")
def show(slug: str, code: str) -> Response:
    """Show what is known of one attendee, and what may be decided."""
    managed = managed_event(slug, signed_in_organizer(), Permission.SEE_ATTENDEES)
    return attendee_page(managed, reading.attendee(managed.event.id, code))


@bp.post("/attendees/<code>/promotion")
def promote(slug: str, code: str) -> BaseResponse:
    """Give them a seat past the queue."""
    managed, registration = _managed(slug, code)
    form = PromotionForm(request.form, prefix="promotion-")
    return _decide(managed, registration, form, lambda: overrides.promote(registration.id, _decision(form)))


@bp.post("/attendees/<code>/ticket-type")
def move(slug: str, code: str) -> BaseResponse:
    """Let them attend in another way."""
    managed, registration = _managed(slug, code)
    form = move_form(_other_ways(registration), request.form)
    to = form.ticket_type
    return _decide(managed, registration, form, lambda: overrides.move(registration.id, to.data, _decision(form)))


@bp.post("/attendees/<code>/removal")
def remove(slug: str, code: str) -> BaseResponse:
    """End their registration."""
    managed, registration = _managed(slug, code)
    form = ReasonForm(request.form, prefix="removal-")
    return _decide(managed, registration, form, lambda: overrides.remove(registration.id, _decision(form)))


@bp.get("/attendees/<code>/erasure")
def confirm_erasure(slug: str, code: str) -> Response:
    """Say what goes and what stays when this person is erased, with the button."""
    managed, registration = _to_be_erased(slug, code)
    everywhere = _may_erase_everywhere()
    return manage_page(
        "attendees/erasure.html",
        permissions=managed.permissions,
        event=managed.event,
        registration=registration,
        everywhere=everywhere,
        number=len(registrations_of(registration.email_key)) if everywhere else 1,
    )


@bp.post("/attendees/<code>/erasure")
def erase(slug: str, code: str) -> BaseResponse:
    """Erase this person everywhere; for whoever manages single events, this registration alone."""
    _managed_event, registration = _to_be_erased(slug, code)
    if _may_erase_everywhere():
        erasing.erase_person(registration.email_key, by=actor(), now=utc_now())
    else:
        erasing.erase_registration(registration.id, registration.email_key, by=actor(), now=utc_now())
    return see_other(".show", slug=slug, code=code)


@bp.post("/overbooking")
def overbook(slug: str) -> BaseResponse:
    """Let in more people than there are seats, as many as the advice allows."""
    event = managed_event(slug, signed_in_organizer(), Permission.CONFIGURE).event
    form = OverbookingForm(request.form)
    if not form.validate():
        raise BadInputError(next(message for _id, message in form.summary()))
    capacity: int = form.capacity.data or 0
    overbooking.overbook(event.id, form.ticket_type.data or 0, capacity, by=actor(), now=utc_now())
    return see_other("attendees.index", slug=slug, _anchor="attendees")


def _managed(slug: str, code: str) -> tuple[Managed, Registration]:
    managed = managed_event(slug, signed_in_organizer(), Permission.MANAGE_ATTENDEES)
    return managed, reading.attendee(managed.event.id, code)


def _to_be_erased(slug: str, code: str) -> tuple[Managed, Registration]:
    managed, registration = _managed(slug, code)
    require_fresh_proof()
    if registration.erased_at is not None:
        raise ConflictError(_("This person has been erased already."))
    return managed, registration


def _may_erase_everywhere() -> bool:
    """Tell whether the role for the whole site includes it: a role at one event says nothing about the others."""
    return Permission.MANAGE_ATTENDEES in permissions_of(signed_in_organizer().role)


def _decision(form: ReasonForm) -> Decision:
    adds_seat = bool(form["adds_seat"].data) if "adds_seat" in form else False
    return Decision(reason=form.reason.data or "", by=actor(), now=utc_now(), adds_seat=adds_seat)


def _decide(managed: Managed, registration: Registration, form: Form, decide: Callable[[], None]) -> BaseResponse:
    if not form.validate():
        return attendee_page(managed, registration, form, status=422)
    try:
        decide()
    except BadInputError as error:
        form.refuse(error)
        return attendee_page(managed, reading.attendee(managed.event.id, registration.code), form, status=422)
    return see_other(".show", slug=managed.event.slug, code=registration.code)


def _other_ways(registration: Registration) -> list[tuple[int, str]]:
    return [
        (kind.id, kind.name.in_language(current_language()))
        for kind in reading.ticket_types(registration.event_id)
        if kind.id != registration.ticket_type_id
    ]


def attendee_page(
    managed: Managed,
    registration: Registration,
    sent: Form | None = None,
    *,
    tag_form: TagForm | None = None,
    note_form: NoteForm | None = None,
    shows_masked: bool = False,
    status: int = 200,
) -> Response:
    """Return the page of one attendee, with the form that was sent and refused, if one was."""
    ways = _other_ways(registration)
    forms = {
        "promotion": PromotionForm(prefix="promotion-"),
        "move": move_form(ways),
        "removal": ReasonForm(prefix="removal-"),
    }
    if sent is not None:
        forms = {name: sent if type(sent) is type(form) else form for name, form in forms.items()}
    return manage_page(
        "attendees/attendee.html",
        status,
        permissions=managed.permissions,
        event=managed.event,
        registration=registration,
        state_names=state_names(),
        source_name=source_name,
        position=position_in_queue(registration),
        answers=reading.answers(registration, current_language(), shows_masked=shows_masked),
        has_masked=any(answer.question.is_masked for answer in registration.answers),
        shows_masked=shows_masked,
        tags=marking.tags_on([registration.id]).get(registration.id, []),
        tag_form=tag_form or TagForm(),
        all_tags=choices.tags_of(managed.event.id),
        notes=marking.notes_on(registration.id),
        note_form=note_form or NoteForm(),
        my_id=signed_in_organizer().id,
        letters=reading.letters(registration),
        letter_names=reading.letter_names(),
        letter_states=reading.letter_states(),
        entries=reading.entries(registration),
        name_of_action=of_action,
        decisions=forms,
        sent=sent,
        has_other_ways=bool(ways),
    )
