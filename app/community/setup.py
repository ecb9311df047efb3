"""Wires the room into the application."""

from flask import Flask

from app.community import rules, site
from app.community.views import bp


def init_app(app: Flask) -> None:
    """Register the room's pages, letters and duties."""
    site.init_app(app)
    app.jinja_env.globals.update(initials=rules.initials, avatar_tone=rules.avatar_tone)
    app.register_blueprint(bp)
