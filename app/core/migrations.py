"""Flask-Migrate, fetched when somebody migrates: a process that serves has no use for Alembic, which takes 10 MB."""

import os

from flask import Flask

from app.config import ROOT
from app.core.db import db


class _Later:
    """Stands where Flask-Migrate looks for its settings, and makes way for them at the first look."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def __getattr__(self, name: str) -> object:
        _fetch(self._app)
        found: object = getattr(self._app.extensions["migrate"], name)
        return found


def _fetch(app: Flask) -> None:
    from flask_migrate import Migrate

    Migrate(app, db, directory=str(ROOT / "migrations"), render_as_batch=True, compare_type=True)


def init_app(app: Flask) -> None:
    """Offer migrations to who asks; to `flask` at once, which lists the commands of `flask db`."""
    if os.environ.get("FLASK_RUN_FROM_CLI") == "true":
        _fetch(app)
    else:
        app.extensions["migrate"] = _Later(app)
