"""Signing in with an OpenID Connect provider: to it, and back."""

import logging
from http import HTTPStatus
from typing import Final
from urllib.parse import quote, unquote

from flask import Blueprint, abort, current_app, redirect, request
from werkzeug.wrappers import Response

from app.accounts import gate, identities, oidc
from app.accounts.forms import SignInForm
from app.accounts.oidc import Attempt, Provider, ProviderError
from app.accounts.views import lead_on, sign_in_page
from app.core.clock import utc_now
from app.core.errors import RefusedError
from app.core.i18n import gettext as _
from app.web.limits import limiter, sign_in_rate
from app.web.pages import public_url

log = logging.getLogger(__name__)
bp = Blueprint("oidc", __name__, url_prefix=f"{gate.PATH}/sign-in/oidc")

COOKIE: Final = "juhui_oidc"
_COOKIE_PATH: Final = f"{gate.PATH}/sign-in/oidc"


@bp.get("")
@limiter.limit(sign_in_rate)
def start() -> Response:
    """Lead to the provider. A GET: it writes nothing, and a form must not lead to another site."""
    attempt = Attempt.begin(gate.safe_onward(request.args.get("next")), now=utc_now())
    try:
        response = redirect(oidc.address_to_ask(_provider(), attempt), code=HTTPStatus.SEE_OTHER)
    except ProviderError as error:
        return _away(error)
    response.headers["Cache-Control"] = "private, no-store"
    gate.set_cookie(response, COOKIE, quote(attempt.cookie, safe=""), seconds=oidc.PATIENCE, path=_COOKIE_PATH)
    return response


@bp.get("/callback")
@limiter.limit(sign_in_rate)
def callback() -> Response:
    """Take in whom the provider sends back."""
    provider, browser, now = _provider(), gate.this_browser(), utc_now()
    attempt = Attempt.resume(unquote(request.cookies.get(COOKIE, "")), request.args.get("state", ""), now=now)
    code = request.args.get("code")
    if "error" in request.args:  # some providers forget the state then
        return _refused(_("%(provider)s did not sign you in.", provider=current_app.config["OIDC_NAME"]))
    if attempt is None or not code:
        return _refused(_("This sign-in was begun in another browser, or too long ago. Please begin again."))
    try:
        person = oidc.person(provider, attempt, code, now=now)
        secret = identities.sign_in(provider.issuer, person, browser, now=now)
    except ProviderError as error:
        return _away(error)
    except RefusedError as error:
        return _refused(error.message)
    return _finished(gate.let_in(lead_on(attempt.onward), secret, browser))


def _provider() -> Provider:
    settings = current_app.config
    if not settings["OIDC_ISSUER"]:
        abort(404)
    return Provider(
        issuer=settings["OIDC_ISSUER"],
        client_id=settings["OIDC_CLIENT_ID"],
        client_secret=settings["OIDC_CLIENT_SECRET"],
        redirect_uri=public_url("oidc.callback", lang=None),  # to the letter as it is registered there
    )


def _away(error: ProviderError) -> Response:
    log.warning("the OpenID Connect provider did not help: %s", error)
    sentence = _(
        "%(provider)s does not answer as it should right now. Please try again later, or have us e-mail you a code.",
        provider=current_app.config["OIDC_NAME"],
    )
    return _finished(sign_in_page(SignInForm(), HTTPStatus.SERVICE_UNAVAILABLE, problem=sentence))


def _refused(sentence: str) -> Response:
    return _finished(sign_in_page(SignInForm(), HTTPStatus.FORBIDDEN, problem=sentence))


def _finished(response: Response) -> Response:
    """Forget the attempt: it leads there and back once."""
    response.delete_cookie(COOKIE, path=_COOKIE_PATH, httponly=True, samesite="Lax")
    return response
