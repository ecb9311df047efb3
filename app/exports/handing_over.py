"""Handing a frozen list to a venue: by a link that works once and for a time, written down when it is used."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import func, select, update

from app.accounts.models import Organizer
from app.accounts.rights import Permission, permissions_of
from app.core.db import db, transaction
from app.core.errors import ConflictError, GoneError, NotFoundError
from app.core.i18n import gettext as _
from app.core.tokens import hashed, new_secret
from app.events.models import Event, EventRole
from app.exports import venue
from app.exports.models import VenueLink, VenueList
from app.history.service import THE_SITE, Actor, record
from app.registrations.queries import all_questions_of

DAYS: Final = (1, 3, 7)  # that a link may hold


class LinkState(StrEnum):
    """What has become of a link."""

    OPEN = "open"
    USED = "used"
    EXPIRED = "expired"
    REVOKED = "revoked"


def state_of(link: VenueLink, *, now: datetime) -> LinkState:
    """Return what has become of a link; one that was used stays so."""
    if link.used_at is not None:
        return LinkState.USED
    if link.revoked_at is not None:
        return LinkState.REVOKED
    return LinkState.EXPIRED if link.expires_at <= now else LinkState.OPEN


def make_link(frozen: VenueList, label: str, *, days: int, by: Actor, now: datetime) -> str:
    """Return the secret of a new link to a list, for whom the label says; it is not stored, and shown once.

    Raises ConflictError for a list whose rows are deleted, and for too many links.
    """
    secret = new_secret()
    with transaction() as session:
        is_there = session.scalar(
            select(VenueList.id).where(VenueList.id == frozen.id, VenueList.deleted_at.is_(None)).with_for_update()
        )
        if is_there is None:
            raise ConflictError(_("This list has been deleted: its time was over."))
        number = session.scalar(select(func.count(VenueLink.id)).where(VenueLink.list_id == frozen.id)) or 0
        if number >= venue.LINKS_MAX:
            raise ConflictError(_("A list has at most %(max)d links.", max=venue.LINKS_MAX))
        session.add(
            VenueLink(
                list_id=frozen.id,
                token_hash=hashed(secret),
                label=label,
                organizer_id=by.organizer_id,
                created_at=now,
                expires_at=now + timedelta(days=days),
            )
        )
        # Without the label here and below: it may be a person's name, and the history is for ever.
        subject, changes = str(frozen.version), {"expires_at": (None, now + timedelta(days=days))}
        record("venue_list.link_made", by=by, now=now, event_id=frozen.event_id, subject=subject, changes=changes)
    return secret


def revoke(frozen: VenueList, link_id: int, *, by: Actor, now: datetime) -> None:
    """End a link that was not used yet. Raises NotFoundError, and ConflictError for one that was."""
    venue.link(frozen.id, link_id)
    with transaction() as session:
        ended = session.scalar(
            update(VenueLink)
            .where(VenueLink.id == link_id, VenueLink.used_at.is_(None), VenueLink.revoked_at.is_(None))
            .values(revoked_at=now)
            .returning(VenueLink.id),
            execution_options={"synchronize_session": False},
        )
        if ended is None:
            raise ConflictError(_("This link was used or revoked in the meantime."))
        subject = str(frozen.version)
        record("venue_list.link_revoked", by=by, now=now, event_id=frozen.event_id, subject=subject)


def offered(token: str, *, now: datetime) -> tuple[VenueLink, Event]:
    """Return the link behind a secret, while it can be used. Looking does not use it up.

    Raises NotFoundError for one that was never made, GoneError for one that was used, revoked or has expired, and for
    one whose maker may hand over no lists of the event any more.
    """
    found = venue.link_behind(hashed(token))
    if found is None:
        raise NotFoundError(_("This link opens nothing. Copy it whole from the message you got."))
    link, event = found
    sentences = {
        LinkState.USED: _("This list has been taken with this link already. If it was not you, tell the organizers."),
        LinkState.EXPIRED: _("This link has expired. Ask the organizers for a new one."),
        LinkState.REVOKED: _("The organizers have revoked this link. Ask them for a new one."),
    }
    state = state_of(link, now=now)
    if state is not LinkState.OPEN:
        raise GoneError(sentences[state])
    if link.list.deleted_at is not None or now >= _deleted_by(link.list, event):
        raise GoneError(_("This list has been deleted: its time was over."))
    if not _may_still(link, event):
        raise GoneError(sentences[LinkState.REVOKED])
    return link, event


def take(token: str, suffix: str, *, now: datetime) -> tuple[VenueLink, Event]:
    """Use a link up; of several who press at once, one gets the list. Raises as `offered`."""
    link, event = offered(token, now=now)
    frozen = link.list
    with transaction() as session:
        # The deciding write; everything else was looked at before it, and can only have ended the link since.
        taken = session.scalar(
            update(VenueLink)
            .where(
                VenueLink.id == link.id,
                VenueLink.used_at.is_(None),
                VenueLink.revoked_at.is_(None),
                VenueLink.expires_at > now,
            )
            .values(used_at=now)
            .returning(VenueLink.id),
            execution_options={"synchronize_session": False},
        )
        if taken is None:
            raise GoneError(
                _("This list has been taken with this link already. If it was not you, tell the organizers.")
            )
        subject, changes = str(frozen.version), {"format": (None, suffix), "rows": (None, frozen.people)}
        record("venue_list.handed_over", by=THE_SITE, now=now, event_id=event.id, subject=subject, changes=changes)
    return link, event


def _deleted_by(frozen: VenueList, event: Event) -> datetime:
    return venue.delete_at(event, venue.columns_of(frozen, all_questions_of(event.id)))


def _may_still(link: VenueLink, event: Event) -> bool:
    """Tell whether whoever made the link may export at the event now: nobody hands over what they may not see."""
    row = db.session.execute(
        select(Organizer.role, EventRole.role)
        .outerjoin(EventRole, (EventRole.organizer_id == Organizer.id) & (EventRole.event_id == event.id))
        .where(Organizer.id == link.organizer_id, Organizer.removed_at.is_(None))
    ).one_or_none()
    return row is not None and Permission.EXPORT in permissions_of(row[0], filter(None, [row[1]]))
