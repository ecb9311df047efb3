"""The gate to an event that is managed: drafts too, for whoever has a role there or for the whole site."""

from dataclasses import dataclass

from sqlalchemy import and_, select
from sqlalchemy.orm import raiseload

from app.accounts.models import Organizer
from app.accounts.rights import Permission, permissions_of
from app.core.db import db
from app.core.errors import NotFoundError, RefusedError
from app.core.i18n import gettext as _
from app.events.models import Event, EventRole


@dataclass(frozen=True, slots=True)
class Managed:
    """An event, and what the organizer who asked for it may do there."""

    event: Event
    permissions: frozenset[Permission]


def managed_event(slug: str, organizer: Organizer, need: Permission, *, options: tuple[object, ...] = ()) -> Managed:
    """Return the event if this organizer may do this there; one statement, and those of `options`.

    `options` are SQLAlchemy's loading options for what the page needs beside the event's own columns; without, anything
    else raises. Raises NotFoundError for an event that does not exist or that the organizer has nothing to do with, and
    RefusedError for one where they may do other things.
    """
    mine = and_(EventRole.event_id == Event.id, EventRole.organizer_id == organizer.id)
    statement = (
        select(Event, EventRole.role)
        .outerjoin(EventRole, mine)
        .options(*(options or (raiseload("*"),)))  # type: ignore[arg-type]  # SQLAlchemy's options share no public type
        .where(Event.slug == slug)
    )
    found = db.session.execute(statement).unique().one_or_none()
    permissions = permissions_of(organizer.role, [found[1]] if found and found[1] is not None else ())
    if found is None or Permission.SEE not in permissions:
        raise NotFoundError(_("There is no event at this address. All events are on the overview."))
    if need not in permissions:
        raise RefusedError(_("Your role at this event does not include this. An owner can give you another one."))
    return Managed(found[0], permissions)
