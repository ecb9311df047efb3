"""What the organizers' frame does when the rooms below it say that something happened; inside their transaction."""

from datetime import datetime

from app.accounts.models import Organizer
from app.accounts.signals import organizer_removed
from app.calendar import private
from app.calendar.private import Owner
from app.history.service import Actor, record


def end_calendar(organizer: Organizer, *, by: Actor, now: datetime) -> None:
    """End the secret address of somebody who manages no more: added again, they would have it again."""
    if private.end_feed(Owner(organizer_id=organizer.id), now=now):
        record("feed.ended", by=by, now=now, subject=organizer.name or organizer.email)


def connect() -> None:
    """Listen."""
    organizer_removed.connect(end_calendar)
