"""The addresses of events: one that was public once leads to its event for ever."""

import re
from typing import Final

from sqlalchemy import select

from app.core.db import db, require_transaction
from app.core.errors import BadInputError
from app.core.i18n import gettext as _
from app.events.models import Event, EventAddress
from app.events.queries import reachable

LENGTH_MAX: Final = 120
OLD_MAX: Final = 100
_FORM: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
# Pages of the organizers that stand where an event's would: /organizer/events/new.
_RESERVED: Final = frozenset({"new"})


def refuse_unfit(slug: str) -> None:
    """Raise BadInputError, with field `slug`, for what is no address of an event."""
    if len(slug) > LENGTH_MAX or not _FORM.fullmatch(slug):
        raise BadInputError(
            _("Use small letters a–z, digits and hyphens between them, such as shenzhen-2026-05."), field="slug"
        )
    if slug in _RESERVED:
        raise BadInputError(_("This word is used by the site itself. Please choose another one."), field="slug")


def refuse_address_of_another(event: Event) -> None:
    """Raise BadInputError when the event's slug, just written, once led to another event.

    After the write: who gives an address up and who takes it at that moment wait for each other at the unique slug,
    so that here the other's old address is seen.
    """
    taken = select(EventAddress.event_id).where(EventAddress.slug == event.slug, EventAddress.event_id != event.id)
    if require_transaction().scalar(taken) is not None:
        raise BadInputError(taken_sentence(), field="slug")


def taken_sentence() -> str:
    """Return the sentence for an address that is, or was, another event's."""
    return _("Another event has this address, or had it once: its old links must go on leading there.")


def old_addresses(event_id: int) -> list[str]:
    """Return the addresses that lead to this event beside its present one, the latest first."""
    statement = (
        select(EventAddress.slug)
        .where(EventAddress.event_id == event_id)
        .order_by(EventAddress.created_at.desc(), EventAddress.slug)
        .limit(OLD_MAX)
    )
    return list(db.session.scalars(statement))


def address_now(old_slug: str) -> str | None:
    """Return the present slug of the event that had this one, if anybody may see it; one statement."""
    statement = (
        select(Event.slug)
        .join(EventAddress, EventAddress.event_id == Event.id)
        .where(EventAddress.slug == old_slug, reachable())
    )
    return db.session.scalar(statement)
