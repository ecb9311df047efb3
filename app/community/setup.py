"""Wires the room into the application."""

from flask import Flask

from app.community import site


def init_app(app: Flask) -> None:
    """Register the room's pages, letters and duties."""
    site.init_app(app)
