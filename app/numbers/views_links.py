"""The links of partners: made, copied, printed as QR codes, and who came by each."""

import io
from dataclasses import dataclass

import segno
from flask import Blueprint, Response, abort, request
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.gate import PATH, actor, signed_in_organizer
from app.accounts.pages import manage_page
from app.accounts.rights import Permission
from app.core.clock import utc_now
from app.core.errors import BadInputError
from app.events.managed import Managed, managed_event
from app.events.models import Event
from app.numbers import queries, service
from app.numbers.forms import LinkForm, link_form
from app.numbers.models import PartnerLink
from app.web.pages import public_url, see_other

bp = Blueprint("partner_links", __name__, url_prefix=f"{PATH}/events/<slug>/numbers/links")

_ID = f"int(max={2**31 - 1})"
_QR = {"svg": "image/svg+xml", "png": "image/png"}
_SVG_SCALE, _PNG_SCALE = 6, 20  # of a module, in pixels: a PNG is for print


@dataclass(frozen=True, slots=True)
class Line:
    """A link in the list: its address, who signed up by it, who of them is still there, and who came."""

    link: PartnerLink
    address: str
    signed_up: int
    still_there: int
    came: int


def _managed(slug: str) -> Managed:
    return managed_event(slug, signed_in_organizer(), Permission.CONFIGURE)


@bp.get("")
def index(slug: str) -> Response:
    """Show every link with its numbers, and the form of a new one."""
    return _page(_managed(slug), link_form())


@bp.post("")
def add(slug: str) -> BaseResponse:
    """Make a link."""
    managed = _managed(slug)
    form = link_form(request.form)
    if not form.validate():
        return _page(managed, form, 422)
    try:
        service.add_link(managed.event.id, name=form.name.data or "", code=form.word(), by=actor(), now=utc_now())
    except BadInputError as error:
        form.refuse(error)
        return _page(managed, form, 422)
    return see_other(".index", slug=slug, done="added", _anchor="links")


@bp.post(f"/<{_ID}:link_id>/removal")
def remove(slug: str, link_id: int) -> BaseResponse:
    """Take the link off the list."""
    event = _managed(slug).event
    service.remove_link(queries.link_of(event.id, link_id), by=actor(), now=utc_now())
    return see_other(".index", slug=slug, done="removed", _anchor="links")


@bp.get(f"/<{_ID}:link_id>.<suffix>")
def picture(slug: str, link_id: int, suffix: str) -> Response:
    """Answer the link as a QR code, to show (SVG) or to print (PNG)."""
    if suffix not in _QR:
        abort(404)
    event = _managed(slug).event
    link = queries.link_of(event.id, link_id)
    out = io.BytesIO()
    code = segno.make(_address(event, link), error="m")
    if suffix == "svg":
        code.save(out, kind="svg", border=4, scale=_SVG_SCALE, xmldecl=False, light="#fff")
    else:
        code.save(out, kind="png", border=4, scale=_PNG_SCALE)
    response = Response(out.getvalue(), content_type=_QR[suffix])
    response.headers["Cache-Control"] = "private, no-store"
    if "download" in request.args:
        response.headers["Content-Disposition"] = f'attachment; filename="{slug}-{link.code}.{suffix}"'
    return response


def _address(event: Event, link: PartnerLink) -> str:
    return public_url("registrations.event_page", slug=event.slug, via=link.code, lang=None)


def _page(managed: Managed, form: LinkForm, status: int = 200) -> Response:
    event = managed.event
    links = queries.links_of(event.id)
    places = queries.places_by(event.id, [link.code for link in links])
    lines = []
    for link in links:
        mine = [each for each in places if each.source == link.code]
        lines.append(
            Line(
                link,
                _address(event, link),
                signed_up=sum(each.number for each in mine),
                still_there=sum(each.number for each in mine if each.is_live),
                came=sum(each.came for each in mine),
            )
        )
    return manage_page(
        "numbers/links.html",
        status,
        permissions=managed.permissions,
        event=event,
        form=form,
        lines=lines,
        done=request.args.get("done"),
    )
