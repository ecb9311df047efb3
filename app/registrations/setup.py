"""Wires the room into the application."""

from flask import Flask

from app.accounts import menu
from app.accounts.rights import Permission
from app.core import jobs
from app.core.i18n import lazy_gettext as _l
from app.registrations import changes, forgetting, mails, receivers, views, views_manage


def init_app(app: Flask) -> None:
    """Register the room's pages, letters and receivers."""
    app.register_blueprint(views.bp)
    app.register_blueprint(views_manage.bp)
    menu.add(app, "event", 50, "attendees.index", _l("Attendees"), needs=Permission.SEE_ATTENDEES)
    mails.register()
    receivers.connect()
    jobs.register(app, "announce", changes.announce)
    jobs.register(app, "forget answers", forgetting.forget_answers)
