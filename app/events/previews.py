"""The link that shows a draft to whoever has it, until another one is made."""

from typing import Final

from sqlalchemy import select

from app.core.db import db
from app.core.errors import NotFoundError
from app.core.i18n import gettext as _
from app.core.tokens import mac, mac_matches
from app.events.models import Event

_PURPOSE: Final = "preview"
_DIGITS_MAX: Final = 9  # of an id, which is a 32-bit number


def preview_token(event: Event) -> str:
    """Return the secret part of `/preview/<token>`; derived, so that nothing is stored."""
    return f"{event.id}-{mac(_PURPOSE, event.id, event.preview_version)}"


def previewed_event_id(token: str) -> int:
    """Return the event this link shows, in one statement. Raises NotFoundError for a link that was renewed."""
    number, _dash, proof = token.partition("-")
    if number.isascii() and number.isdigit() and len(number) <= _DIGITS_MAX:
        version = db.session.scalar(select(Event.preview_version).where(Event.id == int(number)))
        if version is not None and mac_matches(proof, _PURPOSE, int(number), version):
            return int(number)
    raise NotFoundError(_("This preview link no longer works. Ask the organizers for the new one."))
