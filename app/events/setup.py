"""Wires the room into the application."""

from flask import Flask

from app.core import jobs
from app.events import (  # the last two add their pages to the blueprint of an event's life
    covers,
    life,
    views_addresses,
    views_life,
    views_moving,  # noqa: F401 - as said
    views_recap,  # noqa: F401 - as said
)
from app.events.views import bp


def init_app(app: Flask) -> None:
    """Register the room's pages, letters and duties."""
    app.register_blueprint(bp)
    app.register_blueprint(views_life.bp)
    views_addresses.init_app(app)
    jobs.register(app, "publish", life.publish_due)
    app.jinja_env.globals["COVER_VERSION"] = covers.VERSION
