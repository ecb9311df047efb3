"""The attendee list as a file."""

from flask import Blueprint, Response, abort, request, stream_with_context

from app.accounts.gate import PATH, actor, require_fresh_proof, signed_in_organizer
from app.accounts.rights import Permission
from app.attendees.wanted import Wanted
from app.core.clock import utc_now
from app.core.i18n import current_language
from app.events.managed import managed_event
from app.exports import downloads, files

bp = Blueprint("exports", __name__, url_prefix=f"{PATH}/events/<slug>")


@bp.get("/attendees.<suffix>")
def download(slug: str, suffix: str) -> Response:
    """Send the attendees that are wanted as a file, written while it is sent."""
    if suffix not in files.FORMATS:
        abort(404)
    event, wanted = managed_event(slug, signed_in_organizer(), Permission.EXPORT).event, Wanted.of(request.args)
    require_fresh_proof(is_file=True)
    form = files.FORMATS[suffix]
    downloads.record_download(event, wanted, suffix, by=actor(), now=utc_now())
    chunks = form.chunks(files.attendee_list(event, wanted, language=current_language()))
    response = Response(stream_with_context(chunks), content_type=form.content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{event.slug}-attendees.{form.suffix}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response
