"""Wires the room into the application."""

from flask import Flask

from app.accounts import gate, mails, pages, views_account, views_oidc, views_proof
from app.accounts.views import bp
from app.mail import kinds


def init_app(app: Flask) -> None:
    """Register the room's pages, its letters, and the gate before everything under /organizer."""
    gate.init_app(app)
    pages.init_app(app)
    kinds.register(mails.SIGN_IN, mails.sign_in)
    kinds.register(mails.PROOF, mails.proof)
    kinds.register(mails.NEW_DEVICE, mails.new_device)
    app.register_blueprint(bp)
    app.register_blueprint(views_account.bp)
    app.register_blueprint(views_proof.bp)
    app.register_blueprint(views_oidc.bp)
    views_proof.init_app(app)
