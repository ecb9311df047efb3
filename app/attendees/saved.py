"""Views of the list under a name: kept, listed, taken away. Each event has its own, shared by its organizers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import delete, func, select

from app.attendees.models import VIEW_NAME_MAX, AttendeeView
from app.attendees.order import Order
from app.attendees.wanted import Wanted
from app.core.db import db, transaction
from app.core.errors import BadInputError
from app.core.i18n import gettext as _
from app.events.locking import locked_event
from app.history.service import Actor, record
from app.registrations.queries import all_questions_of

VIEWS_MAX: Final = 30  # of one event


def views_of(event_id: int) -> Sequence[AttendeeView]:
    """Return the event's views by name."""
    statement = select(AttendeeView).where(AttendeeView.event_id == event_id)
    return db.session.scalars(statement.order_by(AttendeeView.key).limit(VIEWS_MAX)).all()


def save(event_id: int, name: str, wanted: Wanted, order: Order, *, by: Actor, now: datetime) -> None:
    """Keep filter and order under this name; a view of the same name becomes this one.

    What was typed is left out (`Wanted.keepable`): it may be somebody's name, which nobody would find when they are
    erased.
    Raises BadInputError where there are too many, and for a name that is missing or too long.
    """
    if not name or len(name) > VIEW_NAME_MAX:
        raise BadInputError(_("A view needs a name of at most %(max)d characters.", max=VIEW_NAME_MAX), field="name")
    query = wanted.keepable(all_questions_of(event_id)).as_query() | order.as_query()
    key = name.casefold()[:VIEW_NAME_MAX]
    with transaction() as session:
        locked_event(event_id)
        of_event = AttendeeView.event_id == event_id
        found = session.scalar(select(AttendeeView).where(of_event, AttendeeView.key == key))
        if found is not None:
            found.name, found.query = name, query
            view = found
        elif (session.scalar(select(func.count()).where(of_event)) or 0) >= VIEWS_MAX:
            raise BadInputError(_("An event has at most %(max)d views. Delete one first.", max=VIEWS_MAX), field="name")
        else:
            view = AttendeeView(event_id=event_id, name=name, key=key, query=query, created_at=now)
            session.add(view)
            session.flush()
        # Without the name: it may be a person's, and the history is for ever.
        record("attendees.view_saved", by=by, now=now, event_id=event_id, changes={"view": (None, view.id)})


def remove(event_id: int, view_id: int, *, by: Actor, now: datetime) -> None:
    """Take a view away; a second press changes nothing."""
    with transaction() as session:
        gone = session.scalar(
            delete(AttendeeView)
            .where(AttendeeView.event_id == event_id, AttendeeView.id == view_id)
            .returning(AttendeeView.id)
        )
        if gone is not None:
            record("attendees.view_removed", by=by, now=now, event_id=event_id, changes={"view": (gone, None)})
