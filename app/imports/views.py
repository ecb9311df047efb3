"""The organizers' pages of an import: bring a file, say its columns, see what would happen, apply, take back."""

from typing import Any, Final

from flask import Blueprint, Response, abort, request
from werkzeug.wrappers import Response as BaseResponse

from app.accounts import gate
from app.accounts.pages import manage_page
from app.accounts.rights import Permission
from app.core.clock import utc_now
from app.core.db import db
from app.core.errors import BadInputError
from app.core.i18n import current_language
from app.core.i18n import gettext as _
from app.events.managed import Managed, managed_event
from app.events.models import EventState
from app.imports import queries, service, template_file, words
from app.imports.files_rows import BYTES_MAX
from app.imports.forms import ApplyForm, ColumnsForm, FileForm, SheetForm, columns_form, sheet_form
from app.imports.models import Import, ImportState, Outcome
from app.imports.problems import Problem, UnreadableFileError
from app.imports.rules import importable
from app.registrations.queries import questions_of
from app.web.bodies import takes
from app.web.pages import see_other

bp = Blueprint("imports", __name__, url_prefix=f"{gate.PATH}/events/<slug>/imports")

# The file, and the rest of the form around it.
FILE_BYTES_MAX: Final = BYTES_MAX + 64 * 1024
_ID_MAX: Final = 2**31 - 1  # of the column
_ID: Final = f"<int(max={_ID_MAX}):import_id>"
_DIGITS_MAX: Final = 10
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _ask_who_sends() -> None:
    """Refuse a file of somebody who may not bring one, before it is read. As `_managed`, ahead of the gate."""
    sign_in = gate.present_sign_in()
    if sign_in is not None:
        managed_event(str((request.view_args or {})["slug"]), sign_in.organizer, Permission.MANAGE_ATTENDEES)
    db.session.rollback()  # whoever sends slowly holds no connection meanwhile


@bp.get("/")
def index(slug: str) -> Response:
    """Ask for a file, and show the imports there were."""
    return _index_page(_managed(slug), FileForm())


@bp.post("/")
@takes(FILE_BYTES_MAX, ask=_ask_who_sends)
def receive(slug: str) -> BaseResponse:
    """Take a file in, or say what is wrong with it."""
    managed, form = _managed(slug), FileForm(request.form)
    data = _sent()
    if data is None:
        form.refuse(BadInputError(_("Choose the file that you want to bring."), field="file"))
        return _index_page(managed, form, 422)
    try:
        import_id = service.receive(managed.event.id, data, language=current_language(), by=gate.actor(), now=utc_now())
    except UnreadableFileError as error:
        form.refuse(BadInputError(words.sentence(error.problem), field="file"))
        return _index_page(managed, form, 422)
    return see_other(".show", slug=slug, import_id=str(import_id))


@bp.get("/template.<suffix>")
def template(slug: str, suffix: str) -> Response:
    """Send an empty file with the event's columns."""
    event, language = _managed(slug).event, current_language()
    questions = importable(questions_of(event.id))
    if suffix == "xlsx":
        response = Response(template_file.as_xlsx(questions, language), content_type=_XLSX)
    elif suffix == "csv":
        response = Response(template_file.as_csv(questions, language), content_type="text/csv; charset=utf-8")
    else:
        abort(404)
    response.headers["Content-Disposition"] = f'attachment; filename="{event.slug}-import.{suffix}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


@bp.get(f"/{_ID}")
def show(slug: str, import_id: int) -> Response:
    """Show where an import is: its columns, what would happen, how far it is, or what came of it."""
    managed, work = _import(slug, import_id)
    if work.state is ImportState.MAPPING:
        return _columns_page(managed, work, _columns_form(work))
    return _import_page(managed, work, ApplyForm(data={"without_refused": False, "letters": False}))


@bp.get(f"/{_ID}/columns")
def columns(slug: str, import_id: int) -> BaseResponse:
    """Ask anew what the columns are, of an import that was not applied."""
    managed, work = _import(slug, import_id)
    if work.state not in {ImportState.MAPPING, ImportState.CHECKED}:
        return see_other(".show", slug=slug, import_id=str(import_id))
    return _columns_page(managed, work, _columns_form(work))


@bp.post(f"/{_ID}/columns")
def check(slug: str, import_id: int) -> BaseResponse:
    """Begin the dry run with these columns."""
    managed, work = _import(slug, import_id)
    form = _columns_form(work, request.form)
    if not form.validate():
        return _columns_page(managed, work, form, 422)
    try:
        code = service.check(
            managed.event.id, work.id, form.said(), language=current_language(), by=gate.actor(), now=utc_now()
        )
    except BadInputError as error:
        form.refuse(error)
        return _columns_page(managed, work, form, 422)
    return see_other("work.show", slug=slug, code=code)


