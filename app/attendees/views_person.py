"""What organizers write about one attendee: corrections, tags, notes; letters sent again; and adding somebody."""

from collections.abc import Sequence
from typing import Final

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.gate import PATH, actor, require_fresh_proof, signed_in_organizer
from app.accounts.pages import manage_page
from app.accounts.rights import Permission
from app.attendees import attendee as reading
from app.attendees import by_hand, editing, marking
from app.attendees.by_hand import Kind, Newcomer
from app.attendees.editing import Correction
from app.attendees.forms_bulk import TagForm
from app.attendees.forms_person import CorrectionForm, NewcomerForm, NoteForm, correction_form, newcomer_form
from app.attendees.views_attendee import attendee_page
from app.core.clock import utc_now
from app.core.errors import BadInputError, ConflictError
from app.core.i18n import current_language
from app.core.i18n import gettext as _
from app.events.managed import Managed, managed_event
from app.registrations.models import Purpose, Question, Registration
from app.registrations.queries import questions_of
from app.web.forms import one_line
from app.web.limits import limiter, sign_up_rate
from app.web.pages import see_other

bp = Blueprint("person", __name__, url_prefix=f"{PATH}/events/<slug>/attendees")

_ID_MAX: Final = 2**31 - 1  # of the column


@bp.get("/new")
def new(slug: str) -> Response:
    """Show the form that adds somebody by hand."""
    managed = managed_event(slug, signed_in_organizer(), Permission.MANAGE_ATTENDEES)
    return _new_page(managed, newcomer_form(_to_edit(managed.event.id), _ways(managed.event.id)))


def _writes_to_nobody() -> bool:
    """Tell whether no letter is asked for: a queue at the door is added without a limit."""
    return not request.form.get("writes")


@bp.post("/new")
@limiter.limit(sign_up_rate, exempt_when=_writes_to_nobody)
def add(slug: str) -> BaseResponse:
    """Add somebody, confirmed at once."""
    managed = managed_event(slug, signed_in_organizer(), Permission.MANAGE_ATTENDEES)
    form = newcomer_form(_to_edit(managed.event.id), _ways(managed.event.id), request.form)
    if not form.validate():
        return _new_page(managed, form, 422)
    kind = Kind(form.kind.data)
    wish = Newcomer(
        name=form.name.data or "",
        address=form.address,
        ticket_type_id=form.ticket_type.data or 0,
        answers=form.answers(),
        language=current_language(),
        tag=_tags()[kind],
        writes=bool(form.writes.data),
        adds_seat=bool(form.adds_seat.data),
    )
    try:
        registration = by_hand.add(managed.event.id, wish, by=actor(), now=utc_now())
    except BadInputError as error:
        form.refuse(error)
        return _new_page(managed, form, 422)
    return see_other(".new", slug=slug, added=registration.code)


def _new_page(managed: Managed, form: NewcomerForm, status: int = 200) -> Response:
    code, event_id = one_line(request.args.get("added"))[:16], managed.event.id
    known = by_hand.known_at(event_id, form.address) if form.address and form.email.errors else None
    return manage_page(
        "attendees/new.html",
        status,
        permissions=managed.permissions,
        event=managed.event,
        form=form,
        known=known,
        added=reading.attendee(event_id, code) if code else None,
    )


def _tags() -> dict[Kind, str]:
    return {
        Kind.ATTENDEE: "",
        Kind.WALK_IN: _("Walk-in"),
        Kind.GUEST: _("Guest"),
        Kind.SPEAKER: _("Speaker"),
    }


@bp.get("/<code>/correction")
def edit(slug: str, code: str) -> Response:
    """Show name, address and answers to be corrected."""
    managed, registration = _managed(slug, code)
    return _edit_page(managed, registration, _correction_form(registration))


@bp.post("/<code>/correction")
@limiter.limit(sign_up_rate)
def correct(slug: str, code: str) -> BaseResponse:
    """Correct them."""
    managed, registration = _managed(slug, code)
    form = _correction_form(registration, is_sent=True)
    if not form.validate():
        return _edit_page(managed, registration, form, 422)
    wish = Correction(
        name=form.name.data or "",
        address=form.address,
        answers=form.answers(),
        asked=frozenset(question.id for question in form.questions),
        revokes_link=bool(form.revokes_link.data),
    )
    try:
        editing.correct(registration.id, wish, by=actor(), now=utc_now())
    except BadInputError as error:
        form.refuse(error)
        return _edit_page(managed, registration, form, 422)
    return see_other("attendee.show", slug=slug, code=code, done="corrected")


