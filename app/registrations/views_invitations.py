"""The organizers' page of the links and codes that let in to an event by invitation."""

import io
from dataclasses import dataclass

import segno
from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.gate import PATH, actor, signed_in_organizer
from app.accounts.pages import manage_page
from app.accounts.rights import Permission
from app.core.clock import utc_now
from app.events import invitations as service
from app.events.managed import Managed, managed_event
from app.events.models import Event, EventInvitation
from app.registrations.forms_invitations import InviteForm, invite_form
from app.registrations.rules import InvitationState, invitation_state
from app.web.pages import public_url, see_other

bp = Blueprint("invitations", __name__, url_prefix=f"{PATH}/events/<slug>/invitations")

_ID = f"int(max={2**31 - 1})"


@dataclass(frozen=True, slots=True)
class Line:
    """An invitation in the list, its link, and what has become of it."""

    invitation: EventInvitation
    link: str
    state: InvitationState


def _managed(slug: str) -> Managed:
    return managed_event(slug, signed_in_organizer(), Permission.CONFIGURE)


@bp.get("")
def index(slug: str) -> Response:
    """Show every code with its link, its uses, and the form of a new one."""
    managed = _managed(slug)
    return _page(managed, invite_form(managed.event, utc_now()))


@bp.post("")
def invite(slug: str) -> BaseResponse:
    """Make a code."""
    managed, now = _managed(slug), utc_now()
    event = managed.event
    form = invite_form(event, now, request.form)
    if not form.validate():
        return _page(managed, form, 422)
    service.invite(
        event.id,
        label=form.label.data or "",
        uses_max=form.uses_max.data,
        expires_at=form.expires.instant_in(event.zone),
        by=actor(),
        now=now,
    )
    return see_other(".index", slug=slug, done="added", _anchor="codes")


@bp.post(f"/<{_ID}:invitation_id>/revocation")
def revoke(slug: str, invitation_id: int) -> BaseResponse:
    """Let nobody in with it any more."""
    event = _managed(slug).event
    service.revoke(service.invitation_of(event.id, invitation_id), by=actor(), now=utc_now())
    return see_other(".index", slug=slug, done="revoked", _anchor="codes")


@bp.get(f"/<{_ID}:invitation_id>.svg")
def picture(slug: str, invitation_id: int) -> Response:
    """Answer the link as a QR code, to print or to show."""
    event = _managed(slug).event
    out = io.BytesIO()
    segno.make(_link(event, service.invitation_of(event.id, invitation_id)), error="m").save(
        out, kind="svg", border=4, scale=6, xmldecl=False, light="#fff"
    )
    response = Response(out.getvalue(), content_type="image/svg+xml")
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _link(event: Event, invitation: EventInvitation) -> str:
    return public_url("registrations.event_page", slug=event.slug, code=invitation.code, lang=None)


def _page(managed: Managed, form: InviteForm, status: int = 200) -> Response:
    event, now = managed.event, utc_now()
    lines = [
        Line(each, _link(event, each), invitation_state(each, now=now)) for each in service.invitations_of(event.id)
    ]
    return manage_page(
        "registrations/manage/invitations.html",
        status,
        permissions=managed.permissions,
        event=event,
        form=form,
        lines=lines,
        done=request.args.get("done"),
    )
