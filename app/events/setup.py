"""Wires the room into the application."""

from flask import Flask

from app.accounts import menu, proofs
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

_IN_AGENDA = ("new", "add", "edit", "change", "paste", "preview", "take")
_PROVED = {
    "event_team.invite": _l("Invite somebody to manage the event"),
    "event_team.change_role": _l("Change somebody's role at the event"),
    "event_team.invite_again": _l("Send an invitation to manage the event again"),
}
_IN_TEAM = ("event_team.member", "event_team.invite", "event_team.change_role")


def init_app(app: Flask) -> None:
    """Register the room's pages, menus, letters and duties."""
    for pages in (bp, views_agenda_paste.bp, views_manage.bp, views_life.bp, views_team.bp):
        app.register_blueprint(pages)
    views_addresses.init_app(app)
    _fill_menus(app)
    jobs.register(app, "publish", life.publish_due)
    receivers.connect()
    past.register()
    proofs.name(app, _PROVED)
    app.jinja_env.globals["COVER_VERSION"] = covers.VERSION


def _fill_menus(app: Flask) -> None:
    venues = [f"events_manage.{view.__name__}" for view in views_places.PAGES]
    menu.add(app, "site", 20, "events_manage.venue_list", _l("Venues"), needs=Permission.EDIT, inside=venues)
    details = [f"events_manage.{view.__name__}" for view in (*views_manage.DETAILS, *views_pictures.PAGES)]
    menu.add(app, "event", 20, "events_manage.details", _l("Details"), needs=Permission.EDIT, inside=details)
    agenda = [f"{views_agenda.bp.name}.{name}" for name in _IN_AGENDA]
    menu.add(app, "event", 30, "agenda.index", _l("Agenda"), needs=Permission.EDIT, inside=agenda)
    menu.add(app, "event", 60, "event_team.index", _l("Team"), needs=Permission.TEAM, inside=_IN_TEAM)
