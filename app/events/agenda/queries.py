"""What the pages of the agenda read: an event with its items and who gives them, in a fixed number of statements."""

from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import joinedload, raiseload, selectinload

from app.core.db import db, require_transaction
from app.core.errors import NotFoundError
from app.core.i18n import gettext as _
from app.events.models import Event, Session, SessionSpeaker
from app.history.models import Entry

SESSIONS_MAX: Final = 150  # of one event; the service refuses more
RESTORABLE: Final = frozenset({"agenda.removed", "agenda.replaced", "agenda.untimed"})


def with_agenda() -> tuple[Any, ...]:
    """Return the loading of an agenda with the people in it: one statement beside that of the event."""
    return (
        selectinload(Event.sessions).options(
            joinedload(Session.speakers).joinedload(SessionSpeaker.person).raiseload("*"), raiseload(Session.event)
        ),
        raiseload("*"),
    )


def locked(event_id: int) -> Event:
    """Return an event with its agenda as it is now, and keep others from writing to it until the transaction ends."""
    session = require_transaction()
    session.execute(select(Event.id).where(Event.id == event_id).with_for_update())
    statement = (
        select(Event)
        .where(Event.id == event_id)
        .options(joinedload(Event.venue), selectinload(Event.sessions).selectinload(Session.speakers))
        .options(selectinload(Event.sessions).selectinload(Session.speakers).joinedload(SessionSpeaker.person))
        .execution_options(populate_existing=True)
    )
    return session.scalars(statement).one()


def item(event: Event, session_id: int) -> Session:
    """Return an item of a loaded agenda; raises NotFoundError for one of another event, or that was removed."""
    found = next((session for session in event.sessions if session.id == session_id), None)
    if found is None:
        raise NotFoundError(_("This agenda item does not exist, or somebody has removed it."))
    return found


def last_removal(event_id: int) -> Entry | None:
    """Return the last thing done to an agenda, if it took something away that can be brought back."""
    last = db.session.scalars(
        select(Entry)
        .where(Entry.event_id == event_id, Entry.action.startswith("agenda.", autoescape=True))
        .order_by(Entry.id.desc())
        .limit(1)
    ).one_or_none()
    return last if last is not None and last.action in RESTORABLE else None
