"""Taking over an agenda from a table, a document or a chat: paste, look row by row, take it."""

from flask import Response, request
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.gate import actor
from app.accounts.pages import manage_page
from app.core.clock import utc_now
from app.core.errors import BadInputError
from app.core.i18n import gettext as _
from app.core.times import local_of
from app.events.agenda import service, words
from app.events.agenda.forms_paste import PastedForm, PasteForm
from app.events.agenda.paste.rows import Bad, read
from app.events.managed import Managed
from app.events.views_agenda import bp, managed_agenda
from app.web.bodies import takes
from app.web.pages import see_other

# Chinese takes nine bytes a character in a form.
_BYTES_MAX = 512 * 1024


@bp.get("/paste")
def paste(slug: str) -> Response:
    """Ask for the text."""
    return _page(managed_agenda(slug), PasteForm())


@bp.post("/paste")
@takes(_BYTES_MAX)
def preview(slug: str) -> Response:
    """Show row by row what is understood; nothing is written yet."""
    managed = managed_agenda(slug)
    form = PasteForm(request.form)
    if not form.validate():
        return _page(managed, form, status=422)
    pasted = read(form.text.data or "", first_day=local_of(managed.event.starts_at, managed.event.zone).date())
    if not pasted.rows:
        form.text.errors = [_("No row of this can be understood. A row needs at least a title.")]
        return _page(managed, form, bad=pasted.bad, status=422)
    rows = PastedForm.of_rows(pasted.rows)
    rows.resolve()
    return _page(managed, form, rows, bad=pasted.bad)


@bp.post("/pasted")
@takes(_BYTES_MAX)
def take(slug: str) -> BaseResponse:
    """Take the rows as they were corrected, all or none."""
    managed = managed_agenda(slug)
    form, rows = PasteForm(request.form), PastedForm.sent(request.form)
    replace = request.form.get("mode") == "replace"
    if not rows.validate():
        return _page(managed, form, rows, replace=replace, status=422)
    items = rows.taken()
    if not items:
        raise BadInputError(_("No row was to be taken. Please go back and tick at least one."))
    service.take_pasted(managed.event.id, items, replace=replace, by=actor(), now=utc_now())
    return see_other(".index", slug=slug, done="pasted")


def _page(
    managed: Managed,
    form: PasteForm,
    rows: PastedForm | None = None,
    *,
    bad: list[Bad] | None = None,
    replace: bool = False,
    status: int = 200,
) -> Response:
    return manage_page(
        "events/manage/paste.html",
        status,
        permissions=managed.permissions,
        event=managed.event,
        form=form,
        rows=rows,
        bad=bad or [],
        replace=replace,
        trouble=words.trouble,
    )
