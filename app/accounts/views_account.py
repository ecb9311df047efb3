"""One's own account: the browsers in which one is signed in, passkeys, and accounts elsewhere."""

from collections.abc import Mapping
from http import HTTPStatus

from flask import Blueprint, current_app, g, render_template, request
from werkzeug.wrappers import Response

from app.accounts import devices, gate, identities, passkeys, queries, rules, sessions
from app.accounts.forms import NewPasskeyForm, PasskeyNameForm
from app.accounts.pages import manage_page
from app.core.clock import utc_now
from app.core.errors import BadInputError
from app.web.pages import see_other

bp = Blueprint("account", __name__, url_prefix=f"{gate.PATH}/account")

_ID = f"<int(max={2**31 - 1}):"


@bp.get("/")
def index() -> Response:
    """Show who is signed in, with which passkeys, in which browsers."""
    return _page()


@bp.post(f"/sessions/{_ID}session_id>/revocation")
def revoke_session(session_id: int) -> Response:
    """Sign another browser out, at its next request."""
    sessions.revoke(session_id, by=gate.actor(), now=utc_now())
    return see_other(".index", done="revoked", _anchor="sessions")


@bp.post("/sessions/revocation")
def revoke_other_sessions() -> Response:
    """Sign every browser out but this one."""
    sessions.revoke_others(by=gate.actor(), now=utc_now())
    return see_other(".index", done="revoked", _anchor="sessions")


@bp.post("/passkey-challenges")
def passkey_challenge() -> Response:
    """Ask for a new passkey; the page's script hands the question on."""
    gate.require_fresh_proof()
    options = passkeys.options_to_add(_site(), _site_name(), by=gate.actor(), now=utc_now())
    return gate.json_answer(options)


@bp.post("/passkeys")
def add_passkey() -> Response:
    """Keep the passkey that the authenticator made."""
    gate.require_fresh_proof()
    form = NewPasskeyForm(request.form)
    if not form.validate():
        return _page(form, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        passkeys.add(_site(), form.answer, form.name.data or "", by=gate.actor(), now=utc_now())
    except BadInputError as error:
        form.refuse(error)
        return _page(form, HTTPStatus.UNPROCESSABLE_ENTITY)
    return see_other(".index", done="added", _anchor="passkeys")


@bp.post(f"/passkeys/{_ID}passkey_id>/name")
def rename_passkey(passkey_id: int) -> Response:
    """Call a passkey something else."""
    form = PasskeyNameForm(request.form, prefix=_prefix(passkey_id))
    if not form.validate():
        return _page(status=HTTPStatus.UNPROCESSABLE_ENTITY, renamed={passkey_id: form})
    passkeys.rename(passkey_id, form.name.data or "", by=gate.actor(), now=utc_now())
    return see_other(".index", done="renamed", _anchor="passkeys")


@bp.post(f"/passkeys/{_ID}passkey_id>/removal")
def remove_passkey(passkey_id: int) -> Response:
    """Take a passkey away."""
    passkeys.remove(passkey_id, by=gate.actor(), now=utc_now())
    return see_other(".index", done="removed", _anchor="passkeys")


@bp.post(f"/identities/{_ID}identity_id>/removal")
def unlink_identity(identity_id: int) -> Response:
    """Unlink an account at another provider."""
    identities.unlink(identity_id, by=gate.actor(), now=utc_now())
    return see_other(".index", done="unlinked", _anchor="identities")


def _page(
    form: NewPasskeyForm | None = None, status: int = 200, *, renamed: Mapping[int, PasskeyNameForm] | None = None
) -> Response:
    now, session = utc_now(), g.sign_in
    known = queries.passkeys_of(session.organizer_id)
    names = {one.id: PasskeyNameForm(data={"name": one.name}, prefix=_prefix(one.id)) for one in known} | dict(
        renamed or {}
    )
    return manage_page(
        "accounts/account.html",
        status,
        form=form or NewPasskeyForm(data={"name": devices.in_words(session.user_agent)}),
        wrong=form or next(iter((renamed or {}).values()), None),
        done=request.args.get("done"),
        passkeys=[(one, names[one.id]) for one in known],
        identities=queries.identities_of(session.organizer_id),
        passkeys_max=rules.PASSKEYS_MAX,
        can_use_passkeys=rules.passkey_host(current_app.config["PUBLIC_URL"]) is not None,
        is_proved=rules.is_proved(session, now=now),
        sessions=queries.open_sessions(session.organizer_id, now=now),
        present_session=session.id,
        device_name=devices.in_words,
    )


def _prefix(passkey_id: int) -> str:
    return f"passkey-{passkey_id}"


def _site() -> passkeys.Site:
    return passkeys.Site(current_app.config["PUBLIC_URL"])


def _site_name() -> str:
    # The community's room lies above this one; a template reaches it as every page does.
    return render_template("accounts/site_name.txt").strip()
