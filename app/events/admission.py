"""Who may see an event by invitation: whoever brings a code that holds."""

from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, or_, select

from app.core.db import db
from app.core.errors import NotFoundError
from app.core.i18n import gettext as _
from app.core.tokens import CODE_LENGTH
from app.events.models import EventInvitation, Visibility

# Longer than any code of ours: what is longer is none, and need not be looked for.
CODE_MAX: Final = 40


class InvitationNeededError(NotFoundError):
    """The event is by invitation, and no code that holds was brought. Its page asks for one."""


def clean_code(typed: str | None) -> str:
    """Return a code as it is stored: people type it in small letters, with blanks and dashes between."""
    return "".join(sign for sign in (typed or "")[: 2 * CODE_MAX].upper() if sign.isalnum())[:CODE_MAX]


def holds(now: datetime) -> ColumnElement[bool]:
    """Return the condition that an invitation opens the page: not revoked, not past its day; used up or not."""
    not_past = or_(EventInvitation.expires_at.is_(None), EventInvitation.expires_at > now)
    return and_(EventInvitation.revoked_at.is_(None), not_past)


def has_uses_left() -> ColumnElement[bool]:
    """Return the condition that one more person may sign up with an invitation."""
    return or_(EventInvitation.uses_max.is_(None), EventInvitation.uses < EventInvitation.uses_max)


def invitation_with(event_id: int, code: str, *, now: datetime) -> EventInvitation | None:
    """Return the invitation to this event that a code opens; None when it opens none."""
    if len(clean_code(code)) < CODE_LENGTH:
        return None
    statement = select(EventInvitation).where(
        EventInvitation.event_id == event_id, EventInvitation.code == clean_code(code), holds(now)
    )
    return db.session.scalars(statement).one_or_none()


def refuse_strangers(event_id: int, visibility: Visibility, *, code: str, now: datetime) -> None:
    """Let in whoever may see the event's page. Raises InvitationNeededError; one statement if it is by invitation."""
    if visibility is Visibility.INVITATION and invitation_with(event_id, code, now=now) is None:
        raise InvitationNeededError(_("This event is by invitation. Open its page with your link or code."))