def _correction_form(registration: Registration, *, is_sent: bool = False) -> CorrectionForm:
    values = {"name": registration.name, "email": registration.email}
    answers = {answer.question_id: answer.value for answer in registration.answers}
    return correction_form(_to_edit(registration.event_id), values, answers, request.form if is_sent else None)


def _edit_page(managed: Managed, registration: Registration, form: CorrectionForm, status: int = 200) -> Response:
    known = by_hand.known_at(managed.event.id, form.address) if form.address and form.email.errors else None
    return manage_page(
        "attendees/correction.html",
        status,
        permissions=managed.permissions,
        event=managed.event,
        registration=registration,
        form=form,
        known=known,
    )


@bp.post("/<code>/letter")
def send_again(slug: str, code: str) -> BaseResponse:
    """Send the letter with how things are, and the link."""
    _managed_event, registration = _managed(slug, code, Permission.WRITE)
    editing.send_again(registration.id, by=actor(), now=utc_now())
    return see_other("attendee.show", slug=slug, code=code, done="sent", _anchor="letters")


@bp.post("/<code>/answers")
def show_answers(slug: str, code: str) -> Response:
    """Show also the answers that pages mask; that somebody looked is written down."""
    managed, registration = _managed(slug, code)
    require_fresh_proof()
    editing.note_shown(registration, by=actor(), now=utc_now())
    return attendee_page(managed, reading.attendee(managed.event.id, code), shows_masked=True)


@bp.post("/<code>/tags")
def tag(slug: str, code: str) -> BaseResponse:
    """Put a tag on them."""
    managed, registration = _managed(slug, code)
    form = TagForm(request.form)
    try:
        if not form.validate():
            return attendee_page(managed, registration, tag_form=form, status=422)
        marking.add_tag(registration.id, form.tag.data or "", by=actor(), now=utc_now())
    except BadInputError as error:
        form.refuse(error)
        return attendee_page(managed, reading.attendee(managed.event.id, code), tag_form=form, status=422)
    return see_other("attendee.show", slug=slug, code=code, _anchor="marks")


@bp.post("/<code>/tags/removal")
def untag(slug: str, code: str) -> BaseResponse:
    """Take a tag off them."""
    _managed_event, registration = _managed(slug, code)
    marking.remove_tag(registration.id, one_line(request.form.get("tag")), by=actor(), now=utc_now())
    return see_other("attendee.show", slug=slug, code=code, _anchor="marks")


@bp.post("/<code>/notes")
def write_note(slug: str, code: str) -> BaseResponse:
    """Write a note about them."""
    managed, registration = _managed(slug, code)
    form = NoteForm(request.form)
    if not form.validate():
        return attendee_page(managed, registration, note_form=form, status=422)
    marking.add_note(registration.id, form.text.data or "", by=actor(), now=utc_now())
    return see_other("attendee.show", slug=slug, code=code, _anchor="marks")


@bp.post(f"/<code>/notes/<int(max={_ID_MAX}):note_id>/removal")
def delete_note(slug: str, code: str, note_id: int) -> BaseResponse:
    """Delete a note of one's own."""
    _managed_event, registration = _managed(slug, code)
    marking.delete_note(registration.id, note_id, by=actor(), now=utc_now())
    return see_other("attendee.show", slug=slug, code=code, _anchor="marks")


def _managed(slug: str, code: str, needs: Permission = Permission.MANAGE_ATTENDEES) -> tuple[Managed, Registration]:
    managed = managed_event(slug, signed_in_organizer(), needs)
    registration = reading.attendee(managed.event.id, code)
    if registration.erased_at is not None:
        raise ConflictError(_("This person has been erased already."))
    return managed, registration


def _to_edit(event_id: int) -> Sequence[Question]:
    """Return what is asked, but for what organizers need not see or cannot say.

    Masked answers, which whoever corrects a name needs not see; and consents, which nobody gives for somebody else.
    """
    return [
        question
        for question in questions_of(event_id)
        if not question.is_masked and question.purpose is not Purpose.SPONSOR_CONSENT
    ]


def _ways(event_id: int) -> list[tuple[int, str]]:
    return [(kind.id, kind.name.in_language(current_language())) for kind in reading.ticket_types(event_id)]
