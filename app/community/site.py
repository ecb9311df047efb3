"""The community's own row, kept in the process: every page needs its name, and none should ask for it."""

import time
from datetime import datetime
from typing import Final

from flask import Flask, current_app

from app.community.models import Site
from app.core.clock import utc_now
from app.core.db import db
from app.core.i18n import Texts

# Another process that changes the name is heard after this many seconds.
KEPT_SECONDS: Final = 30.0

SITE_ID: Final = 1


def site() -> Site:
    """Return the community's row; one with a neutral name while none has been loaded."""
    kept = current_app.extensions.get("site")
    if kept is not None and kept[0] > time.monotonic():
        row: Site = kept[1]
        return row
    return _read()


def refresh_site(_now: datetime) -> int:
    """Read the row anew before a page would have to: a duty, so that no page asks the database once more for it."""
    kept = current_app.extensions.get("site")
    if kept is None or kept[0] - time.monotonic() < KEPT_SECONDS / 2:
        _read()
    return 0


def _read() -> Site:
    row = db.session.get(Site, SITE_ID) or _unnamed()
    if row in db.session:
        db.session.expunge(row)  # it outlives this session
    current_app.extensions["site"] = (time.monotonic() + KEPT_SECONDS, row)
    return row


def forget_site() -> None:
    """Read the row anew at the next page; for the process that has just changed it."""
    current_app.extensions.pop("site", None)


def _unnamed() -> Site:
    return Site(
        id=SITE_ID,
        name=Texts(zh="聚会", en="Juhui"),
        tagline=Texts(),
        about=Texts(),
        url=None,
        time_zone="Asia/Shanghai",
        revised_at=utc_now(),
    )


def init_app(app: Flask) -> None:
    """Offer the row to every template."""
    app.jinja_env.globals["site"] = site
