"""The event page with its sign-up form, the answer to a sign-up, and one's own registration."""

from typing import Any

from flask import Blueprint, Response, current_app, request
from werkzeug.wrappers import Response as BaseResponse

from app.core.clock import utc_now
from app.core.errors import BadInputError
from app.core.i18n import current_language
from app.events.admission import InvitationNeededError, clean_code
from app.events.models import Event, Visibility
from app.events.pages import event_context
from app.events.queries import public_event, refuse_unless_reachable
from app.registrations import later, service
from app.registrations.forms import InvitationForm, correction_form, invitation_form, later_form, sign_up_form
from app.registrations.models import Registration
from app.registrations.own_pages import secret_page
from app.registrations.queries import (
    event_for_sign_up,
    latest_of,
    live_place,
    own_registration,
    position_in_queue,
    present_transfer,
    questions_of,
    was_removed,
)
from app.registrations.rules import (
    can_change_answers,
    can_come_back,
    can_leave,
    can_pass_on,
    code_of,
    has_offer,
    is_live,
    public_ticket_types,
    sign_up_status,
)
from app.registrations.sources import source_of
from app.registrations.views_ticket import in_wechat
from app.web.forms import Form
from app.web.limits import limiter, sign_up_rate
from app.web.pages import public_page, render, see_other

bp = Blueprint("registrations", __name__)


@bp.get("/events/<slug>")
def event_page(slug: str) -> Response:
    """Show what, when, where, who speaks, and the form; of an event by invitation, ask for the code first."""
    now, code = utc_now(), request.args.get("code", "")
    try:
        event = public_event(slug, now=now, code=code)
    except InvitationNeededError:
        return _ask_for_code(slug, invitation_form(code=code), is_wrong=bool(code))
    status = sign_up_status(event, now=now)
    form = sign_up_form(public_ticket_types(event), questions_of(event.id)) if status.takes_sign_ups else None
    # Of an event by invitation no cache keeps the page: it is for those who have the code.
    answer = render if event.visibility is Visibility.INVITATION else public_page
    context = event_context(event, now=now, code=_code_for(event))
    return answer("registrations/event.html", **context, form=form, status=status, source=source_of(request.args))


@bp.post("/events/<slug>/invitation")
@limiter.limit(sign_up_rate)
def use_code(slug: str) -> BaseResponse:
    """Take a code that was typed to the page it opens."""
    form = invitation_form(request.form)
    if not form.validate():
        return _ask_for_code(slug, form, is_wrong=False, status=422)
    try:
        refuse_unless_reachable(slug, now=utc_now(), code=form.code.data or "")
    except InvitationNeededError:
        return _ask_for_code(slug, form, is_wrong=True, status=422)
    return see_other(".event_page", slug=slug, code=form.code.data, via=source_of(request.args) or None)


def _ask_for_code(slug: str, form: InvitationForm, *, is_wrong: bool, status: int = 200) -> Response:
    if is_wrong:
        form.refuse_code()
    return render("registrations/invitation.html", status, form=form, slug=slug, source=source_of(request.args))


def _code_for(event: Event) -> str:
    """Return the code that the reader brought, where the event asks for one: it stands in the page's links."""
    return clean_code(request.args.get("code")) if event.visibility is Visibility.INVITATION else ""


@bp.post("/events/<slug>/registrations")
@limiter.limit(sign_up_rate)
def sign_up(slug: str) -> BaseResponse:
    """Take a sign-up; the answer is the same whether the address is new, known, confirmed or waiting."""
    now, code = utc_now(), request.args.get("code", "")
    event = event_for_sign_up(slug, now=now, code=code)
    form = sign_up_form(
        public_ticket_types(event),
        questions_of(event.id),
        request.form,
        seconds_min=current_app.config["SIGN_UP_SECONDS_MIN"],
    )
    if not sign_up_status(event, now=now).takes_sign_ups:
        return _event_again(slug, None)
    if not form.validate():
        return _event_again(slug, form)
    try:
        service.sign_up(event, form.wish(current_language(), code=code, source=source_of(request.args)), now=now)
    except BadInputError as error:
        form.refuse(error)
        return _event_again(slug, form)
    return see_other(".registered", slug=slug, code=_code_for(event) or None)


def _event_again(slug: str, form: Form | None) -> Response:
    """Show the event page with what was typed and what is wrong, or why nothing can be sent any more."""
    now = utc_now()
    event = public_event(slug, now=now, code=request.args.get("code", ""))
    status = sign_up_status(event, now=now)
    context = event_context(event, now=now, code=_code_for(event))
    source = source_of(request.args)
    return render("registrations/event.html", 422, **context, form=form, status=status, source=source)


