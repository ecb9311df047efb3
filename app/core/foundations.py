"""The checks of what every room stands on: settings, time zones, database, schema, and a worker that lives."""

import shutil
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Final
from zoneinfo import TZPATH, ZoneInfo, ZoneInfoNotFoundError

from flask import Flask, current_app
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from app.config import is_weak
from app.core import checks, heartbeat
from app.core.checks import Finding, first_line
from app.core.db import db, transaction

DISK_MIN: Final = 200 * 2**20
# One round may wait this long for a mail server that stalls (delivery.lease_length).
SILENCE_MAX: Final = timedelta(minutes=6)
_PREPARE: Final = "Run `flask --app wsgi prepare`."


@lru_cache(maxsize=8)
def newest_schema(migrations: str) -> str | None:
    """Return the version of the schema that this code expects."""
    # Here and below and not above: see core/migrations.py.
    from alembic.script import ScriptDirectory

    return ScriptDirectory(migrations).get_current_head()


def schema_versions() -> frozenset[str]:
    """Return every version of the schema that this code knows, the newest among them."""
    from alembic.script import ScriptDirectory

    script = ScriptDirectory(current_app.extensions["migrate"].directory)
    return frozenset(revision.revision for revision in script.walk_revisions())


def present_schema() -> str | None:
    """Return the version of the database's schema; None for an empty database."""
    if not inspect(db.engine).has_table("alembic_version"):
        return None
    version: str | None = db.session.scalar(text("SELECT version_num FROM alembic_version"))
    return version


def prepare() -> bool:
    """Bring the schema up to what this code expects; False when it was there already."""
    import flask_migrate

    Path(current_app.config["INSTANCE_PATH"]).mkdir(mode=0o700, parents=True, exist_ok=True)
    before = present_schema()
    db.session.rollback()
    flask_migrate.upgrade()
    after = present_schema()
    db.session.rollback()
    return before != after


def settings(_now: datetime) -> Finding:
    """Say under which address and in which environment the site runs."""
    address, environment = current_app.config["PUBLIC_URL"], current_app.config["APP_ENV"]
    says = f"{environment}, {address}"
    if environment == "production" and not address.startswith("https://"):
        return Finding(
            says, "Set PUBLIC_URL to an https:// address: sign-in cookies and registration links travel over it."
        )
    return Finding(says)


def secret_key(_now: datetime) -> Finding:
    """Judge the key that signs links."""
    key = current_app.config["SECRET_KEY"]
    if is_weak(key):
        return Finding(
            f"weak ({len(key)} characters)", "Unset SECRET_KEY to have a good one made, or set 32 random characters."
        )
    path = Path(current_app.config["INSTANCE_PATH"]) / "secret_key"
    if path.exists() and path.stat().st_mode & 0o077:
        return Finding(f"others on this machine can read {path}", f"Run `chmod 600 {path}`.")
    return Finding(f"{len(key)} characters")


def time_zones(_now: datetime) -> Finding:
    """See whether zones can be read, and tell the usual mistake of missing data."""
    try:
        ZoneInfo("Asia/Shanghai")
        ZoneInfo("America/New_York")
    except ZoneInfoNotFoundError:
        return Finding(f"no time zone data in {', '.join(TZPATH)}", "Install the Python package `tzdata`.")
    return Finding("known")


def database_writes(_now: datetime) -> Finding:
    """Write to the database in a transaction that is undone, and look at the room left on the disk."""
    engine = db.engine
    if present_schema() is None:
        return Finding("the database is empty", _PREPARE)
    try:
        with transaction() as session:
            session.execute(text("UPDATE alembic_version SET version_num = version_num"))
            session.rollback()
    except DBAPIError as error:
        return Finding(
            f"{engine.dialect.name} refuses: {first_line(error)}",
            "Check the rights of the database's file and folder, or of its user.",
        )
    path = engine.url.database
    if engine.dialect.name == "sqlite" and path and (free := shutil.disk_usage(Path(path).parent).free) < DISK_MIN:
        return Finding(f"only {free // 2**20} MB left on the disk of {path}", "Make room before it is full.")
    return Finding(f"{engine.dialect.name} takes them")


def database_answers(_now: datetime) -> Finding:
    """Ask the database for nothing, to see whether it is there."""
    try:
        db.session.execute(text("SELECT 1"))
    except DBAPIError as error:
        return Finding(f"no answer: {first_line(error)}", "Check DATABASE_URL and that the database server runs.")
    return Finding(f"{db.engine.dialect.name} answers")


def schema(_now: datetime) -> Finding:
    """Compare the database's schema with what this code expects."""
    present, newest = present_schema(), newest_schema(current_app.extensions["migrate"].directory)
    if present is None:
        return Finding("the database is empty", _PREPARE)
    if present == newest:
        return Finding(f"up to date ({present})")
    if present in schema_versions():
        return Finding(f"at {present}, this code expects {newest}", _PREPARE)
    return Finding(
        f"at {present}, which this code does not know", "The database was used by a newer Juhui: install that version."
    )


def worker(now: datetime) -> Finding:
    """See whether duties (delivering letters among them) have run on this machine lately."""
    advice = "Start the server (DUTIES=thread) or `flask --app wsgi worker`; if it runs on another machine, ask there."
    beat = heartbeat.last_beat()
    if beat is None:
        return Finding("no worker has ever run here", advice)
    seconds = max(0, int((now - beat).total_seconds()))
    if now - beat > SILENCE_MAX:
        return Finding(f"silent for {seconds} s", advice)
    return Finding(f"seen {seconds} s ago")


def init_app(app: Flask) -> None:
    """Register the checks, the ground first."""
    heartbeat.init_app(app)
    checks.register(app, "settings", settings)
    checks.register(app, "secret key", secret_key)
    checks.register(app, "time zones", time_zones)
    checks.register(app, "database", database_answers, decides_readiness=True)
    checks.register(app, "schema", schema, decides_readiness=True)
    checks.register(app, "writes", database_writes)
    checks.register(app, "worker", worker)
