"""How Alembic runs our migrations: on the application's engine, one transaction each, batch mode for SQLite."""

from alembic import context
from alembic.autogenerate.api import AutogenContext
from flask import current_app
from sqlalchemy import JSON

import app.accounts.models
import app.community.models
import app.events.models
import app.mail.models
import app.registrations.models  # noqa: F401 - each import makes its tables known
from app.core.db import Model, Translated, UtcDateTime

config = context.config


def render_item(kind: str, item: object, autogen_context: AutogenContext) -> str | bool:
    """Write our column types as plain ones, so that an old migration does not depend on today's code."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, Translated | JSON):
        autogen_context.imports.add("from sqlalchemy.dialects import postgresql")
        return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    return False


def run_online() -> None:
    """Migrate the database that the application is configured for."""
    engine = current_app.extensions["migrate"].db.engine
    arguments = current_app.extensions["migrate"].configure_args
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            # A table that is rebuilt in batch mode is dropped first; that must not cascade.
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.commit()
        context.configure(connection=connection, target_metadata=Model.metadata, render_item=render_item, **arguments)
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA foreign_keys=ON")


run_online()
