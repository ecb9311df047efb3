"""Wires the room into the application."""

from flask import Flask

from app.wording import past, receivers, views


def init_app(app: Flask) -> None:
    """Register the room's pages, its words in the history and how its steps are taken back.

    The entry in the menu is that of the messages, beside which these pages stand.
    """
    app.register_blueprint(views.bp)
    past.register()
    receivers.connect()
