"""The door to everything under `/organizer`: closed by default, opened by the sign-in's cookie."""

from http import HTTPStatus
from itertools import islice
from typing import Final
from urllib.parse import quote

from flask import Flask, current_app, g, request
from werkzeug.wrappers import Response

from app.accounts import queries, rules, sessions
from app.accounts.models import Organizer, SignInSession
from app.accounts.rights import PERMISSIONS, Permission
from app.config import FORM_BYTES_MAX
from app.core.clock import utc_now
from app.core.db import db
from app.core.errors import RefusedError
from app.core.i18n import gettext as _
from app.core.tokens import new_secret
from app.history.service import Actor
from app.web.bodies import FIELDS_MAX, keep_long_bodies_for
from app.web.pages import render, see_other
from app.web.same_origin import SAFE_METHODS

COOKIE: Final = "juhui_session"
# By this one a device is known again, so that a letter goes out only for those that are new.
DEVICE_COOKIE: Final = "juhui_device"
# The browser sends the cookie here and nowhere else: public pages never see one.
PATH: Final = "/organizer"
# What must be open for those who are not in yet.
_OPEN: Final = frozenset({
    "accounts.sign_in", "accounts.request_link", "accounts.open_link", "accounts.use_link", "accounts.sign_out",
    "accounts.enter_code", "accounts.use_code", "accounts.passkey_challenge", "accounts.use_passkey",
    "oidc.start", "oidc.callback", "team.open_invitation", "team.accept_invitation",
})  # fmt: skip


class ProofNeededError(Exception):
    """What was asked for needs a proof of who sits at this browser that is younger than the last one."""

    def __init__(self, *, is_file: bool) -> None:
        """Keep whether what was asked for is a file, which leads to no page."""
        super().__init__()
        self.is_file = is_file


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


def require_fresh_proof(*, is_file: bool = False) -> None:
    """Go on only if whoever is managing has shown within the last half hour who they are; else ask them first.

    For what takes personal data out or away. Call it in a view, behind the question for the permission and before
    anything is written: a GET leads to `/organizer/proof` and from there back, a POST is shown again with a button that
    repeats it, nothing typed lost. `is_file`: the answer is a download, which leaves the reader on the page before.
    """
    if not rules.is_proved(g.sign_in, now=utc_now()):
        raise ProofNeededError(is_file=is_file)


def present_sign_in() -> SignInSession | None:
    """Return the sign-in of this browser, if it is one that still holds."""
    secret = request.cookies.get(COOKIE)
    return queries.live_session(secret, now=utc_now()) if secret else None


def safe_onward(path: str | None) -> str:
    """Return a path inside the organizers' pages to go on to; empty for anything else, such as another site."""
    if not path or not path.startswith(f"{PATH}/") or path.startswith(f"{PATH}/sign-"):
        return ""
    return path if path.isprintable() and "\\" not in path else ""


def this_browser() -> sessions.Browser:
    """Return what this browser says of itself, with the secret it is known again by: its own, or a new one."""
    secret = request.cookies.get(DEVICE_COOKIE, "")
    return sessions.Browser(request.user_agent.string, secret if rules.is_secret(secret) else new_secret())


def let_in(response: Response, secret: str, browser: sessions.Browser) -> Response:
    """Give the browser its cookies: unreadable to scripts, not sent by other sites' forms, on https alone if we are."""
    set_cookie(response, COOKIE, secret, seconds=int(rules.SESSION_LIFETIME.total_seconds()))
    set_cookie(response, DEVICE_COOKIE, browser.device, seconds=int(rules.DEVICE_LIFETIME.total_seconds()))
    return response


def set_cookie(response: Response, name: str, value: str, *, seconds: int, path: str = PATH) -> None:
    """Set a cookie as all of ours are."""
    is_secure = current_app.config["PUBLIC_URL"].startswith("https://")
    response.set_cookie(name, value, max_age=seconds, path=path, httponly=True, samesite="Lax", secure=is_secure)


def json_answer(text: str) -> Response:
    """Return JSON for a script of ours, kept by no cache."""
    return Response(text, content_type="application/json", headers={"Cache-Control": "private, no-store"})


def let_out(response: Response) -> Response:
    """Take the cookie away."""
    response.delete_cookie(COOKIE, path=PATH, httponly=True, samesite="Lax")
    return response


def this_path() -> str:
    """Return the address that is being asked for, path and query, to come back to."""
    query = request.query_string.decode(errors="replace")
    return quote(request.path) + (f"?{query}" if query else "")


def posted_fields() -> list[tuple[str, str]] | None:
    """Return what was typed into the form that this request carries, in its order; files do not travel twice.

    None where that is more than a usual form: a page does not give back everything that anybody may send.
    """
    fields = list(islice(request.form.items(multi=True), FIELDS_MAX + 1))
    size = sum(len(name.encode(errors="replace")) + len(value.encode(errors="replace")) for name, value in fields)
    return fields if len(fields) <= FIELDS_MAX and size <= FORM_BYTES_MAX else None


def _ask_to_sign_in() -> Response:
    """Lead to the sign-in; what somebody typed while their sign-in ran out comes back to them whole."""
    if request.method in SAFE_METHODS:
        onward = safe_onward(this_path())
        return see_other("accounts.sign_in", **({"next": onward} if onward else {}))
    return _session_ended(posted_fields(), has_files=bool(request.files))


def _session_ended(fields: list[tuple[str, str]] | None, *, has_files: bool) -> Response:
    status = HTTPStatus.UNAUTHORIZED
    return render("accounts/session_ended.html", status, path=this_path(), fields=fields, has_files=has_files)


def _may_send_much() -> Response | None:
    """Let whoever is signed in send a long body; answer anybody else without having read it."""
    session = present_sign_in()
    db.session.rollback()  # whoever sends slowly holds no connection meanwhile
    return _session_ended(None, has_files=False) if session is None else None


def init_app(app: Flask) -> None:
    """Ask at the door itself, so that a page which forgot to ask is closed and not open."""
    keep_long_bodies_for(app, _may_send_much)

    @app.before_request
    def _ask() -> Response | None:
        rule = request.url_rule.rule if request.url_rule else ""
        if not (rule == PATH or rule.startswith(f"{PATH}/")) or request.endpoint in _OPEN:
            return None
        g.sign_in = session = present_sign_in()
        if session is None:
            return _ask_to_sign_in()
        if (now := utc_now()) - session.last_seen_at >= rules.SEEN_EVERY:
            sessions.note_seen(session.id, now=now)
        return None
