"""Wires the room into the application."""

from flask import Flask

from app.calendar.views import bp


def init_app(app: Flask) -> None:
    """Register the room's pages."""
    app.register_blueprint(bp)
