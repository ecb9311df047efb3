"""Wires the room into the application."""

import flask_mail
from flask import Flask

from app.core import jobs
from app.mail import checks, delivery, kinds, mails, views_dev


def init_app(app: Flask) -> None:
    """Register the room's letter, its duty, and in development the pages of captured letters."""
    # Flask-Mail would send nothing in tests, and print whole conversations, people's addresses in them, when debugging.
    app.config.update(MAIL_SUPPRESS_SEND=False, MAIL_DEBUG=False, MAIL_DEFAULT_SENDER=app.config["MAIL_SENDER"])
    flask_mail.Mail(app)
    kinds.register(mails.TEST, mails.test)
    jobs.register(app, "deliver letters", delivery.deliver)
    checks.init_app(app)
    if app.config["APP_ENV"] == "development":
        app.register_blueprint(views_dev.bp)
