"""Wires the room into the application."""

from flask import Flask, current_app

from app.accounts import menu
from app.accounts.rights import Permission
from app.core import jobs
from app.core.i18n import lazy_gettext as _l
from app.messages import mails, receivers, sending, views, views_letters, views_sending, words

# The pages on which the tab is the present one.
_INSIDE = (
    "messages.new", "messages.create", "messages.show", "messages.save", "letters.index",
    "message_sending.preview", "message_sending.confirm", "message_sending.begin", "message_sending.schedule",
    "letter_texts.index", "letter_texts.edit", "letter_texts.change",
)  # fmt: skip
# Beside each other on each page of these; a room below may have none of its pages in an installation.
_PARTS = (
    ("messages.index", _l("Messages")),
    ("letters.index", _l("Outbox")),
    ("letter_texts.index", _l("Automatic letters")),
)


def init_app(app: Flask) -> None:
    """Register the room's pages, letters and duties."""
    app.register_blueprint(views.bp)
    app.register_blueprint(views_sending.bp)
    app.register_blueprint(views_letters.bp)
    menu.add(app, "event", 55, "messages.index", _l("Letters"), needs=Permission.WRITE, inside=_INSIDE)
    mails.register()
    words.register()
    receivers.connect()
    jobs.register(app, "send messages", sending.send_due)
    app.jinja_env.globals["parts_of_letters"] = lambda: [
        (endpoint, label) for endpoint, label in _PARTS if endpoint in current_app.view_functions
    ]
