"""Codes that let in to an event by invitation: made, counted, taken back."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update

from app.core.db import db, require_transaction, transaction
from app.core.errors import NotFoundError, RefusedError
from app.core.i18n import gettext as _
from app.core.tokens import new_code
from app.events.admission import clean_code, has_uses_left, holds
from app.events.locking import locked_event
from app.events.models import EventInvitation
from app.history.service import Actor, record

INVITATIONS_MAX: Final = 200
# A button that is pressed twice is pressed within this time.
SENT_TWICE: Final = timedelta(seconds=10)


def invitations_of(event_id: int) -> Sequence[EventInvitation]:
    """Return the invitations to an event, the latest first."""
    statement = (
        select(EventInvitation)
        .where(EventInvitation.event_id == event_id)
        .order_by(EventInvitation.id.desc())
        .limit(INVITATIONS_MAX)
    )
    return db.session.scalars(statement).all()


def invitation_of(event_id: int, invitation_id: int) -> EventInvitation:
    """Return an invitation to this event. Raises NotFoundError for any other."""
    statement = select(EventInvitation).where(EventInvitation.id == invitation_id, EventInvitation.event_id == event_id)
    found = db.session.scalar(statement)
    if found is None:
        raise NotFoundError(_("There is no such invitation to this event."))
    return found


def invite(
    event_id: int, *, label: str, uses_max: int | None, expires_at: datetime | None, by: Actor, now: datetime
) -> EventInvitation:
    """Make a code that lets in to an event; the same form sent twice within seconds makes one.

    Raises RefusedError where there are as many as a page can hold.
    """
    with transaction() as session:
        locked_event(event_id)
        there = invitations_of(event_id)
        if there and _is_the_same(there[0], label, uses_max, expires_at, now=now):
            return there[0]
        if len(there) >= INVITATIONS_MAX:
            raise RefusedError(_("An event has at most %(max)d invitations.", max=INVITATIONS_MAX))
        invitation = EventInvitation(
            event_id=event_id,
            code=new_code(),
            label=label,
            uses=0,
            uses_max=uses_max,
            expires_at=expires_at,
            created_at=now,
        )
        session.add(invitation)
        changes = {"uses_max": (None, uses_max), "expires_at": (None, expires_at)}
        # Without the label: organizers may have written a name into it, and the history is for ever.
        record("invitation.created", by=by, now=now, event_id=event_id, changes=changes)
    return invitation


def _is_the_same(
    last: EventInvitation, label: str, uses_max: int | None, expires_at: datetime | None, *, now: datetime
) -> bool:
    return (last.label, last.uses_max, last.expires_at) == (label, uses_max, expires_at) and (
        now - last.created_at < SENT_TWICE and last.uses == 0 and last.revoked_at is None
    )


def revoke(invitation: EventInvitation, *, by: Actor, now: datetime) -> None:
    """Let nobody in with this code any more; who has signed up with it stays. A second time changes nothing."""
    with transaction() as session:
        statement = (
            update(EventInvitation)
            .where(EventInvitation.id == invitation.id, EventInvitation.revoked_at.is_(None))
            .values(revoked_at=now)
            .returning(EventInvitation.id)
        )
        if session.scalar(statement) is not None:
            record("invitation.revoked", by=by, now=now, event_id=invitation.event_id)


def use_invitation(event_id: int, code: str, *, now: datetime) -> int | None:
    """Count one more person who came with this code, in the caller's transaction; None when it lets in nobody more.

    One guarded UPDATE, repeated as a CHECK on the table.
    """
    statement = (
        update(EventInvitation)
        .where(
            EventInvitation.event_id == event_id,
            EventInvitation.code == clean_code(code),
            holds(now),
            has_uses_left(),
        )
        .values(uses=EventInvitation.uses + 1)
        .returning(EventInvitation.id)
    )
    return require_transaction().scalar(statement, execution_options={"synchronize_session": False})
