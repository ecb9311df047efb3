"""Frozen lists are kept for a time only; whoever is erased disappears from them at once.

So do the answers of whoever takes them back, or gives their place back.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session

from app.core.db import db, require_transaction, transaction
from app.events.models import Event
from app.exports import venue
from app.exports.models import VenueCell, VenueList, VenueRow
from app.history.service import THE_SITE, record
from app.registrations.models import Answer
from app.registrations.queries import all_questions_of

# People deleted in one transaction: short enough that sign-ups do not wait for it on SQLite.
STEP: Final = 1000
_AT_ONCE: Final = 100


def forget_lists(now: datetime) -> int:
    """Delete the next rows of frozen lists whose date has come; return how many things were done. A duty.

    Any number may run at once, and each may be killed: a step is one transaction, which locks its list.
    """
    done, after = 0, 0
    while True:
        found = db.session.execute(
            select(VenueList, Event)
            .join(Event, Event.id == VenueList.event_id)
            .where(VenueList.id > after, VenueList.deleted_at.is_(None), Event.ends_at <= now)
            .order_by(VenueList.id)
            .limit(_AT_ONCE)
        ).all()
        due = [frozen.id for frozen, event in found if _is_due(frozen, event, now=now)]
        db.session.commit()
        done += sum(_step(list_id, now=now) for list_id in due)
        if len(found) < _AT_ONCE:
            return done
        after = found[-1][0].id


def _is_due(frozen: VenueList, event: Event, *, now: datetime) -> bool:
    return now >= venue.delete_at(event, venue.columns_of(frozen, all_questions_of(event.id)))


def _step(list_id: int, *, now: datetime) -> int:
    with transaction() as session:
        frozen = session.scalars(
            select(VenueList)
            .where(VenueList.id == list_id, VenueList.deleted_at.is_(None))
            .with_for_update(skip_locked=True)
            .execution_options(populate_existing=True)
        ).one_or_none()
        if frozen is None:
            return 0
        gone = _delete_some(session, list_id)
        if gone < STEP:
            frozen.deleted_at = now
            subject = str(frozen.version)
            record("venue_list.deleted", by=THE_SITE, now=now, event_id=frozen.event_id, subject=subject)
        return gone + 1


def _delete_some(session: Session, list_id: int) -> int:
    ids = session.scalars(
        select(VenueRow.registration_id)
        .where(VenueRow.list_id == list_id)
        .order_by(VenueRow.registration_id)
        .limit(STEP)
    ).all()
    for table in (VenueCell, VenueRow):
        session.execute(
            delete(table).where(table.list_id == list_id, table.registration_id.in_(ids)),
            execution_options={"synchronize_session": False},
        )
    return len(ids)


def forget_person(registration_id: int) -> None:
    """Take somebody off every frozen list; in the caller's transaction. How many a list had is counted anew."""
    session = require_transaction()
    on = select(VenueRow.list_id).where(VenueRow.registration_id == registration_id)
    session.execute(
        update(VenueList).where(VenueList.id.in_(on)).values(people=VenueList.people - 1),
        execution_options={"synchronize_session": False},
    )
    for table in (VenueCell, VenueRow):
        session.execute(
            delete(table).where(table.registration_id == registration_id),
            execution_options={"synchronize_session": False},
        )


def forget_taken_back(registration_id: int) -> None:
    """Take off every frozen list what somebody answers no longer; in the caller's transaction.

    What they have corrected stays as it was: the page says that it is another one now.
    """
    still = exists().where(
        Answer.registration_id == VenueCell.registration_id, Answer.question_id == VenueCell.question_id
    )
    require_transaction().execute(
        delete(VenueCell).where(VenueCell.registration_id == registration_id, ~still),
        execution_options={"synchronize_session": False},
    )


def forget_answers(registration_id: int) -> None:
    """Take all that somebody answered off every frozen list: no door asks for it any more. Their line stays."""
    require_transaction().execute(
        delete(VenueCell).where(VenueCell.registration_id == registration_id),
        execution_options={"synchronize_session": False},
    )
