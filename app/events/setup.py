"""Wires the room into the application."""

from flask import Flask

from app.events import covers
from app.events.views import bp


def init_app(app: Flask) -> None:
    """Register the room's pages, letters and duties."""
    app.register_blueprint(bp)
    app.jinja_env.globals["COVER_VERSION"] = covers.VERSION
