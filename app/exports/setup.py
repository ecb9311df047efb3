"""Wires the room into the application."""

from flask import Flask

from app.accounts import proofs
from app.core.i18n import lazy_gettext as _l
from app.exports import files, views


def init_app(app: Flask) -> None:
    """Register the room's pages."""
    app.register_blueprint(views.bp)
    app.jinja_env.globals["export_formats"] = tuple(files.FORMATS)
    proofs.name(app, {"exports.download": _l("Download the attendee list")})
