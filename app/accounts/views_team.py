"""The team of the whole site, and the page that an invitation leads to."""

from http import HTTPStatus

from flask import Blueprint, Response, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.accounts import gate, invitations, team
from app.accounts.forms_team import InviteForm, RoleForm
from app.accounts.gate import PATH, actor, require, require_fresh_proof
from app.accounts.models import Role
from app.accounts.pages import manage_page
from app.accounts.rights import Permission
from app.accounts.words import MEANINGS, ROLES
from app.core.clock import utc_now
from app.core.errors import BadInputError, NotFoundError, RefusedError
from app.core.i18n import current_language
from app.web.limits import limiter, sign_in_rate
from app.web.pages import render, see_other

bp = Blueprint("team", __name__, url_prefix=PATH)

_ID_MAX = 2**31 - 1  # of the column


@bp.get("/team")
def index() -> Response:
    """Show who manages the site, and a form that asks one more."""
    require(Permission.TEAM)
    return _page(InviteForm(roles=Role, data={"language": current_language()}))


@bp.post("/team")
def invite() -> BaseResponse:
    """Ask somebody to manage the site, and write to them."""
    require(Permission.SITE)
    form = InviteForm(request.form, roles=Role)
    if not form.validate():
        return _page(form, HTTPStatus.UNPROCESSABLE_ENTITY)
    require_fresh_proof()
    try:
        team.invite(
            form.address,
            form.chosen(),
            name=form.name.data or "",
            language=form.chosen_language(),
            by=actor(),
            now=utc_now(),
        )
    except BadInputError as error:
        form.refuse(error)
        return _page(form, HTTPStatus.UNPROCESSABLE_ENTITY)
    return see_other(".index", done="", _anchor="team")


@bp.get(f"/team/<int(max={_ID_MAX}):organizer_id>")
def member(organizer_id: int) -> Response:
    """Show one person: another role, the invitation again, or removing them."""
    require(Permission.SITE)
    found = team.member(organizer_id)
    return _member_page(organizer_id, RoleForm(roles=Role, data={"role": found.role}))


@bp.post(f"/team/<int(max={_ID_MAX}):organizer_id>/role")
def change_role(organizer_id: int) -> BaseResponse:
    """Give somebody another role."""
    require(Permission.SITE)
    form = RoleForm(request.form, roles=Role)
    if not form.validate():
        return _member_page(organizer_id, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    require_fresh_proof()
    try:
        team.change_role(organizer_id, form.chosen(), by=actor(), now=utc_now())
    except RefusedError as error:
        form.refuse(BadInputError(error.message, field="role"))
        return _member_page(organizer_id, form, HTTPStatus.FORBIDDEN)
    return see_other(".index", done="", _anchor="team")


@bp.post(f"/team/<int(max={_ID_MAX}):organizer_id>/invitation")
def invite_again(organizer_id: int) -> BaseResponse:
    """Send the invitation again, with a new link."""
    require(Permission.SITE)
    require_fresh_proof()
    team.invite_again(organizer_id, by=actor(), now=utc_now())
    return see_other(".index", done="", _anchor="team")


@bp.post(f"/team/<int(max={_ID_MAX}):organizer_id>/removal")
def remove(organizer_id: int) -> BaseResponse:
    """Let somebody manage no more."""
    require(Permission.SITE)
    team.remove(organizer_id, by=actor(), now=utc_now())
    return see_other(".index", done="", _anchor="team")


@bp.get("/invitation/<token>")
def open_invitation(token: str) -> Response:
    """Show who asks for what, and one button. Mail scanners open links; they do not press buttons."""
    found = invitations.by_token(token)
    if found is None or not invitations.is_open(found[0], now=utc_now()):
        return _closed(HTTPStatus.NOT_FOUND if found is None else HTTPStatus.GONE)
    invitation, organizer, inviter = found
    return render(
        "accounts/invitation.html",
        token=token,
        invitation=invitation,
        invited=organizer,
        inviter=(inviter.name or inviter.email) if inviter else "",
        role=ROLES[invitation.role],
        meaning=MEANINGS[invitation.role],
    )


@bp.post("/invitation/<token>")
@limiter.limit(sign_in_rate)
def accept_invitation(token: str) -> BaseResponse:
    """Use the link up; sign this browser in if whoever was invited never was before, else lead to the sign-in."""
    browser = gate.this_browser()
    try:
        secret = invitations.accept(token, browser, now=utc_now())
    except NotFoundError:
        return _closed(HTTPStatus.GONE)
    if secret is None:
        return see_other("accounts.sign_in", next=url_for("organizer.dashboard"))
    return gate.let_in(see_other("organizer.dashboard"), secret, browser)


def _closed(status: HTTPStatus) -> Response:
    return render("accounts/closed_invitation.html", status)


def _page(form: InviteForm, status: int = HTTPStatus.OK) -> Response:
    return manage_page("accounts/team.html", status, form=form, members=team.members(), roles=ROLES, meanings=MEANINGS)


def _member_page(organizer_id: int, form: RoleForm, status: int = HTTPStatus.OK) -> Response:
    found = team.member(organizer_id)
    pending = invitations.is_pending(found, None)
    return manage_page("accounts/member.html", status, member=found, form=form, pending=pending)
