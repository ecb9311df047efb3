"""Wires the room into the application."""

from flask import Flask

from app.accounts import menu
from app.accounts.rights import Permission
from app.core.i18n import lazy_gettext as _l
from app.wording import past, receivers, views

_PAGES = ("letter_texts.edit", "letter_texts.change")


def init_app(app: Flask) -> None:
    """Register the room's pages, its entry in the menu, its words in the history and how its steps are taken back."""
    app.register_blueprint(views.bp)
    menu.add(app, "event", 55, "letter_texts.index", _l("Letters"), needs=Permission.WRITE, inside=_PAGES)
    past.register()
    receivers.connect()
