"""Signing in and out: by the link or the code from a letter, or by a passkey."""

from http import HTTPStatus
from typing import Final
from urllib.parse import quote, unquote

from flask import Blueprint, current_app, redirect, request, url_for
from werkzeug.wrappers import Response

from app.accounts import codes, gate, mails, passkeys, queries, rules, service
from app.accounts.forms import CodeForm, CredentialForm, SignInForm
from app.accounts.models import ChallengeKind
from app.core.clock import utc_now
from app.core.errors import BadInputError, NotFoundError
from app.core.i18n import current_language
from app.web.limits import limiter, sign_in_rate
from app.web.pages import render, see_other

bp = Blueprint("accounts", __name__, url_prefix=gate.PATH)

# Which address was typed in this browser, so that the page which asks for the code need not ask for it again.
ASKED_COOKIE: Final = "juhui_asked"
_ASKED_PATH: Final = f"{gate.PATH}/sign-in"


@bp.get("/sign-in")
def sign_in() -> Response:
    """Show the ways in, and how to become the first owner while there is none."""
    if gate.present_sign_in() is not None:
        return see_other("organizer.dashboard")
    return sign_in_page(SignInForm(data={"next": gate.safe_onward(request.args.get("next"))}))


@bp.post("/sign-in")
@limiter.limit(sign_in_rate)
def request_link() -> Response:
    """Send the letter, if there is anybody to send it to; the answer does not say."""
    form = SignInForm(request.form)
    if not form.validate():
        return sign_in_page(form, HTTPStatus.UNPROCESSABLE_ENTITY)
    onward = gate.safe_onward(form.next.data)
    codes.request_letter(form.address, language=current_language(), onward=onward, now=utc_now())
    response = see_other(".enter_code", **({"next": onward} if onward else {}))
    seconds = int(rules.LINK_LIFETIME.total_seconds())
    gate.set_cookie(response, ASKED_COOKIE, quote(form.email.data or ""), seconds=seconds, path=_ASKED_PATH)
    return response


@bp.get("/sign-in/code")
def enter_code() -> Response:
    """Ask for the code from the letter; in another browser than the one that asked for it, for the address too."""
    if gate.present_sign_in() is not None:
        return see_other("organizer.dashboard")
    return _code_page(CodeForm(data={"email": _asked(), "next": gate.safe_onward(request.args.get("next"))}))


@bp.post("/sign-in/code")
@limiter.limit(sign_in_rate)
def use_code() -> Response:
    """Sign this browser in by the code, if it is the one from the letter."""
    form, browser = CodeForm(request.form), gate.this_browser()
    if not form.validate():
        return _code_page(form, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        secret = codes.sign_in_by_code(form.address, form.code.data or "", browser, now=utc_now())
    except BadInputError as error:
        form.refuse(error)
        return _code_page(form, HTTPStatus.UNPROCESSABLE_ENTITY)
    response = gate.let_in(lead_on(form.next.data), secret, browser)
    response.delete_cookie(ASKED_COOKIE, path=_ASKED_PATH, httponly=True, samesite="Lax")
    return response


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
    browser = gate.this_browser()
    try:
        secret = service.sign_in(token, user_agent=browser.user_agent, device=browser.device, now=utc_now())
    except NotFoundError:
        return render("accounts/closed_link.html", HTTPStatus.GONE)
    return gate.let_in(lead_on(request.form.get("next")), secret, browser)


@bp.post("/sign-in/passkey-challenges")
@limiter.limit(sign_in_rate)
def passkey_challenge() -> Response:
    """Ask whatever authenticator is there; the page's script hands the question on."""
    site = passkeys.Site(current_app.config["PUBLIC_URL"])
    return gate.json_answer(passkeys.options_to_use(site, ChallengeKind.SIGN_IN, by=None, now=utc_now()))


@bp.post("/sign-in/passkey")
@limiter.limit(sign_in_rate)
def use_passkey() -> Response:
    """Sign this browser in by what the authenticator answered."""
    form, browser = CredentialForm(request.form), gate.this_browser()
    try:
        site = passkeys.Site(current_app.config["PUBLIC_URL"])
        secret = passkeys.sign_in(site, form.answer, browser, now=utc_now())
    except BadInputError as error:
        again = SignInForm(data={"next": gate.safe_onward(form.next.data)})
        return sign_in_page(again, HTTPStatus.UNPROCESSABLE_ENTITY, problem=error.message)
    return gate.let_in(lead_on(form.next.data), secret, browser)


@bp.post("/sign-out")
def sign_out() -> Response:
    """Sign this browser out, for good: the cookie opens nothing any more, wherever it was copied to."""
    service.sign_out(request.cookies.get(gate.COOKIE, ""), now=utc_now())
    return gate.let_out(see_other(".sign_in"))


def sign_in_page(form: SignInForm, status: int = 200, *, problem: str = "") -> Response:
    """Return the page with every way in that this site offers."""
    return render(
        "accounts/sign_in.html",
        status,
        form=form,
        problem=problem,
        has_owner=queries.has_owner(),
        can_use_passkeys=rules.passkey_host(current_app.config["PUBLIC_URL"]) is not None,
        provider=current_app.config["OIDC_NAME"] if current_app.config["OIDC_ISSUER"] else "",
    )


def _code_page(form: CodeForm, status: int = 200) -> Response:
    # Only what this browser itself asked with is hidden; an address that is refused must be there to be corrected.
    is_known = bool(_asked()) and form.email.data == _asked() and not form.email.errors
    return render("accounts/enter_code.html", status, form=form, is_known=is_known, minutes=mails.minutes())


def _asked() -> str:
    return unquote(request.cookies.get(ASKED_COOKIE, ""))[:254]


def lead_on(path: str | None) -> Response:
    """Return the redirect to where somebody wanted to go before they signed in, else to the overview."""
    response = redirect(gate.safe_onward(path) or url_for("organizer.dashboard"), code=HTTPStatus.SEE_OTHER)
    response.headers["Cache-Control"] = "private, no-store"
    return response
