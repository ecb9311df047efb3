"""Passing a place on: the giver's form, and the page on which the other person confirms."""

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as BaseResponse

from app.core.clock import utc_now
from app.core.errors import BadInputError, ConflictError
from app.core.i18n import current_language
from app.registrations import transfers
from app.registrations.forms import correction_form
from app.registrations.models import Registration, Transfer
from app.registrations.own_pages import secret_page
from app.registrations.queries import offered_transfer, own_registration, questions_of
from app.registrations.rules import can_pass_on, code_of, token_of
from app.registrations.transfer_forms import TransferForm
from app.web.forms import Form
from app.web.limits import limiter, sign_up_rate
from app.web.pages import see_other

bp = Blueprint("transfers", __name__)


@bp.get("/r/<token>/transfer")
def new(token: str) -> BaseResponse:
    """Ask who is to have the place."""
    registration = own_registration(token)
    if not can_pass_on(registration, now=utc_now()):
        return see_other("registrations.show", token=token)
    return _form_page(registration, token, TransferForm())


@bp.post("/r/<token>/transfer")
@limiter.limit(sign_up_rate)
def pass_on(token: str) -> BaseResponse:
    """Write to the other person."""
    registration, form = own_registration(token), TransferForm(request.form)
    if not form.validate():
        return _form_page(registration, token, form, 422)
    try:
        transfers.pass_on(registration, form.receiver(), language=current_language(), now=utc_now())
    except BadInputError as error:
        form.refuse(error)
        return _form_page(registration, token, form, 422)
    return see_other("registrations.show", token=token, _anchor="transfer")


@bp.post("/r/<token>/transfer/withdrawal")
@limiter.limit(sign_up_rate)
def withdraw(token: str) -> BaseResponse:
    """Keep the place after all."""
    transfers.withdraw(own_registration(token), now=utc_now())
    return see_other("registrations.show", token=token, _anchor="transfer")


@bp.get("/t/<token>")
def show(token: str) -> Response:
    """Show what is passed on, and the form with which it is taken."""
    transfer = offered_transfer(token)
    form = correction_form(questions_of(transfer.registration.event_id), name=transfer.name)
    return _offer_page(transfer, token, form)


@bp.post("/t/<token>/acceptance")
@limiter.limit(sign_up_rate)
def accept(token: str) -> BaseResponse:
    """Take the place."""
    transfer, now = offered_transfer(token), utc_now()
    form = correction_form(questions_of(transfer.registration.event_id), request.form)
    if not transfers.is_to_be_had(transfer, now=now):
        return _offer_page(transfer, token, form, status=409)
    if not form.validate():
        return _offer_page(transfer, token, form, status=422)
    try:
        receiver = transfers.accept(
            transfer, name=form.name.data or "", answers=form.answers(), language=current_language(), now=now
        )
    except ConflictError as error:
        return _offer_page(offered_transfer(token), token, form, status=409, refusal=error.message)
    return see_other("registrations.show", token=token_of(receiver))


def _form_page(registration: Registration, token: str, form: Form, status: int = 200) -> Response:
    return secret_page(
        "registrations/own/pass_on.html",
        status,
        registration=registration,
        event=registration.event,
        token=token,
        form=form,
    )


def _offer_page(transfer: Transfer, token: str, form: Form, *, status: int = 200, refusal: str = "") -> Response:
    return secret_page(
        "registrations/own/receive.html",
        status,
        transfer=transfer,
        giver=transfer.registration,
        code=code_of(transfer.registration),
        event=transfer.registration.event,
        token=token,
        form=form,
        is_to_be_had=transfers.is_to_be_had(transfer, now=utc_now()),
        refusal=refusal,
    )
