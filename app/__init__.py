"""Juhui: meetups of an open-source community. `create_app` wires the rooms together and does nothing else."""

import logging
from collections.abc import Mapping

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from app import cli, config
from app.accounts import setup as accounts
from app.attendees import setup as attendees
from app.calendar import setup as calendar
from app.community import setup as community
from app.core import foundations, migrations
from app.core.db import db, engine_options
from app.core.i18n import babel, select_locale
from app.events import setup as events
from app.exports import setup as exports
from app.imports import setup as imports
from app.mail import setup as mail
from app.messages import setup as messages
from app.numbers import setup as numbers
from app.organizer import setup as organizer
from app.registrations import setup as registrations
from app.web import setup as web
from app.wording import setup as wording
from app.work import setup as work


def create_app(overrides: Mapping[str, object] | None = None) -> Flask:
    """Return the application, configured from the environment and these overrides (by setting name).

    Raises config.BadSettingError with one sentence when a setting cannot be used.
    """
    settings = config.load(overrides=overrides)
    app = Flask(
        "app",
        root_path=str(config.ROOT),
        instance_path=settings["INSTANCE_PATH"],
        template_folder="templates",
        static_folder="static",
    )
    app.config.from_mapping(settings)
    app.config.update(
        SQLALCHEMY_DATABASE_URI=settings["DATABASE_URL"],
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings["DATABASE_URL"]),
        MAX_CONTENT_LENGTH=config.FORM_BYTES_MAX,
        MAX_FORM_MEMORY_SIZE=config.FORM_BYTES_MAX,
        BABEL_TRANSLATION_DIRECTORIES=str(config.ROOT / "app" / "translations"),
        SEND_FILE_MAX_AGE_DEFAULT=31_536_000,
        TESTING=settings["APP_ENV"] == "testing",
    )
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("app").setLevel(settings["LOG_LEVEL"].upper())
    if settings["PROXY_HOPS"]:
        hops = settings["PROXY_HOPS"]
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]  # Flask documents this

    db.init_app(app)
    migrations.init_app(app)
    foundations.init_app(app)
    babel.init_app(app, locale_selector=select_locale)
    for room in (
        web, mail, accounts, community, events, calendar, wording, work, registrations, attendees, exports, imports,
        messages, numbers, organizer,
    ):  # fmt: skip
        room.init_app(app)
    cli.init_app(app)
    return app
