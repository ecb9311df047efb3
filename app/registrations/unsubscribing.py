"""An address says that it wants no reminders or no news, or wants them again. Its places stay as they are."""

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.core.db import require_transaction, transaction
from app.registrations.models import StoppedNews, StoppedReminders


def stop_reminders(email_key: str, *, now: datetime) -> None:
    """Send this address no more reminders, of whatever event; a second time changes nothing."""
    _stop(StoppedReminders, email_key, now=now)


def resume_reminders(email_key: str) -> None:
    """Send this address reminders again, of events to come."""
    with transaction() as session:
        session.execute(delete(StoppedReminders).where(StoppedReminders.email_key == email_key))


def stop_news(email_key: str, *, now: datetime) -> None:
    """Send this address no more news from organizers, of whatever event; a second time changes nothing."""
    _stop(StoppedNews, email_key, now=now)


def resume_news(email_key: str) -> None:
    """Send this address news again."""
    with transaction() as session:
        session.execute(delete(StoppedNews).where(StoppedNews.email_key == email_key))


def carry_over(old_key: str, new_key: str, *, now: datetime) -> None:
    """Let the address that somebody has now want no more of what their former one wanted none of.

    Takes part in the caller's transaction. The former address keeps its wish: other places may hang on it.
    """
    session = require_transaction()
    for table in (StoppedReminders, StoppedNews):
        if session.get(table, old_key) is not None:
            _insert(session, table, new_key, now=now)


def _stop(table: type[StoppedReminders | StoppedNews], email_key: str, *, now: datetime) -> None:
    with transaction() as session:
        _insert(session, table, email_key, now=now)


def _insert(session: Session, table: type[StoppedReminders | StoppedNews], email_key: str, *, now: datetime) -> None:
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.execute(insert(table).values(email_key=email_key, created_at=now).on_conflict_do_nothing())
