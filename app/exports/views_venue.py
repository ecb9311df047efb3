"""The venue list: frozen, looked at (masked), taken as a file, handed over by links."""

from flask import Blueprint, Response, abort, request
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.gate import PATH, actor, require_fresh_proof
from app.accounts.pages import manage_page
from app.core.clock import utc_now
from app.core.db import transaction
from app.core.errors import ConflictError, GoneError
from app.core.i18n import current_language
from app.core.i18n import gettext as _
from app.events.managed import Managed
from app.exports import columns as kinds
from app.exports import handing_over, venue
from app.exports.columns import Column
from app.exports.formats import FOR_PEOPLE
from app.exports.forms import LinkForm
from app.exports.models import VenueList
from app.exports.responses import file_response
from app.exports.views import ID, to_export
from app.history.service import record
from app.registrations.later import number_lacking
from app.registrations.queries import all_questions_of
from app.web.pages import public_url, see_other

bp = Blueprint("venue_lists", __name__, url_prefix=f"{PATH}/events/<slug>/exports/venue")


@bp.get("")
def index(slug: str) -> Response:
    """Show what the venue may ask for, who has yet to answer, and the lists there are."""
    managed = to_export(slug)
    event = managed.event
    questions = all_questions_of(event.id)
    offered = venue.offered(questions)
    frozen = venue.lists(event.id)
    return manage_page(
        "exports/venue.html",
        permissions=managed.permissions,
        event=event,
        columns=list(zip(offered, kinds.names(offered, event.zone, current_language()), strict=True)),
        has_questions=any(column.question for column in offered),
        lacking=number_lacking(event.id),
        delete_at=venue.delete_at(event, offered),
        lists=frozen,
    )


@bp.post("")
def freeze(slug: str) -> BaseResponse:
    """Keep the list as it is now."""
    event = to_export(slug).event
    version = venue.freeze(
        event, set(request.form.getlist("use")), language=current_language(), by=actor(), now=utc_now()
    )
    return see_other(".show", slug=slug, version=str(version))


@bp.get(f"/<{ID}:version>")
def show(slug: str, version: int) -> Response:
    """Show a list masked, fifty people a page, what has changed since, and its links."""
    managed = to_export(slug)
    return _page(managed, venue.frozen_list(managed.event.id, version), LinkForm())


@bp.get(f"/<{ID}:version>/file.<suffix>")
def file(slug: str, version: int, suffix: str) -> Response:
    """Send a list whole, for whoever prints it themselves."""
    if suffix not in FOR_PEOPLE:
        abort(404)
    event = to_export(slug).event
    frozen = venue.frozen_list(event.id, version)
    require_fresh_proof(is_file=True)
    if frozen.deleted_at is not None:
        raise GoneError(_("This list has been deleted: its time was over."))
    with transaction():
        changes = {"version": (None, version), "format": (None, suffix), "rows": (None, frozen.people)}
        record("venue_list.downloaded", by=actor(), now=utc_now(), event_id=event.id, changes=changes)
    table = venue.sheet(frozen, event.zone, language=frozen.language)
    return file_response(FOR_PEOPLE[suffix], table, f"{event.slug}-venue-{version}")


@bp.post(f"/<{ID}:version>/links")
def make_link(slug: str, version: int) -> BaseResponse:
    """Make a link by which the venue takes the list; it is shown now and never again."""
    managed = to_export(slug)
    frozen, form = venue.frozen_list(managed.event.id, version), LinkForm(request.form)
    if not form.validate():
        return _page(managed, frozen, form, status=422)
    require_fresh_proof()
    try:
        secret = handing_over.make_link(frozen, form.label.data or "", days=form.days.data, by=actor(), now=utc_now())
    except ConflictError as error:
        form.label.errors = [error.message]
        return _page(managed, frozen, form, status=409)
    address = public_url("handed_over.show", token=secret, lang=frozen.language)
    return _page(managed, frozen, LinkForm(), address=address, label=form.label.data or "")


@bp.post(f"/<{ID}:version>/links/<{ID}:link_id>/revocation")
def revoke_link(slug: str, version: int, link_id: int) -> BaseResponse:
    """End a link that was not used."""
    event = to_export(slug).event
    handing_over.revoke(venue.frozen_list(event.id, version), link_id, by=actor(), now=utc_now())
    return see_other(".show", slug=slug, version=str(version), _anchor="links")


def _page(
    managed: Managed, frozen: VenueList, form: LinkForm, *, address: str = "", label: str = "", status: int = 200
) -> Response:
    event, now = managed.event, utc_now()
    columns: list[Column] = venue.columns_of(frozen, all_questions_of(event.id))
    table = venue.sheet(frozen, event.zone, language=current_language(), is_whole=False)
    after = request.args.get("after", default=0, type=int)
    some = venue.lines(frozen, after=min(max(after, 0), 2**31 - 1), size=venue.PER_PAGE + 1)
    shown = some[: venue.PER_PAGE]
    return manage_page(
        "exports/venue_list.html",
        status,
        permissions=managed.permissions,
        event=event,
        frozen=frozen,
        header=table.header(),
        rows=table.said(shown),
        after=shown[-1].position if len(some) > venue.PER_PAGE else None,
        is_first=after == 0,
        changes=venue.changes(frozen, columns) if frozen.deleted_at is None else None,
        delete_at=venue.delete_at(event, columns),
        links=[(each, handing_over.state_of(each, now=now)) for each in venue.links(frozen.id)],
        form=form,
        address=address,
        label=label,
    )
