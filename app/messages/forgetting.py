"""Letting go of what was typed to say whom a message is for: a name, which nobody could find when they are erased.

Needed until the letters are queued; from then on the message only remembers that there was something.
"""

from datetime import datetime

from sqlalchemy import select

from app.attendees.wanted import Wanted
from app.core.db import require_transaction
from app.history.service import THE_SITE
from app.messages.models import FORGOTTEN, Message, MessageState
from app.messages.past import note
from app.registrations.queries import all_questions_of


def forget_typed(message: Message) -> None:
    """Keep of a message's audience what `Wanted.keepable` keeps, in the caller's transaction."""
    wanted = Wanted.stored(message.audience)
    kept = wanted.keepable(all_questions_of(message.event_id))
    if kept != wanted:
        message.audience = kept.as_query() | FORGOTTEN


def forget_in_drafts(event_id: int, *, now: datetime) -> None:
    """Let go of it in messages that have not set off, in the caller's transaction: somebody is erased at this event.

    It may be about anybody, so all of it goes; what was scheduled is a draft again, since it would go to more people.
    """
    session, unsent = require_transaction(), (MessageState.DRAFT, MessageState.SCHEDULED)
    messages = session.scalars(
        select(Message)
        .where(Message.event_id == event_id, Message.state.in_(unsent))
        .order_by(Message.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    for message in messages:
        before = message.audience
        forget_typed(message)
        if message.audience == before:
            continue
        message.revision, message.revised_at = message.revision + 1, now
        if message.state is MessageState.SCHEDULED:
            message.state, message.send_at = MessageState.DRAFT, None
            note("message.unscheduled", message, by=THE_SITE, now=now)
