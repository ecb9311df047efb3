"""Publishing an event, taking it back, cancelling it, deleting a draft: each one transaction under the event's lock."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.interfaces import ORMOption

from app.core.db import db, require_transaction, transaction
from app.core.errors import BadInputError, ConflictError
from app.core.i18n import Texts
from app.core.i18n import gettext as _
from app.events import addresses
from app.events.audience import people_at
from app.events.locking import locked_event
from app.events.models import Event, EventAddress, EventState
from app.events.rules_life import Step, refusal, standing
from app.events.service import apply_changes
from app.history.service import THE_SITE, Actor, record

# A duty looks every second; who is later than this was not running.
LATE: Final = timedelta(minutes=5)
# Events that one round publishes; the next round takes the others.
DUE_MAX: Final = 20


@contextmanager
def taking(step: Step, event_id: int, *options: ORMOption, now: datetime) -> Iterator[Event]:
    """Lock the event in a transaction of its own and see that this step can be taken; raises ConflictError."""
    with transaction():
        event = locked_event(event_id, *options)
        reason = refusal(step, standing(event, people_at(event), now=now))
        if reason:
            raise ConflictError(reason)
        yield event


def publish(event_id: int, *, by: Actor, now: datetime) -> None:
    """Let everybody see the event, from now on. Raises ConflictError."""
    with taking(Step.PUBLISH, event_id, now=now) as event:
        _make_public(event, "event.published", by=by, now=now)


def publish_at(event_id: int, at: datetime, *, by: Actor, now: datetime) -> None:
    """Let the event publish itself at this time. Raises BadInputError (field `at`), ConflictError."""
    with taking(Step.SCHEDULE, event_id, now=now) as event:
        if at <= now:
            raise BadInputError(_("This time has passed. To publish right away, use the other button."), field="at")
        if at >= event.starts_at:
            raise BadInputError(_("The event has begun by then. Please choose an earlier time."), field="at")
        apply_changes(event, {"publish_at": at}, by=by, now=now, action="event.publishing_scheduled")


def forget_publish_at(event_id: int, *, by: Actor, now: datetime) -> None:
    """Let the event stay a draft after all. Raises ConflictError."""
    with taking(Step.UNSCHEDULE, event_id, now=now) as event:
        apply_changes(event, {"publish_at": None}, by=by, now=now, action="event.publishing_unscheduled")


def publish_due(now: datetime) -> int:
    """Publish the events whose time has come; return how many things were done. A duty.

    Any number may run at once, and each may be killed: one event is one transaction, under its lock. One that was late
    since nothing ran says so in the history; one that cannot be published any more stays a draft, and that too is said.
    """
    statement = select(Event.id).where(Event.publish_at <= now).order_by(Event.publish_at, Event.id).limit(DUE_MAX)
    event_ids = db.session.scalars(statement).all()
    db.session.commit()
    return sum(_publish_if_due(event_id, now=now) for event_id in event_ids)


def _publish_if_due(event_id: int, *, now: datetime) -> int:
    with transaction() as session:
        if session.scalar(select(Event.id).where(Event.id == event_id)) is None:
            return 0
        event = locked_event(event_id)
        planned = event.publish_at
        if planned is None or planned > now:
            return 0
        if refusal(Step.PUBLISH, standing(event, people_at(event), now=now)):
            action = "event.publishing_missed"
            return int(apply_changes(event, {"publish_at": None}, by=THE_SITE, now=now, action=action))
        action = "event.published_late" if now - planned > LATE else "event.published"
        _make_public(event, action, by=THE_SITE, now=now)
        return 1


def _make_public(event: Event, action: str, *, by: Actor, now: datetime) -> None:
    apply_changes(event, {"state": EventState.PUBLISHED}, by=by, now=now, action=action)


def unpublish(event_id: int, *, by: Actor, now: datetime) -> None:
    """Make the event a draft again, as long as nobody is registered. Raises ConflictError."""
    with taking(Step.UNPUBLISH, event_id, now=now) as event:
        apply_changes(event, {"state": EventState.DRAFT}, by=by, now=now, action="event.unpublished")


def cancel_event(event_id: int, reason: Texts, *, by: Actor, now: datetime) -> None:
    """Call the event off, with a reason for everybody who registered. Raises ConflictError."""
    with taking(Step.CANCEL, event_id, now=now) as event:
        values = {"state": EventState.CANCELLED, "cancellation_reason": reason}
        apply_changes(event, values, by=by, now=now, action="event.cancelled")


def take_back_cancellation(event_id: int, note: Texts, *, by: Actor, now: datetime) -> None:
    """Let a cancelled event take place after all, with a word to everybody who registered. Raises ConflictError."""
    with taking(Step.TAKE_BACK, event_id, now=now) as event:
        values = {"state": EventState.PUBLISHED, "cancellation_reason": Texts()}
        apply_changes(event, values, by=by, now=now, note=note, action="event.cancellation_taken_back")


def delete_draft(event_id: int, *, by: Actor, now: datetime) -> None:
    """Delete a draft that nobody outside has ever seen, with all that belongs to it. Raises ConflictError."""
    with taking(Step.DELETE, event_id, now=now) as event:
        subject, slug = event.title.in_language("zh"), event.slug
        # The rows that belong to it go by their foreign keys.
        session = require_transaction()
        session.expunge(event)
        session.execute(delete(Event).where(Event.id == event_id), execution_options={"synchronize_session": False})
        changes = {"slug": (slug, None)}
        record("event.deleted", by=by, now=now, event_id=event_id, subject=subject, changes=changes)


def renew_preview(event_id: int, *, by: Actor, now: datetime) -> None:
    """Give the preview another link; the one before leads nowhere any more."""
    with transaction():
        event = locked_event(event_id)
        values = {"preview_version": event.preview_version + 1}
        apply_changes(event, values, by=by, now=now, action="event.preview_renewed")


def change_address(event_id: int, slug: str, *, by: Actor, now: datetime) -> bool:
    """Give the event another address; the one it had leads here for ever if anybody may know it.

    Returns whether anything changed. Raises BadInputError (field `slug`) for an address that is unfit, or another
    event's now or at some time.
    """
    addresses.refuse_unfit(slug)
    try:
        with transaction() as session:
            event = locked_event(event_id)
            before = event.slug
            if slug == before:
                return False
            event.slug = slug
            session.flush()
            addresses.refuse_address_of_another(event)
            # Back to an address it had: that one is its own again.
            session.execute(delete(EventAddress).where(EventAddress.slug == slug))
            if event.published_at is not None:
                session.add(EventAddress(slug=before, event_id=event.id, created_at=now))
            parts = {"slug": (before, slug)}
            return apply_changes(event, {}, by=by, now=now, parts=parts, action="event.address_changed")
    except IntegrityError:
        # The unique slug decided: of two events that want one address at once, one gets it.
        raise BadInputError(addresses.taken_sentence(), field="slug") from None
