"""Writing messages: drafts that are saved, copied and thrown away. Nothing here leaves the site."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.attendees.wanted import UNKNOWN, Wanted
from app.core.db import transaction
from app.core.errors import ConflictError, NotFoundError
from app.core.i18n import gettext as _
from app.core.versions import Seen, settle
from app.history.service import Actor
from app.messages.models import FORGOTTEN, Message, MessageState, Purpose
from app.messages.past import note

# Of a wish for attendees (attendees.wanted), as a form holds them: those with several values, and those with one.
MANY: Final = ("status", "type", "answer", "tag")
DAYS: Final = ("from", "to")
_ONE: Final = ("in", "q", "lacks")
# Where people came from may be not known, which is a value too.
_SOURCE: Final = "source"
AUDIENCE: Final = (*MANY, *_ONE, *DAYS, _SOURCE)


def audience_values(wanted: Wanted) -> dict[str, Any]:
    """Return a wish as the fields of a form."""
    query = wanted.as_query()
    values: dict[str, Any] = {name: query.get(name, []) for name in MANY}
    values |= {name: next(iter(query.get(name, [])), "") for name in _ONE}
    values |= {"from": wanted.signed_up_from, "to": wanted.signed_up_to}
    return values | {_SOURCE: "" if wanted.source is None else f"={wanted.source}"}


def audience_of(values: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the wish that the fields of a form hold, as it is stored."""
    query = {name: [str(value) for value in values[name] or []] for name in MANY}
    query |= {name: [values[name]] for name in _ONE if values[name]}
    query |= {name: [day.isoformat()] for name in DAYS if isinstance(day := values[name], date)}
    if values[_SOURCE]:
        query[_SOURCE] = [values[_SOURCE].removeprefix("=") or UNKNOWN]
    return Wanted.stored(query).as_query()


def values_of(message: Message) -> dict[str, Any]:
    """Return what a message says and to whom, as a form holds it."""
    return {
        "subject": message.subject,
        "body": message.body,
        "purpose": message.purpose.value,
        "why": message.why,
        **audience_values(Wanted.stored(message.audience)),
    }


def create(event_id: int, values: Mapping[str, Any], *, by: Actor, now: datetime) -> int:
    """Begin a message; return its number."""
    with transaction() as session:
        message = Message(event_id=event_id, organizer_id=by.organizer_id, created_at=now, revised_at=now)
        _write(message, values)
        session.add(message)
        session.flush()
        note("message.created", message, by=by, now=now)
        return message.id


def save(event_id: int, message_id: int, values: Mapping[str, Any], *, seen: Seen, by: Actor, now: datetime) -> None:
    """Save a draft. Raises ClashError where somebody else has changed the same, ConflictError when it is no draft."""
    with transaction() as session:
        message = _draft(session, event_id, message_id)
        present = values_of(message)
        changed = settle(seen, values, present)
        if not changed and not message.has_forgotten:
            return
        _write(message, present | changed)
        message.revision, message.revised_at = message.revision + 1, now
        note("message.changed", message, by=by, now=now)


def duplicate(event_id: int, message_id: int, *, by: Actor, now: datetime) -> int:
    """Begin a message that says the same to the same people; return its number. Raises NotFoundError."""
    with transaction() as session:
        model = session.scalar(select(Message).where(Message.id == message_id, Message.event_id == event_id))
        if model is None:
            raise _no_such_message()
        copy = Message(event_id=event_id, organizer_id=by.organizer_id, created_at=now, revised_at=now)
        _write(copy, values_of(model))
        if model.has_forgotten:
            # Without what was typed it would go to more people; somebody looks at that first.
            copy.audience |= FORGOTTEN
        session.add(copy)
        session.flush()
        note("message.created", copy, by=by, now=now)
        return copy.id


def remove(event_id: int, message_id: int, *, by: Actor, now: datetime) -> None:
    """Throw a draft away. Raises ConflictError when it is no draft any more."""
    with transaction() as session:
        message = _draft(session, event_id, message_id)
        note("message.removed", message, by=by, now=now)
        session.delete(message)


def _write(message: Message, values: Mapping[str, Any]) -> None:
    message.subject, message.body = values["subject"], values["body"]
    message.purpose = Purpose(values["purpose"])
    # Of news nobody asks why.
    message.why = values["why"] if message.purpose is Purpose.REGISTRATION else ""
    message.audience = audience_of(values)


def _draft(session: Session, event_id: int, message_id: int) -> Message:
    message = session.scalar(
        select(Message)
        .where(Message.id == message_id, Message.event_id == event_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if message is None:
        raise _no_such_message()
    if message.state is not MessageState.DRAFT:
        raise ConflictError(_("This message is no draft any more, so it is not changed. A copy of it can be."))
    return message


def _no_such_message() -> NotFoundError:
    return NotFoundError(_("There is no such message at this event."))
