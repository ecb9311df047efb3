"""Wires the room into the application."""

from flask import Flask

from app.accounts import menu
from app.accounts.rights import Permission
from app.core.i18n import lazy_gettext as _l
from app.events import covers, past, receivers, views_team
from app.events.views import bp


def init_app(app: Flask) -> None:
    """Register the room's pages, letters and duties."""
    app.register_blueprint(bp)
    app.jinja_env.globals["COVER_VERSION"] = covers.VERSION
    app.register_blueprint(views_team.bp)
    inside = ("event_team.member", "event_team.invite", "event_team.change_role")
    menu.add(app, "event", 60, "event_team.index", _l("Team"), needs=Permission.TEAM, inside=inside)
    receivers.connect()
    past.register()
