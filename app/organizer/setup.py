"""Wires the room into the application."""

from flask import Flask

from app.accounts import menu
from app.accounts.rights import Permission
from app.core.i18n import lazy_gettext as _l
from app.organizer import (
    views_event,  # noqa: F401 - adds its page to the blueprint
    views_feed,
)
from app.organizer.views import bp

# The steps of an event's life begin at its overview.
_STEPS = (
    "life.publication", "life.publish_at", "life.schedule", "life.move", "life.cancellation", "life.cancel",
    "life.take_back", "life.withdrawal", "life.deletion", "life.address", "life.change_address", "life.recap_page",
    "life.write_recap", "life.add_photos",
)  # fmt: skip


def init_app(app: Flask) -> None:
    """Register the room's pages."""
    app.register_blueprint(bp)
    app.register_blueprint(views_feed.bp)
    menu.add(app, "site", 80, "organizer_feed.show", _l("Calendar"), needs=None)
    menu.add(app, "site", 10, "organizer.dashboard", _l("Overview"), needs=None)
    menu.add(app, "event", 10, "organizer.event", _l("Overview"), needs=Permission.SEE, inside=_STEPS)
