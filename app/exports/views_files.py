"""Having a long list written in the background, and fetching it."""

from flask import Response, request, stream_with_context
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.gate import actor, require_fresh_proof
from app.attendees.wanted import Wanted
from app.core.clock import utc_now
from app.core.i18n import current_language
from app.exports import prepared
from app.exports.forms import FileForm
from app.exports.views import bp, layout_wished, page, to_export, used_columns
from app.web.pages import see_other


@bp.post("/exports/files")
def prepare(slug: str) -> BaseResponse:
    """Begin to write the file with the columns that were chosen."""
    managed = to_export(slug)
    event = managed.event
    form, used = FileForm(request.form), used_columns(event.id)
    form.used = used
    if not form.validate():
        return page(managed, form, used, layout_wished(event.id), status=422)
    require_fresh_proof()
    task = prepared.begin(
        event,
        Wanted.of(request.args),
        used,
        form.format.data,
        language=current_language(),
        by=actor(),
        now=utc_now(),
    )
    return see_other("work.show", slug=slug, code=task.code)


@bp.get("/exports/files/<code>")
def prepared_file(slug: str, code: str) -> Response:
    """Send a file that was written in the background."""
    event = to_export(slug).event
    found = prepared.file_of(event.id, code)
    require_fresh_proof(is_file=True)
    response = Response(stream_with_context(prepared.content_of(found.id)), content_type=found.content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{found.name}"'
    response.headers["Content-Length"] = str(found.size)
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