@bp.post(f"/{_ID}/sheet")
def choose_sheet(slug: str, import_id: int) -> BaseResponse:
    """Let another sheet of the workbook be the list."""
    managed, work = _import(slug, import_id)
    form = sheet_form(work, request.form)
    if form is None:
        return see_other(".columns", slug=slug, import_id=str(import_id))
    if not form.validate():
        return _columns_page(managed, work, _columns_form(work), 422, sheets=form)
    try:
        service.choose_sheet(managed.event.id, work.id, form.sheet.data)
    except BadInputError as error:
        form.refuse(error)
        return _columns_page(managed, work, _columns_form(work), 422, sheets=form)
    return see_other(".columns", slug=slug, import_id=str(import_id))


@bp.post(f"/{_ID}/application")
def apply(slug: str, import_id: int) -> BaseResponse:
    """Apply what the dry run has shown; where that is no longer true, make it anew."""
    managed, work = _import(slug, import_id)
    form = ApplyForm(request.form)
    if form.letters.data:
        # To addresses that nobody but whoever brought the file has seen.
        gate.require_fresh_proof()
    try:
        code = service.apply(
            managed.event.id,
            work.id,
            letters=bool(form.letters.data),
            without_refused=bool(form.without_refused.data),
            language=current_language(),
            by=gate.actor(),
            now=utc_now(),
        )
    except BadInputError as error:
        form.refuse(error)
        return _import_page(managed, work, form, 422)
    return see_other("work.show", slug=slug, code=code)


@bp.post(f"/{_ID}/undoing")
def undo(slug: str, import_id: int) -> BaseResponse:
    """Take back what it made."""
    managed, work = _import(slug, import_id)
    gate.require_fresh_proof()
    code = service.undo(managed.event.id, work.id, language=current_language(), by=gate.actor(), now=utc_now())
    return see_other("work.show", slug=slug, code=code)


@bp.post(f"/{_ID}/removal")
def discard(slug: str, import_id: int) -> BaseResponse:
    """Drop one that was not applied."""
    managed, work = _import(slug, import_id)
    service.discard(managed.event.id, work.id, now=utc_now())
    return see_other(".index", slug=slug)


def _sent() -> bytes | None:
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return None
    with sent.stream as stream:
        return stream.read()


def _managed(slug: str) -> Managed:
    return managed_event(slug, gate.signed_in_organizer(), Permission.MANAGE_ATTENDEES)


def _import(slug: str, import_id: int) -> tuple[Managed, Import]:
    managed = _managed(slug)
    return managed, queries.import_of(managed.event.id, import_id)


def _index_page(managed: Managed, form: FileForm, status: int = 200) -> Response:
    return manage_page(
        "imports/index.html",
        status,
        permissions=managed.permissions,
        event=managed.event,
        form=form,
        imports=queries.imports_of(managed.event.id),
        states=words.states(),
        programs=words.PROGRAMS,
        new_of=service.new_of,
    )


def _columns_form(work: Import, data: Any = None) -> ColumnsForm:  # noqa: ANN401 - WTForms takes forms of any kind
    questions = importable(questions_of(work.event_id))
    return columns_form(work, questions, queries.ticket_types_of(work.event_id), data)


def _columns_page(
    managed: Managed, work: Import, form: ColumnsForm, status: int = 200, *, sheets: SheetForm | None = None
) -> Response:
    return manage_page(
        "imports/columns.html",
        status,
        permissions=managed.permissions,
        event=managed.event,
        work=work,
        form=form,
        sheets=sheets or sheet_form(work),
        program=words.PROGRAMS.get(work.program, ""),
        encoding=words.ENCODINGS.get(work.about.get("encoding", ""), ""),
        delimiter=words.DELIMITERS.get(work.about.get("delimiter", ""), ""),
        has_file=queries.has_file(work.id),
    )


def _import_page(managed: Managed, work: Import, form: ApplyForm, status: int = 200) -> Response:
    wanted = {outcome.value: outcome for outcome in Outcome}.get(request.args.get("outcome", ""))
    event, heads = managed.event, words.heads_of(work)
    choices = words.choices_of(work, importable(questions_of(event.id)))

    def said(stored: dict[str, Any]) -> tuple[str, str]:
        problem = Problem.of(stored)
        return words.place(problem, heads), words.sentence(problem, choices)

    return manage_page(
        "imports/show.html",
        status,
        permissions=managed.permissions,
        event=event,
        work=work,
        form=form,
        wanted=wanted,
        page=queries.row_page(work.id, wanted, after=_number("after") or 0, before=_number("before")),
        outcomes=words.outcomes(),
        states=words.states(),
        said=said,
        new=service.new_of(work.counts),
        refused=service.refused_of(work.counts),
        is_at_work=service.is_at_work(work),
        has_file=queries.has_file(work.id),
        can_write=event.state is EventState.PUBLISHED and event.ends_at > utc_now(),
        kinds={each.id: each.name for each in queries.ticket_types_of(event.id)},
    )


def _number(name: str) -> int | None:
    text = request.args.get(name, "")
    # Python refuses to read a number of thousands of digits.
    return min(int(text[:_DIGITS_MAX]), _ID_MAX) if text.isascii() and text.isdigit() else None
