"""The event page with its sign-up form, the answer to a sign-up, and one's own registration."""

from flask import Blueprint, Response, current_app, request
from werkzeug.wrappers import Response as BaseResponse

from app.core.clock import utc_now
from app.core.errors import BadInputError
from app.core.i18n import current_language
from app.events.models import Event
from app.events.pages import event_context
from app.events.queries import public_event
from app.registrations import service
from app.registrations.forms import correction_form, sign_up_form
from app.registrations.models import Registration
from app.registrations.own_pages import secret_page
from app.registrations.queries import (
    event_for_sign_up,
    live_place,
    own_registration,
    position_in_queue,
    present_transfer,
    questions_of,
)
from app.registrations.rules import (
    can_change_answers,
    can_come_back,
    can_leave,
    can_pass_on,
    has_offer,
    is_live,
    public_ticket_types,
    sign_up_status,
)
from app.registrations.views_ticket import in_wechat
from app.web.forms import Form
from app.web.limits import limiter, sign_up_rate
from app.web.pages import public_page, render, see_other

bp = Blueprint("registrations", __name__)


@bp.get("/events/<slug>")
def event_page(slug: str) -> Response:
    """Show what, when, where, who speaks, and the form."""
    now = utc_now()
    event = public_event(slug, now=now)
    status = sign_up_status(event, now=now)
    form = sign_up_form(public_ticket_types(event), questions_of(event.id)) if status.takes_sign_ups else None
    return public_page("registrations/event.html", **event_context(event, now=now), form=form, status=status)


@bp.post("/events/<slug>/registrations")
@limiter.limit(sign_up_rate)
def sign_up(slug: str) -> BaseResponse:
    """Take a sign-up; the answer is the same whether the address is new, known, confirmed or waiting."""
    event, now = event_for_sign_up(slug), utc_now()
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
        service.sign_up(event, form.wish(current_language()), now=now)
    except BadInputError as error:
        form.refuse(error)
        return _event_again(slug, form)
    return see_other(".registered", slug=slug)


def _event_again(slug: str, form: Form | None) -> Response:
    """Show the event page with what was typed and what is wrong, or why nothing can be sent any more."""
    now = utc_now()
    event = public_event(slug, now=now)
    status = sign_up_status(event, now=now)
    return render("registrations/event.html", 422, **event_context(event, now=now), form=form, status=status)


@bp.get("/events/<slug>/registered")
def registered(slug: str) -> Response:
    """Say what happens now; the same page for everybody, nothing of any one person."""
    return public_page("registrations/registered.html", event=event_for_sign_up(slug))


@bp.get("/r/<token>")
def show(token: str) -> Response:
    """Show one's own registration."""
    return _own_page(own_registration(token), token)


@bp.post("/r/<token>/answers")
@limiter.limit(sign_up_rate)
def change_answers(token: str) -> BaseResponse:
    """Correct name and answers."""
    registration = own_registration(token)
    form = correction_form(questions_of(registration.event_id), request.form)
    if not form.validate():
        return _own_page(registration, token, form=form, status=422)
    try:
        service.change_answers(registration, name=form.name.data or "", answers=form.answers(), now=utc_now())
    except BadInputError as error:
        form.refuse(error)
        return _own_page(own_registration(token), token, form=form, status=422)
    return see_other(".show", token=token, done="saved")


@bp.post("/r/<token>/cancellation")
@limiter.limit(sign_up_rate)
def cancel(token: str) -> BaseResponse:
    """Give the place back."""
    service.cancel(own_registration(token), now=utc_now())
    return see_other(".show", token=token)


def _own_page(registration: Registration, token: str, *, form: Form | None = None, status: int = 200) -> Response:
    event: Event = registration.event
    now = utc_now()
    changeable = can_change_answers(registration, now=now)
    if form is None and changeable:
        known = {answer.question_id: answer.value for answer in registration.answers}
        form = correction_form(questions_of(registration.event_id), name=registration.name, answers=known)
    may_come_back = can_come_back(registration, now=now)
    return secret_page(
        "registrations/show.html",
        status,
        registration=registration,
        event=event,
        token=token,
        form=form,
        can_change=changeable,
        can_leave=can_leave(registration, now=now),
        can_pass_on=can_pass_on(registration, now=now),
        can_come_back=may_come_back,
        has_come_back=may_come_back and live_place(registration.event_id, registration.email_key) is not None,
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