@bp.get("/events/<slug>/registered")
def registered(slug: str) -> Response:
    """Say what happens now; the same page for everybody, nothing of any one person."""
    event = event_for_sign_up(slug, now=utc_now(), code=request.args.get("code", ""))
    answer = render if event.visibility is Visibility.INVITATION else public_page
    return answer("registrations/registered.html", event=event, code=_code_for(event) or None)


@bp.get("/r/<token>")
def show(token: str) -> Response:
    """Show one's own registration."""
    return _own_page(own_registration(token), token)


@bp.post("/r/<token>/answers")
@limiter.limit(sign_up_rate)
def change_answers(token: str) -> BaseResponse:
    """Correct name and answers."""
    registration = own_registration(token)
    form = correction_form(questions_of(registration.event_id), request.form, answers=given(registration))
    if not form.validate():
        return _own_page(registration, token, form=form, status=422)
    try:
        service.change_answers(registration, name=form.name.data or "", answers=form.answers(), now=utc_now())
    except BadInputError as error:
        form.refuse(error)
        return _own_page(own_registration(token), token, form=form, status=422)
    return see_other(".show", token=token, done="saved")


@bp.post("/r/<token>/later-answers")
@limiter.limit(sign_up_rate)
def answer_later(token: str) -> BaseResponse:
    """Answer what is asked of those who have a place."""
    registration, now = own_registration(token), utc_now()
    questions = later.questions_for(registration, now=now)
    if not questions:
        return see_other(".show", token=token)
    form = later_form(questions, request.form, answers=given(registration))
    if not form.validate():
        return _own_page(registration, token, asked=form, status=422)
    try:
        service.answer_later(registration, questions, form.answers(), now=now)
    except BadInputError as error:
        form.refuse(error)
        return _own_page(own_registration(token), token, asked=form, status=422)
    return see_other(".show", token=token, done="answered", _anchor="later")


@bp.post("/r/<token>/consents")
@limiter.limit(sign_up_rate)
def take_back_consents(token: str) -> BaseResponse:
    """Take back that sponsors may have one's name, those of the form or all."""
    registration, now = own_registration(token), utc_now()
    kept = set(request.form.getlist("consent"))
    consents = later.consents_to_take_back(registration, now=now)
    service.take_back(registration, {each.id for each in consents if str(each.id) not in kept}, now=now)
    return see_other(".show", token=token, done="taken-back", _anchor="consents")


@bp.post("/r/<token>/cancellation")
@limiter.limit(sign_up_rate)
def cancel(token: str) -> BaseResponse:
    """Give the place back."""
    service.cancel(own_registration(token), now=utc_now())
    return see_other(".show", token=token)


def given(registration: Registration) -> dict[int, Any]:
    """Return what somebody has answered, by question id."""
    return {answer.question_id: answer.value for answer in registration.answers}


def _own_page(
    registration: Registration, token: str, *, form: Form | None = None, asked: Form | None = None, status: int = 200
) -> Response:
    event: Event = registration.event
    now, known = utc_now(), given(registration)
    changeable = can_change_answers(registration, now=now)
    if form is None and changeable:
        form = correction_form(questions_of(registration.event_id), name=registration.name, answers=known)
    later_questions = later.questions_for(registration, now=now)
    if asked is None and later_questions:
        asked = later_form(later_questions, answers=known)
    may_sign_up = can_come_back(registration, now=now)
    is_removed = may_sign_up and was_removed(latest_of(registration).id)
    return secret_page(
        "registrations/show.html",
        status,
        registration=registration,
        event=event,
        code=code_of(registration),
        token=token,
        form=form,
        asked=asked,
        lacks_answers=later.lacks_answers(registration, later_questions),
        deleted_days=max((each.keep_days or 0 for each in later_questions), default=0)
        if all(each.keep_days is not None for each in later_questions)
        else None,
        consents=later.consents_to_take_back(registration, now=now),
        done=request.args.get("done"),
        can_change=changeable,
        can_leave=can_leave(registration, now=now),
        can_pass_on=can_pass_on(registration, now=now),
        can_come_back=may_sign_up and not is_removed,
        is_removed=is_removed,
        has_come_back=may_sign_up and live_place(registration.event_id, registration.email_key) is not None,
        has_offer=has_offer(registration, now=now),
        transfer=present_transfer(registration, now=now),
        is_live=is_live(registration),
        is_over=event.ends_at <= now,
        wants_to_leave="leave" in request.args,
        position=position_in_queue(registration),
        is_saved=request.args.get("done") == "saved",
        is_mailed=request.args.get("done") == "mailed",
        in_wechat=in_wechat(),
    )
