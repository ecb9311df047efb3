"""Wires the room into the application."""

from flask import Flask

from app.accounts import menu
from app.accounts.rights import Permission
from app.attendees import views, views_approval, views_attendee
from app.core.i18n import lazy_gettext as _l

# The pages on which the tab is the present one.
_INSIDE = (
    "approvals.index", "approvals.decision", "attendee.show", "attendee.promote", "attendee.move", "attendee.remove",
    "attendee.confirm_erasure", "attendee.erase",
)  # fmt: skip


def init_app(app: Flask) -> None:
    """Register the room's pages."""
    app.register_blueprint(views.bp)
    app.register_blueprint(views_attendee.bp)
    app.register_blueprint(views_approval.bp)
    menu.add(app, "event", 50, "attendees.index", _l("Attendees"), needs=Permission.SEE_ATTENDEES, inside=_INSIDE)
