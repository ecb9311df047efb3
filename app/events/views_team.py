"""The team of one event: who manages it beside those who manage the site."""

from http import HTTPStatus

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as BaseResponse

from app.accounts import invitations
from app.accounts.forms_team import InviteForm, RoleForm
from app.accounts.gate import PATH, actor, require_fresh_proof, signed_in_organizer
from app.accounts.models import Role
from app.accounts.pages import manage_page
from app.accounts.rights import Permission
from app.accounts.words import MEANINGS, ROLES
from app.core.clock import utc_now
from app.core.errors import BadInputError
from app.core.i18n import current_language
from app.events import team
from app.events.managed import Managed, managed_event
from app.web.pages import see_other

bp = Blueprint("event_team", __name__, url_prefix=f"{PATH}/events/<slug>/team")

_ID_MAX = 2**31 - 1  # of the column


@bp.get("")
def index(slug: str) -> Response:
    """Show who manages the event, and a form that asks one more."""
    managed = _managed(slug)
    roles = _mine(managed)
    return _page(managed, InviteForm(roles=team.givable(roles), data={"language": current_language()}), roles)


@bp.post("")
def invite(slug: str) -> BaseResponse:
    """Ask somebody to manage the event, and write to them."""
    managed = _managed(slug)
    roles = _mine(managed)
    form = InviteForm(request.form, roles=team.givable(roles))
    if not form.validate():
        return _page(managed, form, roles, HTTPStatus.UNPROCESSABLE_ENTITY)
    require_fresh_proof()
    try:
        team.invite(
            managed.event,
            form.address,
            form.chosen(),
            name=form.name.data or "",
            language=form.chosen_language(),
            by=actor(),
            now=utc_now(),
        )
    except BadInputError as error:
        form.refuse(error)
        return _page(managed, form, roles, HTTPStatus.UNPROCESSABLE_ENTITY)
    return see_other(".index", slug=managed.event.slug, done="", _anchor="team")


@bp.get(f"/<int(max={_ID_MAX}):organizer_id>")
def member(slug: str, organizer_id: int) -> Response:
    """Show one person: another role, the invitation again, or removing them."""
    managed = _managed(slug)
    _organizer, role = team.member(managed.event.id, organizer_id)
    return _member_page(managed, organizer_id, RoleForm(roles=team.givable(_mine(managed)), data={"role": role}))


@bp.post(f"/<int(max={_ID_MAX}):organizer_id>/role")
def change_role(slug: str, organizer_id: int) -> BaseResponse:
    """Give somebody another role at this event."""
    managed = _managed(slug)
    form = RoleForm(request.form, roles=team.givable(_mine(managed)))
    if not form.validate():
        return _member_page(managed, organizer_id, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    require_fresh_proof()
    team.change_role(managed.event.id, organizer_id, form.chosen(), by=actor(), now=utc_now())
    return see_other(".index", slug=managed.event.slug, done="", _anchor="team")


@bp.post(f"/<int(max={_ID_MAX}):organizer_id>/invitation")
def invite_again(slug: str, organizer_id: int) -> BaseResponse:
    """Send the invitation again, with a new link."""
    managed = _managed(slug)
    require_fresh_proof()
    team.invite_again(managed.event, organizer_id, by=actor(), now=utc_now())
    return see_other(".index", slug=managed.event.slug, done="", _anchor="team")


@bp.post(f"/<int(max={_ID_MAX}):organizer_id>/removal")
def remove(slug: str, organizer_id: int) -> BaseResponse:
    """Take somebody's role at this event."""
    managed = _managed(slug)
    team.remove(managed.event.id, organizer_id, by=actor(), now=utc_now())
    # Whoever takes their own role may have nothing to do with the event any more.
    if organizer_id == signed_in_organizer().id and signed_in_organizer().role is None:
        return see_other("organizer.dashboard")
    return see_other(".index", slug=managed.event.slug, done="", _anchor="team")


def _managed(slug: str) -> Managed:
    return managed_event(slug, signed_in_organizer(), Permission.TEAM)


def _mine(managed: Managed) -> list[Role]:
    return team.roles_of(signed_in_organizer(), managed.event.id)


def _page(managed: Managed, form: InviteForm, mine: list[Role], status: int = HTTPStatus.OK) -> Response:
    return manage_page(
        "events/manage/team.html",
        status,
        permissions=managed.permissions,
        event=managed.event,
        form=form,
        members=team.members(managed.event.id),
        givable=team.givable(mine),
        roles=ROLES,
        meanings=MEANINGS,
    )


def _member_page(managed: Managed, organizer_id: int, form: RoleForm, status: int = HTTPStatus.OK) -> Response:
    found, role = team.member(managed.event.id, organizer_id)
    return manage_page(
        "events/manage/member.html",
        status,
        permissions=managed.permissions,
        event=managed.event,
        member=found,
        role=role,
        pending=invitations.is_pending(found, managed.event.id),
        may_change=role in team.givable(_mine(managed)),
        form=form,
    )
