"""Wires the room into the application."""

from flask import Flask

from app.accounts import menu, proofs
from app.accounts.rights import Permission
from app.core.i18n import lazy_gettext as _l
from app.history import words
from app.organizer import (
    receivers,
    views,
    views_event,  # noqa: F401 - adds its page to the blueprint
    views_feed,
    views_history,
    views_search,
)

# The steps of an event's life begin at its overview.
_STEPS = (
    "life.publication", "life.publish_at", "life.schedule", "life.move", "life.cancellation", "life.cancel",
    "life.take_back", "life.withdrawal", "life.deletion", "life.address", "life.change_address", "life.recap_page",
    "life.write_recap", "life.add_photos",
)  # fmt: skip
_PROVED = {
    "history.site_file": _l("Download the history"),
    "history.event_file": _l("Download the history"),
    "history.undo": _l("Undo what was done to the team"),
    "history.undo_at_event": _l("Undo what was done to the team"),
}


def init_app(app: Flask) -> None:
    """Register the room's pages."""
    app.register_blueprint(views.bp)
    app.register_blueprint(views_feed.bp)
    app.register_blueprint(views_history.bp)
    app.register_blueprint(views_search.bp)
    receivers.connect()
    proofs.name(app, _PROVED)
    menu.add(app, "site", 10, "organizer.dashboard", _l("Overview"), needs=None)
    menu.add(app, "event", 10, "organizer.event", _l("Overview"), needs=Permission.SEE, inside=_STEPS)
    menu.add(app, "site", 70, "history.site_wide", _l("History"), needs=Permission.SITE)
    menu.add(app, "event", 70, "history.of_event", _l("History"), needs=Permission.HISTORY)
    app.jinja_env.globals.update(last_step=views_history.last_step)
    words.register(
        {
            "feed.opened": _l("Calendar with a secret address made"),
            "feed.replaced": _l("Secret address of the calendar replaced"),
            "feed.ended": _l("Calendar with a secret address ended"),
            "history.downloaded": _l("History downloaded"),
            "history.undone": _l("Undone"),
        }
    )
    words.register_fields(
        {
            "action": _l("What"),
            "wanted_who": _l("Only by"),
            "wanted_what": _l("Only this"),
            "wanted_event": _l("Only at"),
            "wanted_from": _l("From"),
            "wanted_to": _l("To"),
        }
    )
