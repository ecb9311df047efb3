"""The door to everything under `/organizer`: closed by default, opened by the sign-in's cookie."""

from typing import Final

from flask import Flask, current_app, g, request
from werkzeug.wrappers import Response

from app.accounts import queries, rules
from app.accounts.models import Organizer, SignInSession
from app.accounts.rights import PERMISSIONS, Permission
from app.core.clock import utc_now
from app.core.errors import RefusedError
from app.core.i18n import gettext as _
from app.history.service import Actor
from app.web.pages import see_other

COOKIE: Final = "juhui_session"
# The browser sends the cookie here and nowhere else: public pages never see one.
PATH: Final = "/organizer"
# What must be open for those who are not in yet.
_OPEN: Final = frozenset({
    "accounts.sign_in", "accounts.request_link", "accounts.open_link", "accounts.use_link",
    "team.open_invitation", "team.accept_invitation",
})  # fmt: skip


def signed_in_organizer() -> Organizer:
    """Return who is managing. Only for views under `/organizer`, which the gate has let through."""
    session: SignInSession = g.sign_in
    return session.organizer


def actor() -> Actor:
    """Return who is managing, as the history names them."""
    session: SignInSession = g.sign_in
    return Actor(organizer_id=session.organizer_id, session_id=session.id)


def require(permission: Permission) -> Organizer:
    """Return who is managing, if their role for the whole site allows this. Raises RefusedError."""
    organizer = signed_in_organizer()
    if organizer.role is None or permission not in PERMISSIONS[organizer.role]:
        raise RefusedError(_("Your role does not include this. An owner of the site can give you another one."))
    return organizer


def present_sign_in() -> SignInSession | None:
    """Return the sign-in of this browser, if it is one that still holds."""
    secret = request.cookies.get(COOKIE)
    return queries.live_session(secret, now=utc_now()) if secret else None


def safe_onward(path: str | None) -> str:
    """Return a path inside the organizers' pages to go on to; empty for anything else, such as another site."""
    if not path or not path.startswith(f"{PATH}/") or path.startswith(f"{PATH}/sign-"):
        return ""
    return path if path.isprintable() and "\\" not in path else ""


def let_in(response: Response, secret: str) -> Response:
    """Give the browser its cookie: unreadable to scripts, not sent by other sites' forms, over https only if we are."""
    response.set_cookie(
        COOKIE,
        secret,
        max_age=int(rules.SESSION_LIFETIME.total_seconds()),
        path=PATH,
        httponly=True,
        samesite="Lax",
        secure=current_app.config["PUBLIC_URL"].startswith("https://"),
    )
    return response


def let_out(response: Response) -> Response:
    """Take the cookie away."""
    response.delete_cookie(COOKIE, path=PATH, httponly=True, samesite="Lax")
    return response


def init_app(app: Flask) -> None:
    """Ask at the door itself, so that a page which forgot to ask is closed and not open."""

    @app.before_request
    def _ask() -> Response | None:
        rule = request.url_rule.rule if request.url_rule else ""
        if not (rule == PATH or rule.startswith(f"{PATH}/")) or request.endpoint in _OPEN:
            return None
        g.sign_in = present_sign_in()
        if g.sign_in is not None:
            return None
        onward = safe_onward(request.full_path.rstrip("?")) if request.method == "GET" else ""
        return see_other("accounts.sign_in", **({"next": onward} if onward else {}))
