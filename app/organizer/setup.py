"""Wires the room into the application."""

from flask import Flask

from app.accounts import menu
from app.core.i18n import lazy_gettext as _l
from app.organizer import views_feed
from app.organizer.views import bp


def init_app(app: Flask) -> None:
    """Register the room's pages."""
    app.register_blueprint(bp)
    app.register_blueprint(views_feed.bp)
    menu.add(app, "site", 80, "organizer_feed.show", _l("Calendar"), needs=None)
    menu.add(app, "site", 10, "organizer.dashboard", _l("Overview"), needs=None)
