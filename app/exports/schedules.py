"""Lists that organizers are written to about every morning: a letter with a link, one a day, never the data itself."""

import logging
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from app.accounts.models import Organizer
from app.accounts.rights import Permission, permissions_of
from app.attendees.wanted import Wanted
from app.core.db import db, require_transaction, transaction
from app.core.errors import ConflictError
from app.core.i18n import gettext as _
from app.core.traces import trace
from app.events.locking import locked_event
from app.events.models import Event, EventRole, EventState
from app.exports import queries
from app.exports.models import ExportLayout, ExportSchedule
from app.history.service import Actor, record
from app.mail import outbox
from app.registrations.queries import all_questions_of

log = logging.getLogger(__name__)

LETTER: Final = "daily-list"
# Of the event's day: from eight in the morning, and never so late that it wakes anybody.
FROM: Final = time(8)
UNTIL: Final = time(22)
RECIPIENTS_MAX: Final = 100
_AT_ONCE: Final = 200


def add(event: Event, layout: ExportLayout, wanted: Wanted, *, by: Actor, now: datetime) -> None:
    """Write about this list every morning from the next eight o'clock on; what was typed is not kept.

    The same asked for twice is one. Raises ConflictError for an event that is over or not public, and for too many.
    """
    query = wanted.keepable(all_questions_of(event.id)).as_query()
    with transaction() as session:
        event = locked_event(event.id)
        if not _is_on(event, now=now):
            raise ConflictError(_("Only an event that is published and not over is written about."))
        there = session.scalars(select(ExportSchedule).where(ExportSchedule.event_id == event.id)).all()
        if any(each.layout_id == layout.id and each.query == query for each in there):
            return
        if len(there) >= queries.SCHEDULES_MAX:
            raise ConflictError(_("An event has at most %(max)d daily lists.", max=queries.SCHEDULES_MAX))
        schedule = ExportSchedule(
            event_id=event.id,
            layout_id=layout.id,
            query=query,
            organizer_id=by.organizer_id,
            created_at=now,
            last_day=due_day(now, event.tz, until=None),
        )
        session.add(schedule)
        record("export_schedule.added", by=by, now=now, event_id=event.id, changes=_of(layout.id))


def wanted_of(query: Mapping[str, Sequence[str]]) -> Wanted:
    """Return the wish that a schedule keeps."""
    return Wanted.of(MultiDict((name, value) for name, values in query.items() for value in values))


def pause(event: Event, schedule_id: int, *, by: Actor, now: datetime) -> None:
    """Send no more until it is resumed. Raises NotFoundError."""
    with transaction() as session:
        schedule = _held(session, event.id, schedule_id)
        if schedule.paused_at is None:
            schedule.paused_at = now
            record("export_schedule.paused", by=by, now=now, event_id=event.id, changes=_of(schedule.layout_id))


def resume(event: Event, schedule_id: int, *, by: Actor, now: datetime) -> None:
    """Send again from the next eight o'clock on. Raises NotFoundError."""
    with transaction() as session:
        schedule = _held(session, event.id, schedule_id)
        if schedule.paused_at is not None:
            schedule.paused_at = None
            schedule.last_day = due_day(now, event.tz, until=None) or schedule.last_day
            record("export_schedule.resumed", by=by, now=now, event_id=event.id, changes=_of(schedule.layout_id))


def delete(event: Event, schedule_id: int, *, by: Actor, now: datetime) -> None:
    """End it. Raises NotFoundError."""
    with transaction() as session:
        schedule = _held(session, event.id, schedule_id)
        session.delete(schedule)
        record("export_schedule.deleted", by=by, now=now, event_id=event.id, changes=_of(schedule.layout_id))


def _of(layout_id: int) -> Mapping[str, tuple[object, object]]:
    """Return what the history says of a daily list: not the layout's name, which may be a person's."""
    return {"layout": (None, layout_id)}


def _held(session: Session, event_id: int, schedule_id: int) -> ExportSchedule:
    locked_event(event_id)
    session.expire_all()
    return queries.schedule(event_id, schedule_id)


def due_day(now: datetime, zone: ZoneInfo, *, until: time | None = UNTIL) -> date | None:
    """Return the day whose letter may go now, by the clock on the wall there; None in the night."""
    local = now.astimezone(zone)
    is_day = local.time() >= FROM and (until is None or local.time() < until)
    return local.date() if is_day else None


