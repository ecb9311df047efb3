"""What a draft still lacks before it is published: what must be there, and what we would rather see."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import joinedload, raiseload, selectinload

from app.core.i18n import LANGUAGES, Texts
from app.core.i18n import gettext as _
from app.events.models import Event, Mode, Session
from app.events.rules import is_over


class Matter(StrEnum):
    """Where it is mended."""

    DETAILS = "details"
    SCHEDULE = "schedule"
    AGENDA = "agenda"
    SIGN_UP = "sign_up"
    COVER = "cover"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the checklist. `is_blocking`: without it, the event cannot be published."""

    matter: Matter
    label: str
    is_done: bool
    is_blocking: bool = False


def loads() -> tuple[Any, ...]:
    """Return the loading of what the list looks at."""
    return (
        joinedload(Event.venue),
        selectinload(Event.ticket_types),
        selectinload(Event.sessions).load_only(Session.id, raiseload=True),
        raiseload("*"),
    )


def checklist(event: Event, *, now: datetime) -> list[Check]:
    """Return what is asked of an event before it is published, in the order in which one would do it.

    The event has been loaded with `loads()`.
    """
    title = Check(Matter.DETAILS, _("A title"), bool(event.title), is_blocking=True)
    if event.title:
        title = Check(Matter.DETAILS, _("The title in both languages"), _is_in_both(event.title))
    date = Check(Matter.SCHEDULE, _("A date that is still to come"), event.starts_at > now)
    if is_over(event, now=now):
        date = Check(Matter.SCHEDULE, date.label, is_done=False, is_blocking=True)
    return [
        title,
        date,
        _place(event),
        Check(Matter.DETAILS, _("A summary in one or two sentences"), bool(event.summary)),
        Check(Matter.DETAILS, _("A description"), bool(event.description)),
        Check(Matter.AGENDA, _("An agenda"), bool(event.sessions)),
        Check(
            Matter.SIGN_UP,
            _("A ticket type, unless people sign up elsewhere"),
            any(ticket_type.is_public for ticket_type in event.ticket_types),
        ),
        Check(Matter.COVER, _("A cover of its own; else one is drawn"), bool(event.cover_id or event.cover_url)),
        Check(Matter.DETAILS, _("An address to write to with questions"), bool(event.contact_email)),
    ]


def _place(event: Event) -> Check:
    if event.mode == Mode.ONLINE:
        return Check(Matter.SCHEDULE, _("The link to join online"), bool(event.online_url))
    if event.mode == Mode.HYBRID:
        has_both = bool(event.venue_id and event.online_url)
        return Check(Matter.SCHEDULE, _("A venue, and the link to join online"), has_both)
    return Check(Matter.SCHEDULE, _("A venue, or the link to join online"), bool(event.venue_id))


def _is_in_both(texts: Texts) -> bool:
    return all(getattr(texts, language) for language in LANGUAGES)
