"""What this room does when the rooms below it say that something happened; inside their transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select, update

from app.core.db import db, require_transaction
from app.core.i18n import Texts
from app.events.audience import People
from app.events.models import Event, TicketType
from app.events.signals import event_changed, event_copied, people_asked
from app.registrations.changes import note_change
from app.registrations.models import LIVE, Question, Registration, RegistrationState
from app.registrations.waitlist import promote_all

# What a question is; its answers stay with the event they were given at.
OF_A_QUESTION: Final = (
    "key", "position", "kind", "label", "help", "is_required", "options", "condition", "keep_days",
    "purpose", "sponsor", "is_after_acceptance", "is_masked",
)  # fmt: skip


def promote_after_change(event: Event, *, now: datetime, fields: frozenset[str], **_more: object) -> None:
    """Give raised capacity to those who wait; and what became free while the event was cancelled, once it is not."""
    if not fields & {"ticket_types", "state"}:
        return
    waited_for = select(Registration.ticket_type_id).where(
        Registration.event_id == event.id, Registration.state == RegistrationState.WAITING
    )
    statement = (
        select(TicketType.id)
        .where(TicketType.event_id == event.id, TicketType.id.in_(waited_for))
        .order_by(TicketType.id)
    )
    for ticket_type_id in require_transaction().scalars(statement).all():
        promote_all(ticket_type_id, now=now)


def remember_answers_anew(event: Event, *, fields: frozenset[str], **_more: object) -> None:
    """Count the time that answers are kept from the new end of an event that is moved."""
    if "ends_at" in fields:
        forgotten = update(Question).where(Question.event_id == event.id, Question.forgotten_at.is_not(None))
        require_transaction().execute(
            forgotten.values(forgotten_at=None), execution_options={"synchronize_session": False}
        )


def tell_who_registered(
    event: Event, *, now: datetime, fields: frozenset[str], for_calendars: bool, before: Mapping[str, Any], note: Texts
) -> None:
    """Let people hear of a new time or place, and of a cancellation; a corrected typo is no news."""
    if for_calendars:
        note_change(event, before=before, fields=fields, note=note, now=now)


def copy_questions(source: Event, *, copies: Sequence[Event], **_more: object) -> None:
    """Ask the same at events made from this one."""
    session = require_transaction()
    questions = session.scalars(
        select(Question).where(Question.event_id == source.id, Question.is_retired.is_(False)).order_by(Question.id)
    ).all()
    session.add_all(
        Question(event_id=copy.id, **{name: getattr(question, name) for name in OF_A_QUESTION})
        for copy in copies
        for question in questions
    )


def count_people(event: Event, **_more: object) -> People:
    """Answer how many people hold or await a place at the event, and how many ever signed up."""
    rows = db.session.execute(
        select(Registration.state, func.count()).where(Registration.event_id == event.id).group_by(Registration.state)
    )
    numbers: dict[RegistrationState, int] = dict(rows.all())
    return People(now=sum(numbers.get(state, 0) for state in LIVE), ever=sum(numbers.values()))


def connect() -> None:
    """Listen."""
    people_asked.connect(count_people)
    event_changed.connect(promote_after_change)
    event_changed.connect(remember_answers_anew)
    event_changed.connect(tell_who_registered)
    event_copied.connect(copy_questions)