def recipients(event_id: int, made_by: int | None) -> Sequence[Organizer]:
    """Return who is written to: of those with a role at the event, and who set it up, whoever may export there now."""
    here = and_(EventRole.event_id == event_id, EventRole.organizer_id == Organizer.id)
    rows = db.session.execute(
        select(Organizer, EventRole.role)
        .outerjoin(EventRole, here)
        .where(Organizer.removed_at.is_(None), or_(EventRole.role.is_not(None), Organizer.id == made_by))
        .order_by(Organizer.id)
        .limit(RECIPIENTS_MAX)
    )
    return [
        organizer
        for organizer, role in rows
        if Permission.EXPORT in permissions_of(organizer.role, filter(None, [role]))
    ]


def send_due(now: datetime) -> int:
    """Queue the letters of every list whose morning has come; return how many lists that were. A duty.

    A morning on which nobody was awake here is made up for within that day, and no other day is.
    """
    sent, after = 0, 0
    while True:
        rows = db.session.execute(
            select(ExportSchedule.id, ExportSchedule.last_day, Event.zone)
            .join(Event, Event.id == ExportSchedule.event_id)
            .where(
                ExportSchedule.id > after,
                ExportSchedule.paused_at.is_(None),
                Event.ends_at > now,
                Event.state == EventState.PUBLISHED,
            )
            .order_by(ExportSchedule.id)
            .limit(_AT_ONCE)
        ).all()
        db.session.commit()
        for schedule_id, last_day, zone in rows:
            day = due_day(now, ZoneInfo(zone))
            if day is not None and day != last_day:
                sent += _try_to_send(schedule_id, day, now=now)
        if len(rows) < _AT_ONCE:
            return sent
        after = rows[-1].id


def _try_to_send(schedule_id: int, day: date, *, now: datetime) -> bool:
    try:
        return _send(schedule_id, day, now=now)
    except Exception as error:  # noqa: BLE001 - whatever it is, other lists go out
        log.error("daily list %s failed\n%s", schedule_id, trace(error))  # noqa: TRY400 - a trace without people's data
        return False


def _send(schedule_id: int, day: date, *, now: datetime) -> bool:
    with transaction() as session:
        # The deciding write: of several workers, and of the same one after a crash, one has this day.
        claimed = session.scalar(
            update(ExportSchedule)
            .where(
                ExportSchedule.id == schedule_id,
                ExportSchedule.paused_at.is_(None),
                or_(ExportSchedule.last_day.is_(None), ExportSchedule.last_day != day),
            )
            .values(last_day=day, last_sent_at=now)
            .returning(ExportSchedule.event_id),
            execution_options={"synchronize_session": False},
        )
        if claimed is None:
            return False
        _queue(schedule_id, claimed, day, now=now)
        return True


def _queue(schedule_id: int, event_id: int, day: date, *, now: datetime) -> None:
    made_by = require_transaction().scalar(select(ExportSchedule.organizer_id).where(ExportSchedule.id == schedule_id))
    outbox.queue_all(
        [
            outbox.Wanted(
                LETTER,
                # A clock that was set back finds the letters of the day there already.
                key=f"{LETTER}:{schedule_id}:{day.isoformat()}:{organizer.id}",
                to_email=organizer.email,
                to_name=organizer.name,
                language=organizer.language,
                ids={"schedule": schedule_id, "organizer": organizer.id, "day": day.isoformat()},
            )
            for organizer in recipients(event_id, made_by)
        ],
        now=now,
    )


def next_at(schedule: ExportSchedule, event: Event, *, now: datetime) -> datetime | None:
    """Return when the next letter goes; None for one that is paused, or when the event is over by then."""
    if schedule.paused_at is not None or not _is_on(event, now=now):
        return None
    today = now.astimezone(event.tz).date()
    local = datetime.combine(today, FROM, event.tz)
    if schedule.last_day == today or now >= datetime.combine(today, UNTIL, event.tz):
        local += timedelta(days=1)
    at = max(local, now.astimezone(event.tz))
    return at if at < event.ends_at else None


def _is_on(event: Event, *, now: datetime) -> bool:
    return event.state is EventState.PUBLISHED and now < event.ends_at
