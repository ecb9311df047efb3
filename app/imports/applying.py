"""Making registrations of rows: the seats are taken at once, all or none; the rows follow in steps.

A step is one transaction of some hundred rows with how far it has come (work.kinds), so that a process may be killed
anywhere and another one goes on. Until then the seats are held for them: nobody who signs up meanwhile gets one.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.core.db import listed, require_transaction
from app.core.tokens import new_code
from app.events.models import TicketType
from app.history.service import Actor, record
from app.imports import queries
from app.imports.models import Import, ImportPart, ImportRow, ImportState, Outcome
from app.mail import outbox
from app.mail.models import Priority
from app.registrations import searching, sources
from app.registrations.marks import AttendeeNote, AttendeeTag, tag_key
from app.registrations.models import LIVE_PREDICATE, Answer, Question, Registration, RegistrationState
from app.registrations.seats import lock, release_seats, take_seats
from app.registrations.waitlist import promote_all
from app.work.models import Task

STEP: Final = 400
SOURCE: Final = sources.IMPORTED
IMPORTED: Final = "attendees.imported"
STATE_OF: Final[Mapping[Outcome, RegistrationState]] = {
    Outcome.CONFIRMED: RegistrationState.CONFIRMED,
    Outcome.WAITING: RegistrationState.WAITING,
    Outcome.PENDING: RegistrationState.PENDING,
}


def take_all_seats(work: Import) -> bool:
    """Take every seat that the dry run has promised; False when not all of them are there any more, or more are.

    In the caller's transaction, which is to be rolled back then. Ticket types are locked in one order.
    """
    session = require_transaction()
    seats = queries.wanted_seats(work.id, Outcome.CONFIRMED)
    waiting = queries.wanted_seats(work.id, Outcome.WAITING)
    for type_id in sorted({*seats, *waiting}):
        if type_id in seats and not take_seats(type_id, seats[type_id]):
            return False
        # Whoever is to wait would wait beside a free seat.
        if type_id in waiting and lock(type_id) and not _has_queue(session, type_id):
            return False
    return True


def _has_queue(session: Session, ticket_type_id: int) -> bool:
    statement = select(Registration.id).where(
        Registration.ticket_type_id == ticket_type_id, Registration.state == RegistrationState.WAITING
    )
    return session.scalar(statement.limit(1)) is not None


def step(task: Task, now: datetime) -> bool:
    """Make registrations of the next rows; True while there are more."""
    session = require_transaction()
    work = queries.held(session, task.params["import"], ImportState.APPLYING)
    if work is None:
        return False
    rows = queries.new_rows(work.id, after=task.cursor, limit=STEP)
    if not rows:
        _finish(session, work, Actor(task.organizer_id, task.session_id), now=now)
        task.counts = {outcome.value: work.counts.get(outcome.value, 0) for outcome in Outcome}
        return False
    types = _locked_types(session, rows)
    made = _insert(session, work, [row for row in rows if row.ticket_type_id in types], now=now)
    _insert_beside(session, work, rows, made, now=now)
    _leave_known(session, work, [row for row in rows if row.email_key not in made], types, now=now)
    if work.letters:
        _queue_letters(work, rows, made, now=now)
    task.cursor = rows[-1].number
    task.done += len(rows)
    return True


def _locked_types(session: Session, rows: Sequence[ImportRow]) -> set[int]:
    wanted = sorted({row.ticket_type_id for row in rows if row.ticket_type_id is not None})
    statement = select(TicketType.id).where(TicketType.id.in_(wanted)).order_by(TicketType.id).with_for_update()
    return set(session.scalars(statement))


def _insert(session: Session, work: Import, rows: Sequence[ImportRow], *, now: datetime) -> dict[str, int]:
    """Insert a registration for each address that has none by now; return the ids by address."""
    if not rows:
        return {}
    offsets = _calendar_offsets(session, work.event_id, [row.email_key for row in rows])
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    statement = dialect.insert(Registration.__table__).on_conflict_do_nothing(
        index_elements=[Registration.event_id, Registration.email_key], index_where=LIVE_PREDICATE
    )
    company_of = _company_reader(session, work.event_id)
    values = [
        {
            "code": (code := new_code()),
            "event_id": work.event_id,
            "ticket_type_id": row.ticket_type_id,
            "state": STATE_OF[row.outcome],
            "name": row.name,
            "email": row.email,
            "email_key": row.email_key,
            "language": row.language,
            "token_version": 1,
            "calendar_offset": offsets.get(row.email_key, 0),
            "created_at": now,
            "confirmed_at": now if row.outcome is Outcome.CONFIRMED else None,
            "revised_at": now,
            "source": SOURCE,
            **searching.columns(name=row.name, email=row.email, code=code, company=company_of(row)),
        }
        for row in rows
    ]
    # One prepared statement, row after row in one go. With RETURNING it would be one with some thousand parameters,
    # which psycopg takes apart in Python: three times our processor time.
    session.execute(statement, values)
    codes = listed(session, [str(value["code"]) for value in values])
    found = select(Registration.email_key, Registration.id).where(Registration.code.in_(codes))
    made = dict(session.execute(found).all())
    _mark_made(session, {row.id: made[row.email_key] for row in rows if row.email_key in made})
    return made


def _mark_made(session: Session, made: Mapping[int, int]) -> None:
    """Write beside each row which registration it made."""
    if not made:
        return
    table = ImportRow.__table__
    # Where the details belong from now on, they are masked, corrected and erased.
    statement = update(table).values(details={}, registration_id=bindparam("made"))  # type: ignore[arg-type]  # a table
    values = [{"row": row_id, "made": registration_id} for row_id, registration_id in made.items()]
    session.execute(statement.where(table.c.id == bindparam("row")), values)


def _calendar_offsets(session: Session, event_id: int, email_keys: Sequence[str]) -> dict[str, int]:
    """Return `registrations.queries.next_offset` for many addresses: a number above that of any earlier entry."""
    by_address = (
        select(Registration.email_key, func.max(Registration.calendar_offset) + 3)
        .where(Registration.event_id == event_id, Registration.email_key.in_(listed(session, email_keys)))
        .group_by(Registration.email_key)
    )
    offsets = dict(session.execute(by_address).all())
    # Somebody who was erased may be any of these.
    erased = session.scalar(
        select(func.max(Registration.calendar_offset) + 3).where(
            Registration.event_id == event_id,
            Registration.state == RegistrationState.CANCELLED,
            Registration.erased_at.is_not(None),
        )
    )
    if erased is not None:
        offsets = {email_key: max(offsets.get(email_key, 0), erased) for email_key in email_keys}
    return offsets


def _company_reader(session: Session, event_id: int) -> Callable[[ImportRow], str]:
    """Return what tells whom a person of this file works for: a search finds them by it."""
    questions = session.scalars(select(Question).where(Question.event_id == event_id).order_by(Question.id)).all()

    def company_of(row: ImportRow) -> str:
        answers = {int(key): value for key, value in row.details.get("answers", {}).items()}
        return searching.company_among(questions, answers)

    return company_of


def _insert_beside(
    session: Session, work: Import, rows: Sequence[ImportRow], made: Mapping[str, int], *, now: datetime
) -> None:
    """Insert answers, tags and notes of those who were registered."""
    # A question may have been deleted since; its answers go with it.
    asked = set(session.scalars(select(Question.id).where(Question.event_id == work.event_id)))
    answers: list[dict[str, Any]] = []
    tags: dict[tuple[int, str], dict[str, Any]] = {}
    notes: list[dict[str, Any]] = []
    for row in rows:
        registration_id = made.get(row.email_key)
        if registration_id is None:
            continue
        for key, value in row.details.get("answers", {}).items():
            if int(key) in asked:
                answers.append({"registration_id": registration_id, "question_id": int(key), "value": value})
        for name in row.details.get("tags", ()):
            tag = {"registration_id": registration_id, "key": tag_key(name), "name": name, "event_id": work.event_id}
            tags.setdefault((registration_id, tag["key"]), tag)
        if note := row.details.get("note"):
            notes.append(
                {
                    "registration_id": registration_id,
                    "organizer_id": work.organizer_id,
                    "text": note,
                    "created_at": now,
                }
            )
    for table, values in ((Answer, answers), (AttendeeTag, list(tags.values())), (AttendeeNote, notes)):
        if values:
            session.execute(insert(table.__table__), values)  # type: ignore[arg-type]  # a table


def _leave_known(session: Session, work: Import, rows: Sequence[ImportRow], types: set[int], *, now: datetime) -> None:
    """Leave as they are those who signed up by themselves meanwhile; their seats go to the next in line."""
    if not rows:
        return
    was = Counter(row.outcome.value for row in rows)
    freed = Counter(row.ticket_type_id for row in rows if row.outcome is Outcome.CONFIRMED)
    row_ids = [row.id for row in rows]
    session.execute(
        update(ImportRow).where(ImportRow.id.in_(row_ids)).values(outcome=Outcome.KNOWN, details={}),
        execution_options={"synchronize_session": False},
    )
    counts = dict(work.counts)
    for outcome, number in was.items():
        counts[outcome] = counts.get(outcome, 0) - number
    work.counts = counts | {Outcome.KNOWN.value: counts.get(Outcome.KNOWN.value, 0) + len(rows)}
    give_back(freed, among=types, now=now)


def give_back(seats: Mapping[Any, int], *, among: set[int], now: datetime) -> None:
    """Give seats back, in the order in which types are locked, and to those who wait."""
    for type_id in sorted(type_id for type_id in seats if type_id in among):
        release_seats(type_id, seats[type_id])
        promote_all(type_id, now=now)


def _queue_letters(work: Import, rows: Sequence[ImportRow], made: Mapping[str, int], *, now: datetime) -> None:
    outbox.queue_all(
        [
            outbox.Wanted(
                STATE_OF[row.outcome].value,
                key=f"{STATE_OF[row.outcome].value}:{made[row.email_key]}",
                to_email=row.email,
                to_name=row.name,
                language=row.language,
                ids={"registration": made[row.email_key]},
                priority=Priority.BULK,
                topic=f"event:{work.event_id}",
            )
            for row in rows
            if row.email_key in made
        ],
        now=now,
    )


def _finish(session: Session, work: Import, by: Actor, *, now: datetime) -> None:
    work.state, work.applied_at = ImportState.APPLIED, now
    work.first = work.first[:1] if work.has_header else []  # rows below name their columns by it
    session.execute(delete(ImportPart).where(ImportPart.import_id == work.id))
    new = {outcome.value: work.counts.get(outcome.value, 0) for outcome in STATE_OF}
    record(
        IMPORTED,
        by=by,
        now=now,
        event_id=work.event_id,
        changes={
            "_thing": (f"import/{work.id}", None),
            "_import": (work.id, None),
            "rows": (None, work.rows),
            "new_people": (None, sum(new.values())),
            "in_queue": (None, new["waiting"]),
            "known_people": (None, work.counts.get(Outcome.KNOWN.value, 0)),
            "with_letters": (None, work.letters),
        },
    )
