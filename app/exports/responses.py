"""How a file is answered: written while it is sent, kept by no cache."""

from flask import Response, stream_with_context

from app.exports.formats import Format


def file_response(form: Format, table: object, name: str) -> Response:
    """Return the table as a file of this name, without its suffix."""
    response = Response(stream_with_context(form.chunks(table)), content_type=form.content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{form.suffix}"'
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
