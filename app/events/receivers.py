"""What this room does when the rooms below it say that something happened; inside their transaction."""

from datetime import datetime

from app.accounts.models import Organizer
from app.accounts.signals import organizer_removed
from app.events import team
from app.history.service import Actor


def take_roles(organizer: Organizer, *, by: Actor, now: datetime) -> None:
    """Leave somebody who manages no more no role at any event: added again, they would have it again."""
    team.take_all_roles(organizer, by=by, now=now)


def connect() -> None:
    """Listen."""
    organizer_removed.connect(take_roles)
