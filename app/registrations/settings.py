"""How an event takes sign-ups: its window, waiting list, approval, who may see it, offers and reminders."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select

from app.core.db import db, transaction
from app.core.errors import BadInputError
from app.core.i18n import gettext as _
from app.core.times import instant_of, local_of
from app.core.versions import Seen, settle
from app.events.locking import locked_event
from app.events.models import Event, Visibility
from app.events.service import apply_changes
from app.history.service import Actor
from app.registrations.approval import approve_all
from app.registrations.models import Registration, RegistrationState

_TIMES: Final = {"opens": "sign_up_opens_at", "closes": "sign_up_closes_at"}
_PLAIN: Final = ("has_waiting_list", "needs_approval", "offer_within_hours", "offer_hours", "reminders")


def settings_of(event: Event) -> dict[str, Any]:
    """Return the present settings as a form holds them: local times without seconds, a word for the visibility."""
    times = {name: _local(getattr(event, attribute), event.zone) for name, attribute in _TIMES.items()}
    plain = {name: getattr(event, name) for name in _PLAIN}
    return times | plain | {"visibility": event.visibility.value, "reminders": sorted(event.reminders, reverse=True)}


def save_settings(
    event_id: int, mine: Mapping[str, Any], *, seen: Seen, approve_pending: bool | None, by: Actor, now: datetime
) -> None:
    """Make the settings these, as a form holds them, over what others have saved since they were seen.

    Who takes approval away says what becomes of those who wait for it: `approve_pending` gives them a place, False
    leaves them for a decision, None is refused with BadInputError while there are any. Raises ClashError.
    """
    with transaction():
        event = locked_event(event_id)
        write = settle(seen, mine, settings_of(event))
        ends_approval = write.get("needs_approval") is False
        if ends_approval and approve_pending is None and number_pending(event_id):
            raise BadInputError(_("Say what becomes of those who wait for a decision."), field="pending_then")
        apply_changes(event, _attributes(write, event.zone), by=by, now=now)
    if ends_approval and approve_pending:
        # In steps of its own: there may be thousands, and whoever is not reached still waits for a decision.
        approve_all(event_id, by=by, now=now)


def number_pending(event_id: int) -> int:
    """Return how many people wait for a decision."""
    statement = select(func.count()).where(
        Registration.event_id == event_id, Registration.state == RegistrationState.PENDING
    )
    return db.session.scalar(statement) or 0


def _local(at: datetime | None, zone: str) -> datetime | None:
    return local_of(at, zone).replace(second=0, microsecond=0) if at else None


def _attributes(values: Mapping[str, Any], zone: str) -> dict[str, Any]:
    attributes: dict[str, Any] = {}
    for name, value in values.items():
        if name in _TIMES:
            attributes[_TIMES[name]] = instant_of(value, zone) if value else None
        else:
            attributes[name] = Visibility(value) if name == "visibility" else value
    return attributes
