"""Wires the room into the application."""

from flask import Flask

from app.accounts import menu
from app.accounts.rights import Permission
from app.core import jobs
from app.core.i18n import lazy_gettext as _l
from app.events import (  # those that are not used below add their pages to the blueprint of an event's life
    covers,
    life,
    past,
    receivers,
    views_addresses,
    views_agenda,
    views_agenda_paste,
    views_life,
    views_manage,
    views_moving,  # noqa: F401 - as said
    views_pictures,
    views_places,
    views_recap,  # noqa: F401 - as said
    views_team,
)
from app.events.views import bp


def init_app(app: Flask) -> None:
    """Register the room's pages, letters and duties."""
    app.register_blueprint(bp)
    app.register_blueprint(views_agenda_paste.bp)
    app.register_blueprint(views_manage.bp)
    menu.add(
        app,
        "site",
        20,
        "events_manage.venue_list",
        _l("Venues"),
        needs=Permission.EDIT,
        inside=[f"events_manage.{view.__name__}" for view in views_places.PAGES],
    )
    inside = [f"events_manage.{view.__name__}" for view in (*views_manage.DETAILS, *views_pictures.PAGES)]
    menu.add(app, "event", 20, "events_manage.details", _l("Details"), needs=Permission.EDIT, inside=inside)
    app.register_blueprint(views_life.bp)
    views_addresses.init_app(app)
    jobs.register(app, "publish", life.publish_due)
    app.jinja_env.globals["COVER_VERSION"] = covers.VERSION
    of_agenda = ("new", "add", "edit", "change", "paste", "preview", "take")
    menu.add(
        app,
        "event",
        30,
        "agenda.index",
        _l("Agenda"),
        needs=Permission.EDIT,
        inside=(f"{views_agenda.bp.name}.{name}" for name in of_agenda),
    )
    app.register_blueprint(views_team.bp)
    of_team = ("event_team.member", "event_team.invite", "event_team.change_role")
    menu.add(app, "event", 60, "event_team.index", _l("Team"), needs=Permission.TEAM, inside=of_team)
    receivers.connect()
    past.register()
