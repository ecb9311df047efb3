"""Writing down what was done, in the transaction that does it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Final

from sqlalchemy import and_, or_, select, update

from app.core.db import Model, require_transaction
from app.core.i18n import Texts
from app.history.models import Entry

_SUBJECT_MAX: Final = 300
# Longer than any text of an event, so that what was can be brought back.
VALUE_MAX: Final = 20_000


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, from which sign-in; both None for the site itself and for commands."""

    organizer_id: int | None = None
    session_id: int | None = None


THE_SITE: Final = Actor()


def record(
    action: str,
    *,
    by: Actor,
    now: datetime,
    event_id: int | None = None,
    registration_id: int | None = None,
    subject: str = "",
    changes: Mapping[str, tuple[object, object]] | None = None,
) -> Entry:
    """Add an entry in the caller's transaction: both happen, or neither.

    `changes` holds before and after by the name of what changed; names that begin with an underscore are for undoing
    alone. An entry that says anything about one attendee names them by `registration_id`, so that it can be emptied
    when they are erased.
    """
    session = require_transaction()
    entry = Entry(
        at=now,
        action=action,
        organizer_id=by.organizer_id,
        session_id=by.session_id,
        event_id=event_id,
        registration_id=registration_id,
        subject=subject[:_SUBJECT_MAX],
        changes={name: [plain(was), plain(is_now)] for name, (was, is_now) in (changes or {}).items()},
    )
    session.add(entry)
    return entry


def forget_person(registration_id: int) -> None:
    """Empty what the log says of one attendee; that something was done, by whom and when, stays."""
    require_transaction().execute(
        update(Entry).where(Entry.registration_id == registration_id).values(subject="", changes={})
    )


def forget_organizer(organizer_id: int, *, about_oneself: Collection[str]) -> None:
    """Empty what the log calls somebody who managed: where they are the subject, and in their own steps of these kinds.

    Which role they had and how they signed in says nothing of who they are, and stays.
    """
    session = require_transaction()
    about_them = Entry.changes[("_organizer", 0)].as_integer() == organizer_id
    by_them = and_(Entry.organizer_id == organizer_id, Entry.action.in_(about_oneself))
    for entry in session.scalars(select(Entry).where(or_(about_them, by_them))).all():
        kept = {name: values for name, values in entry.changes.items() if name in {"_organizer", "role", "way"}}
        entry.subject, entry.changes = "", kept


def plain(value: object) -> object:
    """Return the value as the history keeps it: as JSON, long texts shortened, rows by their slug or id."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return value.value if isinstance(value, Enum) else _short(value)
    if isinstance(value, Texts):
        return {language: _short(text) for language, text in value.as_dict().items()}
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(inner) for inner in value]
    if isinstance(value, Model):
        return plain(getattr(value, "slug", None) or getattr(value, "id", None))
    return _short(str(value))


def _short(text: str) -> str:
    return text if len(text) <= VALUE_MAX else f"{text[: VALUE_MAX - 1]}…"
