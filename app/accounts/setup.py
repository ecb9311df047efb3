"""Wires the room into the application."""

from flask import Flask

from app.accounts import gate, mails, pages
from app.accounts.views import bp
from app.mail import kinds


def init_app(app: Flask) -> None:
    """Register the room's pages, its letter, and the gate before everything under /organizer."""
    gate.init_app(app)
    pages.init_app(app)
    kinds.register(mails.SIGN_IN, mails.sign_in)
    app.register_blueprint(bp)
