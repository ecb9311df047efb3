"""Signing in and out: ask for a link, open it, press the button."""

from http import HTTPStatus

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from app.accounts import gate, queries, rules, service
from app.accounts.forms import SignInForm
from app.core.clock import utc_now
from app.core.errors import NotFoundError
from app.core.i18n import current_language
from app.web.limits import limiter, sign_in_rate
from app.web.pages import render, see_other

bp = Blueprint("accounts", __name__, url_prefix=gate.PATH)


@bp.get("/sign-in")
def sign_in() -> Response:
    """Show the form that asks for a link, or that the letter is on its way."""
    if gate.present_sign_in() is not None:
        return see_other("organizer.dashboard")
    if "sent" in request.args:
        return render("accounts/sent.html", minutes=int(rules.LINK_LIFETIME.total_seconds()) // 60)
    return render("accounts/sign_in.html", form=SignInForm(data={"next": gate.safe_onward(request.args.get("next"))}))


@bp.post("/sign-in")
@limiter.limit(sign_in_rate)
def request_link() -> Response:
    """Send the letter, if there is anybody to send it to; the answer does not say."""
    form = SignInForm(request.form)
    if not form.validate():
        return render("accounts/sign_in.html", HTTPStatus.UNPROCESSABLE_ENTITY, form=form)
    onward = gate.safe_onward(form.next.data)
    service.request_link(form.address, language=current_language(), onward=onward, now=utc_now())
    return see_other(".sign_in", sent="")


@bp.get("/sign-in/<token>")
def open_link(token: str) -> Response:
    """Show one button. Mail scanners open links; they do not press buttons."""
    link = queries.link_by_token(token)
    if link is None or not rules.is_open(link, now=utc_now()):
        return render("accounts/closed_link.html", HTTPStatus.NOT_FOUND if link is None else HTTPStatus.GONE)
    return render("accounts/open_link.html", token=token, onward=gate.safe_onward(request.args.get("next")))


@bp.post("/sign-in/<token>")
@limiter.limit(sign_in_rate)
def use_link(token: str) -> Response:
    """Sign this browser in."""
    try:
        secret = service.sign_in(token, user_agent=request.user_agent.string, now=utc_now())
    except NotFoundError:
        return render("accounts/closed_link.html", HTTPStatus.GONE)
    onward = gate.safe_onward(request.form.get("next"))
    response = redirect(onward or url_for("organizer.dashboard"), code=HTTPStatus.SEE_OTHER)
    response.headers["Cache-Control"] = "private, no-store"
    return gate.let_in(response, secret)


@bp.post("/sign-out")
def sign_out() -> Response:
    """Sign this browser out, for good: the cookie opens nothing any more, wherever it was copied to."""
    service.sign_out(request.cookies.get(gate.COOKIE, ""), now=utc_now())
    return gate.let_out(see_other(".sign_in"))
