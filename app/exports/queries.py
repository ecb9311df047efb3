"""Reading attendees in batches, as plain rows: no objects to keep or forget."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, select

from app.attendees.wanted import Wanted, matching
from app.core.db import db
from app.core.errors import NotFoundError
from app.core.i18n import gettext as _
from app.events.models import Event
from app.exports.models import ExportLayout, ExportSchedule
from app.registrations.marks import AttendeeNote, AttendeeTag
from app.registrations.models import Answer, Registration

LAYOUTS_MAX: Final = 50
SCHEDULES_MAX: Final = 20


def batch(event: Event, wanted: Wanted, *, after: int, size: int) -> Sequence[Any]:
    """Return the next `size` attendees behind the id `after`, in the order of sign-up."""
    statement = (
        select(
            Registration.id,
            Registration.state,
            Registration.name,
            Registration.email,
            Registration.ticket_type_id,
            Registration.created_at,
            Registration.confirmed_at,
            Registration.checked_in_at,
            Registration.code,
            Registration.language,
            Registration.source,
        )
        .where(Registration.id > after, *matching(event, wanted))
        .order_by(Registration.id)
        .limit(size)
    )
    return db.session.execute(statement).all()


def answers(event_id: int, *, first: int, last: int) -> Mapping[int, Mapping[int, Any]]:
    """Return what those from one id to another answered, by registration and question."""
    rows = db.session.execute(
        select(Answer.registration_id, Answer.question_id, Answer.value)
        .join(Registration, Registration.id == Answer.registration_id)
        .where(Answer.registration_id.between(first, last), *_between(event_id, first, last))
    )
    found: dict[int, dict[int, Any]] = {}
    for registration_id, question_id, value in rows:
        found.setdefault(registration_id, {})[question_id] = value
    return found


def _between(event_id: int, first: int, last: int) -> tuple[ColumnElement[bool], ...]:
    # Said of the registrations too: PostgreSQL does not conclude it, and would read all of them for each batch.
    return Registration.event_id == event_id, Registration.id.between(first, last)


def tags(event_id: int, *, first: int, last: int) -> Mapping[int, Sequence[str]]:
    """Return the tags of those from one id to another."""
    rows = db.session.execute(
        select(AttendeeTag.registration_id, AttendeeTag.name)
        .where(AttendeeTag.event_id == event_id, AttendeeTag.registration_id.between(first, last))
        .order_by(AttendeeTag.registration_id, AttendeeTag.key)
    )
    return _gathered(rows)


def notes(event_id: int, *, first: int, last: int) -> Mapping[int, Sequence[str]]:
    """Return what organizers noted about those from one id to another, the oldest first."""
    rows = db.session.execute(
        select(AttendeeNote.registration_id, AttendeeNote.text)
        .join(Registration, Registration.id == AttendeeNote.registration_id)
        .where(AttendeeNote.registration_id.between(first, last), *_between(event_id, first, last))
        .order_by(AttendeeNote.registration_id, AttendeeNote.id)
    )
    return _gathered(rows)


def _gathered(rows: Iterable[Any]) -> Mapping[int, Sequence[str]]:
    found: dict[int, list[str]] = {}
    for registration_id, text in rows:
        found.setdefault(registration_id, []).append(text)
    return found


def layouts(event_id: int) -> Sequence[ExportLayout]:
    """Return the named layouts of an event."""
    statement = (
        select(ExportLayout)
        .where(ExportLayout.event_id == event_id)
        .order_by(ExportLayout.name, ExportLayout.id)
        .limit(LAYOUTS_MAX)
    )
    return db.session.scalars(statement).all()


def layout(event_id: int, layout_id: int) -> ExportLayout:
    """Return one of the event's layouts. Raises NotFoundError."""
    found = db.session.scalar(
        select(ExportLayout).where(ExportLayout.id == layout_id, ExportLayout.event_id == event_id)
    )
    if found is None:
        raise NotFoundError(_("There is no such layout at this event, or no longer."))
    return found


def schedules(event_id: int) -> Sequence[ExportSchedule]:
    """Return what is sent every morning about an event."""
    statement = (
        select(ExportSchedule)
        .where(ExportSchedule.event_id == event_id)
        .order_by(ExportSchedule.id)
        .limit(SCHEDULES_MAX)
    )
    return db.session.scalars(statement).all()


def schedule(event_id: int, schedule_id: int) -> ExportSchedule:
    """Return one of the event's schedules. Raises NotFoundError."""
    found = db.session.scalar(
        select(ExportSchedule).where(ExportSchedule.id == schedule_id, ExportSchedule.event_id == event_id)
    )
    if found is None:
        raise NotFoundError(_("This daily list is sent no longer: somebody has deleted it."))
    return found
