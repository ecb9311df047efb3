"""Erasing somebody who managed the site: who they were goes, what was done stays."""

from datetime import datetime
from typing import Final

from sqlalchemy import delete, update

from app.accounts import team
from app.accounts.models import Organizer, OrganizerInvitation, SignInSession
from app.core.addresses import Address
from app.core.db import transaction
from app.core.errors import NotFoundError
from app.core.i18n import gettext as _
from app.history.service import THE_SITE, forget_organizer, record
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
        forget_organizer(organizer_id, about_oneself=_ABOUT_ONESELF)
        session.execute(
            update(Organizer)
            .where(Organizer.id == organizer_id)
            .values(email="", email_key=f"erased:{organizer_id}", name="")
        )
        mail.forget_address(address.key)
        record("organizer.erased", by=THE_SITE, now=now, changes={"_organizer": (organizer_id, organizer_id)})
