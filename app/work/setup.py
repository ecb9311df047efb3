"""Wires the room into the application."""

from flask import Flask

from app.core import jobs
from app.work import queries, service, views


def init_app(app: Flask) -> None:
    """Register the room's pages and duties."""
    app.register_blueprint(views.bp)
    app.jinja_env.globals["open_tasks_of"] = queries.open_tasks_of
    jobs.register(app, "advance work", service.advance)
    jobs.register(app, "forget work", service.forget)
