"""Wires the room into the application."""

from flask import Flask

from app.accounts import menu
from app.core.i18n import lazy_gettext as _l
from app.organizer.views import bp


def init_app(app: Flask) -> None:
    """Register the room's pages."""
    app.register_blueprint(bp)
    menu.add(app, "site", 10, "organizer.dashboard", _l("Overview"), needs=None)
