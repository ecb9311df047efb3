"""Taking back what an import made, in steps: after it, or because somebody stopped it on the way.

Whoever has been changed since is left as they are. Who had no letter is gone without one, as if they had never been;
who had one is cancelled, and hears it by the letter that takes the entry out of the calendar.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.orm import Session, raiseload

from app.attendees.marking import with_other_tags
from app.core.db import require_transaction
from app.events.models import TicketType
from app.history.service import Actor, record
from app.imports import queries
from app.imports.applying import STATE_OF, give_back
from app.imports.models import Import, ImportPart, ImportRow, ImportState, Outcome
from app.mail import outbox
from app.mail.models import Letter, Priority
from app.registrations.marks import AttendeeNote
from app.registrations.models import Registration, RegistrationState, Transfer, revised
from app.registrations.signals import place_ended
from app.work.models import Task

STEP: Final = 200
UNDONE: Final = "attendees.import_undone"


def step(task: Task, now: datetime) -> bool:
    """Take back the next of what an import made; True while there is more."""
    session = require_transaction()
    work = queries.held(session, task.params["import"], ImportState.APPLYING, ImportState.UNDOING)
    if work is None:
        return False
    if work.state is ImportState.APPLYING:
        _give_back_the_rest(session, work, now=now)
        work.state, task.cursor = ImportState.UNDOING, 0
        return True
    rows = session.execute(
        select(ImportRow.number, ImportRow.registration_id, ImportRow.outcome)
        .where(ImportRow.import_id == work.id, ImportRow.number > task.cursor, ImportRow.registration_id.is_not(None))
        .order_by(ImportRow.number)
        .limit(STEP)
    ).all()
    if not rows:
        _finish(session, work, Actor(task.organizer_id, task.session_id), now=now)
        task.counts = {name: work.counts.get(name, 0) for name in ("removed", "cancelled", "kept")}
        return False
    made: dict[int, RegistrationState] = {
        registration_id: STATE_OF[outcome] for _number, registration_id, outcome in rows if registration_id is not None
    }
    types, people = _held(session, list(made))
    untouched = [person for person in people if person.state is made[person.id] and _is_untouched(person)]
    busy = _with_more(session, [person.id for person in untouched])
    untouched = [person for person in untouched if person.id not in busy]
    told = _told(session, untouched)
    silent = [person for person in untouched if person.id not in told]
    heard = [person for person in untouched if person.id in told]
    freed = Counter(p.ticket_type_id for p in untouched if p.state is RegistrationState.CONFIRMED)
    _cancel(session, heard, now=now)
    _delete(session, silent)
    give_back(freed, among=types, now=now)
    counts = dict(work.counts)
    for name, number in (("removed", len(silent)), ("cancelled", len(heard)), ("kept", len(rows) - len(untouched))):
        counts[name] = counts.get(name, 0) + number
    work.counts = counts
    task.cursor = rows[-1].number
    task.done += len(rows)
    return True


def _give_back_the_rest(session: Session, work: Import, *, now: datetime) -> None:
    """Give back the seats of rows of which no registration was made yet."""
    open_rows = select(ImportRow.ticket_type_id, func.count()).where(
        ImportRow.import_id == work.id,
        ImportRow.outcome == Outcome.CONFIRMED,
        ImportRow.registration_id.is_(None),
    )
    seats = dict(session.execute(open_rows.group_by(ImportRow.ticket_type_id)).all())
    wanted = sorted(type_id for type_id in seats if type_id is not None)
    types = session.scalars(
        select(TicketType.id).where(TicketType.id.in_(wanted)).order_by(TicketType.id).with_for_update()
    ).all()
    give_back(seats, among=set(types), now=now)


def _held(session: Session, registration_ids: Sequence[int]) -> tuple[set[int], Sequence[Registration]]:
    """Lock the ticket types of these registrations and then their rows, as everybody does; return both.

    Somebody who is moved between the two has been changed since, and is not among them.
    """
    wanted = select(Registration.ticket_type_id).where(Registration.id.in_(registration_ids))
    types = set(
        session.scalars(
            select(TicketType.id).where(TicketType.id.in_(wanted)).order_by(TicketType.id).with_for_update()
        )
    )
    people = session.scalars(
        select(Registration)
        .where(Registration.id.in_(registration_ids), Registration.ticket_type_id.in_(types))
        .options(raiseload("*"))
        .order_by(Registration.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    return types, people


def _is_untouched(person: Registration) -> bool:
    return person.revised_at == person.created_at and person.checked_in_at is None and person.erased_at is None


def _with_more(session: Session, registration_ids: Sequence[int]) -> set[int]:
    """Return those of these who have done something, or of whom somebody has written something down, since."""
    passes_on = exists().where(Transfer.registration_id == Registration.id)
    noted = exists().where(
        AttendeeNote.registration_id == Registration.id, AttendeeNote.created_at > Registration.created_at
    )
    statement = select(Registration.id).where(Registration.id.in_(registration_ids), passes_on | noted)
    return set(session.scalars(statement)) | with_other_tags(registration_ids)


def _told(session: Session, people: Sequence[Registration]) -> set[int]:
    """Return those of these about whose registration a letter has been written, whatever it said."""
    statement = select(Letter.ids["registration"].as_integer()).where(
        Letter.to_key.in_([person.email_key for person in people])
    )
    return set(session.scalars(statement)) & {person.id for person in people}


def _cancel(session: Session, people: Sequence[Registration], *, now: datetime) -> None:
    if not people:
        return
    outbox.queue_all(
        [
            outbox.Wanted(
                "removed",
                key=f"removed:{person.id}",
                to_email=person.email,
                to_name=person.name,
                language=person.language,
                ids={"registration": person.id, "was": person.state.value},
                priority=Priority.BULK,
                topic=f"event:{person.event_id}",
            )
            for person in people
        ],
        now=now,
    )
    session.execute(
        update(Registration)
        .where(Registration.id.in_([person.id for person in people]))
        .values(state=RegistrationState.CANCELLED, cancelled_at=now, revised_at=revised(now)),
        execution_options={"synchronize_session": False},
    )
    for person in people:
        place_ended.send(person.id)


def _delete(session: Session, people: Sequence[Registration]) -> None:
    for person in people:
        session.expunge(person)
    # Answers, tags and notes go with it, by their foreign keys.
    session.execute(
        delete(Registration).where(Registration.id.in_([person.id for person in people])),
        execution_options={"synchronize_session": False},
    )


def _finish(session: Session, work: Import, by: Actor, *, now: datetime) -> None:
    work.state, work.undone_at = ImportState.UNDONE, now
    session.execute(delete(ImportPart).where(ImportPart.import_id == work.id))
    record(
        UNDONE,
        by=by,
        now=now,
        event_id=work.event_id,
        changes={"_thing": (f"import/{work.id}", None)}
        | {f"{name}_people": (None, work.counts.get(name, 0)) for name in ("removed", "cancelled", "kept")},
    )
