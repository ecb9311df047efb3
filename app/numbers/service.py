"""Making and removing the links of partners."""

from datetime import datetime
from typing import Final

from sqlalchemy import delete

from app.core.db import transaction
from app.core.errors import BadInputError, RefusedError
from app.core.i18n import gettext as _
from app.core.tokens import new_code
from app.events.locking import locked_event
from app.history.service import Actor, record
from app.numbers.models import PartnerLink
from app.numbers.queries import LINKS_MAX, links_of
from app.registrations.sources import clean_source

_CODE_MADE: Final = 6  # characters: long enough that two partners of an event do not meet


def add_link(event_id: int, *, name: str, code: str, by: Actor, now: datetime) -> PartnerLink:
    """Make a link under this name; without a code it gets one, from the name where that can stand in an address.

    The same form sent twice makes one. Raises BadInputError for a code that another link of the event has, RefusedError
    where there are as many as a page can hold.
    """
    with transaction() as session:
        locked_event(event_id)
        there = {link.code: link for link in links_of(event_id)}
        wanted = code or clean_source("-".join(name.lower().split()))
        if wanted in there:
            if there[wanted].name == name:
                return there[wanted]
            if code:
                raise BadInputError(_("Another link of this event has this word already."), field="code")
            wanted = ""
        if len(there) >= LINKS_MAX:
            raise RefusedError(_("An event has at most %(max)d links for partners.", max=LINKS_MAX))
        link = PartnerLink(event_id=event_id, code=wanted or new_code(_CODE_MADE).lower(), name=name, created_at=now)
        session.add(link)
        # Without the name: it may be a person's, and the history is for ever.
        record("partner_link.created", by=by, now=now, event_id=event_id, changes={"via": (None, link.code)})
    return link


def remove_link(link: PartnerLink, *, by: Actor, now: datetime) -> None:
    """Take the name away; who came by the link stays counted under its code. A second time changes nothing."""
    with transaction() as session:
        gone = session.scalar(delete(PartnerLink).where(PartnerLink.id == link.id).returning(PartnerLink.id))
        if gone is not None:
            record("partner_link.removed", by=by, now=now, event_id=link.event_id, changes={"via": (link.code, None)})
