"""All that one address has here, after a code by mail: a list, a file with everything, and the way out."""

import json
from http import HTTPStatus

from flask import Blueprint, Flask, Response, request
from werkzeug.wrappers import Response as BaseResponse

from app.core.clock import utc_now
from app.core.errors import NotFoundError
from app.core.i18n import current_language
from app.history.service import THE_SITE
from app.registrations import erasing, mine, personal_feed
from app.registrations.forms_mine import AddressForm, DigitsForm
from app.registrations.queries import LinkExpiredError, places_offered_to, registrations_of
from app.registrations.rules import link_is_open, token_of
from app.registrations.words import state_names
from app.web.limits import limiter, sign_in_rate
from app.web.pages import public_page, render, see_other

bp = Blueprint("mine", __name__, url_prefix="/my")


@bp.get("/")
def index() -> Response:
    """Ask for the address; also the way back for somebody who lost a link."""
    return public_page("registrations/mine/ask.html", form=AddressForm())


@bp.post("/")
@limiter.limit(sign_in_rate)
def request_link() -> Response:
    """Send the letter, if there is anything to send it about; the answer does not say."""
    form = AddressForm(request.form)
    if not form.validate():
        return render("registrations/mine/ask.html", HTTPStatus.UNPROCESSABLE_ENTITY, form=form)
    mine.request_link(form.address, language=current_language(), now=utc_now())
    # No redirect: the address has no place in an address, which ends up in logs.
    return render("registrations/mine/sent.html", form=DigitsForm(data={"email": form.address.email}))


@bp.post("/code")
@limiter.limit(sign_in_rate)
def open_by_digits() -> BaseResponse:
    """Open the list by the digits from the letter."""
    form = DigitsForm(request.form)
    if not form.validate():
        return render("registrations/mine/sent.html", HTTPStatus.UNPROCESSABLE_ENTITY, form=form)
    try:
        token = mine.open_by_digits(form.address, form.digits.data or "", now=utc_now())
    except NotFoundError as error:
        form.digits.errors = [error.message]
        return render("registrations/mine/sent.html", HTTPStatus.UNPROCESSABLE_ENTITY, form=form)
    return see_other(".show", token=token)


@bp.get("/renewed")
def renewed() -> Response:
    """Say that a link is on its way; the same for everybody."""
    return public_page("registrations/mine/renewed.html")


@bp.get("/<token>")
def show(token: str) -> Response:
    """List everything this address has signed up for."""
    now = utc_now()
    email_key = mine.address_behind(token, now=now)
    registrations = registrations_of(email_key)
    return _own(
        render(
            "registrations/mine/show.html",
            registrations=registrations,
            offered=places_offered_to(email_key),
            state_names=state_names(),
            own_token={each.id: token_of(each) for each in registrations},
            is_open={each.id: link_is_open(each, now=now) for each in registrations},
            token=token,
        )
    )


@bp.get("/<token>/data.json")
def data(token: str) -> Response:
    """Send everything that is stored about this address as a file."""
    now = utc_now()
    told = mine.everything_about(mine.address_behind(token, now=now), now=now)
    content = json.dumps(told, ensure_ascii=False, indent=1)
    response = Response(content, content_type="application/json; charset=utf-8")
    response.headers.set("Content-Disposition", "attachment", filename="my-data.json")
    response.headers["Cache-Control"] = "private, no-store"
    return _own(response)


@bp.post("/<token>/feed")
@limiter.limit(sign_in_rate)
def open_feed(token: str) -> BaseResponse:
    """Lead to the calendar of one's own: the letter with this link has proved whose mailbox it is."""
    now = utc_now()
    email_key = mine.address_behind(token, now=now)
    feed_token = personal_feed.opened(email_key, language=current_language(), now=now)
    return see_other("personal_feed.show", token=feed_token)


@bp.get("/<token>/erasure")
def confirm_erasure(token: str) -> Response:
    """Say what erasing means, with the button."""
    registrations = registrations_of(mine.address_behind(token, now=utc_now()))
    return _own(render("registrations/mine/erase.html", number=len(registrations), token=token))


@bp.post("/<token>/erasure")
@limiter.limit(sign_in_rate)
def erase(token: str) -> BaseResponse:
    """Erase everything about this address."""
    now = utc_now()
    erasing.erase_person(mine.address_behind(token, now=now), by=THE_SITE, now=now)
    return see_other(".erased")


@bp.get("/erased")
def erased() -> Response:
    """Say that it is done."""
    return public_page("registrations/mine/erased.html")


def _own(response: Response) -> Response:
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def init_app(app: Flask) -> None:
    """Show a link that has expired with the button that renews it."""

    @app.errorhandler(LinkExpiredError)
    def _expired(error: LinkExpiredError) -> Response:
        token = (request.view_args or {}).get("token", "")
        return _own(render("registrations/mine/expired.html", HTTPStatus.GONE, sentence=error.message, token=token))
