"""Wires the room into the application."""

from flask import Flask

from app.accounts.rights import Permission
from app.core.i18n import lazy_gettext as _l
from app.history import undo, words
from app.wording import receivers, service, views


def init_app(app: Flask) -> None:
    """Register the room's pages, its words in the history and how its steps are taken back.

    The entry in the menu is that of the messages, which these pages stand beside.
    """
    app.register_blueprint(views.bp)
    words.register(
        {service.SAVED: _l("Text of a letter changed"), service.RESET: _l("Standard text of a letter taken")}
    )
    for action in (service.SAVED, service.RESET):
        undo.register(action, service.take_back, needs={Permission.WRITE})
    receivers.connect()
