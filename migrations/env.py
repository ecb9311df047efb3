"""How Alembic runs our migrations: on the application's engine, one transaction each, batch mode for SQLite."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from alembic import context
from alembic.autogenerate.api import AutogenContext
from flask import current_app
from sqlalchemy import JSON, Connection

from app.core.db import Model, Translated, UtcDateTime

config = context.config

# Any number, as long as it is always the same.
ONE_AT_A_TIME = 20191214


def render_item(kind: str, item: object, autogen_context: AutogenContext) -> str | bool:
    """Write our column types as plain ones, so that an old migration does not depend on today's code."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, Translated | JSON):
        autogen_context.imports.add("from sqlalchemy.dialects import postgresql")
        return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    return False


def run_online() -> None:
    """Migrate the database that the application is configured for; all of it or nothing."""
    engine = current_app.extensions["migrate"].db.engine
    arguments = current_app.extensions["migrate"].configure_args
    # Of two that start at once, the second waits for the first, and then finds nothing to do.
    with engine.connect().execution_options(juhui_write=True) as connection, ExitStack() as stack:
        if connection.dialect.name == "sqlite":
            stack.enter_context(foreign_keys_off(connection))
        context.configure(
            connection=connection,
            target_metadata=Model.metadata,
            render_item=render_item,
            # On SQLite too, where Alembic does not trust Python's driver to; app.core.db says BEGIN itself.
            transactional_ddl=True,
            **arguments,
        )
        with context.begin_transaction():
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql("SET LOCAL statement_timeout = 0")  # a large table takes its time
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ONE_AT_A_TIME})")
            context.run_migrations()
            if connection.dialect.name == "sqlite":
                refuse_orphans(connection)
        connection.commit()


@contextmanager
def foreign_keys_off(connection: Connection) -> Iterator[None]:
    """Let a table that is rebuilt in batch mode be dropped without what hangs on it.

    SQLite ignores this pragma inside a transaction, and SQLAlchemy opens one for whatever it sends; so it is said to
    the driver itself, before the first transaction and after the last.
    """
    driver = connection.connection.dbapi_connection
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        connection.rollback()
        driver.execute("PRAGMA foreign_keys=ON")


def refuse_orphans(connection: Connection) -> None:
    """Raise when a migration left a row that points nowhere: nobody was watching meanwhile."""
    orphan = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if orphan is not None:
        message = f"The migration left a row of {orphan[0]} that points to no row of {orphan[2]}."
        raise ValueError(message)


run_online()
