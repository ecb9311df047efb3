"""Wires the room into the application."""

from flask import Flask

from app.core import jobs
from app.registrations import changes, mails, receivers, views, views_manage


def init_app(app: Flask) -> None:
    """Register the room's pages, letters and receivers."""
    app.register_blueprint(views.bp)
    app.register_blueprint(views_manage.bp)
    mails.register()
    receivers.connect()
    jobs.register(app, "announce", changes.announce)
