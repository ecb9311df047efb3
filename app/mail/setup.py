"""Wires the room into the application."""

import flask_mail
from flask import Flask

from app.config import BadSettingError
from app.core import jobs
from app.core.addresses import normalise
from app.mail import checks, delivery, forgetting, kinds, mails, pace, views_dev


def init_app(app: Flask) -> None:
    """Register the room's letter, its duty, its checks, and in development the pages of captured letters."""
    # Found out here, and not by the first letter that cannot be queued; in ASCII, as letters and calendars need it.
    for name in ("MAIL_SENDER", "MAIL_REPLY_TO"):
        app.config[name] = app.config[name] and _ascii_address(name, app.config[name])
    # Flask-Mail would send nothing in tests, and print whole conversations, people's addresses in them, when debugging.
    app.config.update(MAIL_SUPPRESS_SEND=False, MAIL_DEBUG=False, MAIL_DEFAULT_SENDER=app.config["MAIL_SENDER"])
    flask_mail.Mail(app)
    kinds.register(mails.TEST, mails.test)
    jobs.register(app, "deliver letters", delivery.deliver)
    jobs.register(app, "forget refused addresses", pace.forget_old)
    jobs.register(app, "forget recipients", forgetting.forget_recipients)
    checks.init_app(app)
    if app.config["APP_ENV"] == "development":
        app.register_blueprint(views_dev.bp)


def _ascii_address(name: str, address: str) -> str:
    try:
        return normalise(address, allow_local=True).email
    except ValueError as error:
        message = f"The setting {name} is no address that letters can come from or go to: {error} It is {address!r}."
        raise BadSettingError(message) from None
