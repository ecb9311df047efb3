"""Wires the room into the application."""

from flask import Flask

from app.community import rules, site
from app.community.views import bp
from app.core import jobs


def init_app(app: Flask) -> None:
    """Register the room's pages, letters and duties."""
    site.init_app(app)
    jobs.register(app, "site", site.refresh_site)
    app.jinja_env.globals.update(initials=rules.initials, avatar_tone=rules.avatar_tone)
    app.register_blueprint(bp)
