"""The attendees as a file: the whole list at once, with chosen columns, by a named layout."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, abort, request
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.gate import PATH, actor, require_fresh_proof, signed_in_organizer
from app.accounts.pages import manage_page
from app.accounts.rights import Permission
from app.attendees.queries import number, ticket_type_names
from app.attendees.wanted import Wanted
from app.core.clock import utc_now
from app.core.errors import BadInputError, ConflictError
from app.core.i18n import current_language
from app.events.managed import Managed, managed_event
from app.events.models import Event
from app.exports import columns as kinds
from app.exports import downloads, files, layouts, queries, schedules
from app.exports.columns import Column
from app.exports.formats import FORMATS
from app.exports.forms import FileForm, LayoutForm, NameForm, choices, ordered
from app.exports.models import ExportLayout
from app.exports.responses import file_response
from app.registrations.queries import all_questions_of
from app.web.pages import see_other

bp = Blueprint("exports", __name__, url_prefix=f"{PATH}/events/<slug>")
ID = f"int(max={2**31 - 1})"  # of the column


def to_export(slug: str) -> Managed:
    """Return the event, if whoever is managing may take its data out."""
    return managed_event(slug, signed_in_organizer(), Permission.EXPORT)


@bp.get("/attendees.<suffix>")
def download(slug: str, suffix: str) -> Response:
    """Send the attendees that are wanted as a file, with the usual columns."""
    if suffix not in FORMATS:
        abort(404)
    event = to_export(slug).event
    return send(event, Wanted.of(request.args), kinds.usual(all_questions_of(event.id)), suffix)


@bp.get("/exports")
def index(slug: str) -> Response:
    """Show the columns to choose from, the layouts, and what is sent every morning."""
    managed = to_export(slug)
    layout = layout_wished(managed.event.id)
    questions = all_questions_of(managed.event.id)
    used = kinds.chosen(layout.columns, questions) if layout else kinds.usual(questions)
    form = LayoutForm(data={"format": layout.format if layout else "xlsx"})
    return page(managed, form, used, layout)


@bp.post("/exports/file")
def choose_file(slug: str) -> BaseResponse:
    """Send the attendees that are wanted with the columns that were chosen."""
    managed = to_export(slug)
    form, used = FileForm(request.form), used_columns(managed.event.id)
    form.used = used
    if not form.validate():
        return page(managed, form, used, layout_wished(managed.event.id), status=422)
    require_fresh_proof(is_file=True)
    return send(managed.event, Wanted.of(request.args), used, form.format.data, is_proved=True)


@bp.post("/exports/layouts")
def save_layout(slug: str) -> BaseResponse:
    """Keep columns and format under a name."""
    managed = to_export(slug)
    form, used = LayoutForm(request.form), used_columns(managed.event.id)
    form.used = used
    if not form.validate():
        return page(managed, form, used, None, status=422)
    try:
        layout_id = layouts.save(
            managed.event.id, form.name.data or "", used, form.format.data, by=actor(), now=utc_now()
        )
    except (BadInputError, ConflictError) as error:
        form.name.errors = [error.message]
        return page(managed, form, used, None, status=int(error.status))
    return _back(slug, layout_id, "saved")


@bp.post(f"/exports/layouts/<{ID}:layout_id>")
def change_layout(slug: str, layout_id: int) -> BaseResponse:
    """Give a layout these columns and this format."""
    managed = to_export(slug)
    layout = queries.layout(managed.event.id, layout_id)
    form, used = FileForm(request.form), used_columns(managed.event.id)
    form.used = used
    if not form.validate():
        return page(managed, form, used, layout, status=422)
    layouts.change(managed.event.id, layout_id, used, form.format.data, by=actor(), now=utc_now())
    return _back(slug, layout_id, "saved")


@bp.post(f"/exports/layouts/<{ID}:layout_id>/name")
def rename_layout(slug: str, layout_id: int) -> BaseResponse:
    """Call a layout otherwise."""
    managed = to_export(slug)
    layout = queries.layout(managed.event.id, layout_id)
    naming = NameForm(request.form, prefix="new-")
    if not naming.validate():
        return _renaming(managed, layout, naming, 422)
    try:
        layouts.rename(managed.event.id, layout_id, naming.name.data or "", by=actor(), now=utc_now())
    except BadInputError as error:
        naming.refuse(error)
        return _renaming(managed, layout, naming, 422)
    return _back(slug, layout_id, "saved")


@bp.post(f"/exports/layouts/<{ID}:layout_id>/deletion")
def delete_layout(slug: str, layout_id: int) -> BaseResponse:
    """Delete a layout, and what is sent by it."""
    event = to_export(slug).event
    layouts.delete(event.id, layout_id, by=actor(), now=utc_now())
    return _back(slug, None, "deleted")


@bp.get(f"/exports/layouts/<{ID}:layout_id>/file")
def layout_file(slug: str, layout_id: int) -> Response:
    """Send the attendees that are wanted by a layout."""
    event = to_export(slug).event
    layout = queries.layout(event.id, layout_id)
    used = kinds.chosen(layout.columns, all_questions_of(event.id))
    return send(event, Wanted.of(request.args), used, layout.format)


def send(event: Event, wanted: Wanted, used: Sequence[Column], suffix: str, *, is_proved: bool = False) -> Response:
    """Return the file, once whoever asks has shown who they are and it is written down."""
    if not is_proved:
        require_fresh_proof(is_file=True)
    downloads.record_download(event, wanted, suffix, used, by=actor(), now=utc_now())
    table = files.attendee_list(event, wanted, language=current_language(), columns=used)
    return file_response(FORMATS[suffix], table, f"{event.slug}-attendees")


def used_columns(event_id: int) -> list[Column]:
    """Return the columns that the form names, in their order."""
    return ordered(request.form, kinds.all_columns(all_questions_of(event_id)))


def layout_wished(event_id: int) -> ExportLayout | None:
    """Return the layout that the address names."""
    number = request.args.get("layout", type=int)
    return queries.layout(event_id, number) if number is not None and 0 <= number < 2**31 else None


def _renaming(managed: Managed, layout: ExportLayout, naming: NameForm, status: int) -> Response:
    used = kinds.chosen(layout.columns, all_questions_of(managed.event.id))
    return page(managed, LayoutForm(data={"format": layout.format}), used, layout, naming=naming, status=status)


def _back(slug: str, layout_id: int | None, done: str) -> BaseResponse:
    query: dict[str, Any] = Wanted.of(request.args).as_query()
    if layout_id is not None:
        query["layout"] = layout_id
    return see_other(".index", slug=slug, done=done, _anchor="layouts", **query)


def page(
    managed: Managed,
    form: FileForm,
    used: Sequence[Column],
    layout: ExportLayout | None,
    *,
    naming: NameForm | None = None,
    status: int = 200,
) -> Response:
    """Show columns, layouts and schedules, with what was sent."""
    event, wanted, now = managed.event, Wanted.of(request.args), utc_now()
    questions = all_questions_of(event.id)
    offered = kinds.all_columns(questions)
    names = dict(zip([each.key for each in offered], kinds.names(offered, event.zone, current_language()), strict=True))
    return manage_page(
        "exports/index.html",
        status,
        permissions=managed.permissions,
        event=event,
        form=form,
        naming=naming or NameForm(data={"name": layout.name if layout else ""}, prefix="new-"),
        columns=choices(used, offered, names),
        layout=layout,
        layouts=queries.layouts(event.id),
        wanted=wanted,
        filter_told=downloads.filter_told(wanted, ticket_type_names(event.id), questions),
        people=number(event, wanted),
        daily=[(each, schedules.next_at(each, event, now=now)) for each in queries.schedules(event.id)],
        done=request.args.get("done"),
    )
