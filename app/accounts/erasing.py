"""Erasing somebody who managed the site: who they were goes, what was done stays."""

from datetime import datetime
from typing import Final

from sqlalchemy import and_, delete, or_, select, update

from app.accounts import team
from app.accounts.models import Organizer, OrganizerInvitation, SignInSession
from app.core.addresses import Address
from app.core.db import transaction
from app.core.errors import NotFoundError
from app.core.i18n import gettext as _
from app.history.models import Entry
from app.history.service import THE_SITE, record
from app.mail import service as mail

# Entries whose subject is a device or a key of whoever did it.
_ABOUT_ONESELF: Final = ("signed_in", "session.revoked", "passkey.added", "passkey.renamed", "passkey.removed")


def erase_address(address: Address, *, now: datetime) -> None:
    """Remove an organizer if they are not yet, and erase name, address, sign-ins and what the history calls them.

    The entries of the history stay, as done by an organizer with this number. Raises NotFoundError for an unknown
    address, RefusedError for the last owner.
    """
    with transaction() as session:
        organizer_id = team.remove_if_there(address, now=now)
        if organizer_id is None:
            raise NotFoundError(_("There is no organizer with this address."))
        for table in (SignInSession, OrganizerInvitation):
            session.execute(delete(table).where(table.organizer_id == organizer_id))
        about_them = Entry.changes[("_organizer", 0)].as_integer() == organizer_id
        by_them = and_(Entry.organizer_id == organizer_id, Entry.action.in_(_ABOUT_ONESELF))
        numbers = session.scalars(select(Entry.id).where(or_(about_them, by_them))).all()
        for number in numbers:
            entry = session.get_one(Entry, number)
            kept = {name: values for name, values in entry.changes.items() if name in {"_organizer", "role", "way"}}
            entry.subject, entry.changes = "", kept
        session.execute(
            update(Organizer)
            .where(Organizer.id == organizer_id)
            .values(email="", email_key=f"erased:{organizer_id}", name="")
        )
        mail.forget_address(address.key)
        record("organizer.erased", by=THE_SITE, now=now, changes={"_organizer": (organizer_id, organizer_id)})
