"""An organizer's calendar: every event they may see, drafts among them, with how many have signed up."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from flask import current_app
from sqlalchemy import func, select

from app.accounts.models import Organizer
from app.calendar import feeds, private
from app.calendar.entries import Entry, Standing
from app.calendar.models import PrivateFeed
from app.calendar.private import Owner
from app.calendar.queries import entries
from app.calendar.vevents import Links
from app.community.site import site
from app.core.db import db, transaction
from app.core.errors import GoneError
from app.core.i18n import Language
from app.core.i18n import gettext as _
from app.events.models import Event, EventRole, EventState, TicketType
from app.history.service import Actor, record
from app.registrations.models import LIVE, Registration, RegistrationState
from app.web.pages import public_url

EVENTS_MAX: Final = 1_000


@dataclass(frozen=True, slots=True)
class Numbers:
    """How many have signed up for an event, by state; `seats` is None without a limit and without a sign-up."""

    states: dict[RegistrationState, int] = field(default_factory=dict)
    signed_up_at: datetime | None = None  # the last change of any of them
    seats: int | None = None

    def __bool__(self) -> bool:
        """Be true where there is anything to say."""
        return bool(self.states) or self.seats is not None


@dataclass(frozen=True, slots=True)
class Managed:
    """An event in the feed: its version and its numbers."""

    event_id: int
    slug: str
    revision: int
    revised_at: datetime
    state: EventState
    numbers: Numbers


def feed_of(organizer: Organizer) -> PrivateFeed | None:
    """Return the feed this organizer has."""
    return private.live_feed(Owner(organizer_id=organizer.id))


def renew(organizer: Organizer, *, by: Actor, language: Language, now: datetime) -> None:
    """Give the organizer's feed a secret address: their first one, or a new one in place of the old."""
    owner = Owner(organizer_id=organizer.id)
    with transaction():
        replaced = private.end_feed(owner, now=now)
        private.open_feed(owner, language=language, now=now)
        record("feed.replaced" if replaced else "feed.opened", by=by, now=now)


def end(organizer: Organizer, *, by: Actor, now: datetime) -> None:
    """End the address of the organizer's feed; nothing happens where there is none."""
    with transaction():
        if private.end_feed(Owner(organizer_id=organizer.id), now=now):
            record("feed.ended", by=by, now=now)


def owner_of(feed: PrivateFeed) -> Organizer:
    """Return whose feed it is; raises GoneError for somebody who manages nothing here any more."""
    organizer = db.session.get(Organizer, feed.organizer_id) if feed.organizer_id else None
    if organizer is None or organizer.removed_at is not None:
        raise GoneError(_("This calendar has been ended, or moved to a new secret address. Please remove it."))
    return organizer


def managed(organizer: Organizer, *, now: datetime) -> list[Managed]:
    """Return what this organizer may see and is no more than a year old, the first to begin first; three statements."""
    statement = (
        select(Event.id, Event.slug, Event.revision, Event.revised_at, Event.state)
        .where(Event.ends_at >= feeds.since(now))
        .order_by(Event.starts_at.desc(), Event.id.desc())
        .limit(EVENTS_MAX)
    )
    if organizer.role is None:
        mine = select(EventRole.event_id).where(EventRole.organizer_id == organizer.id)
        statement = statement.where(Event.id.in_(mine))
    rows = db.session.execute(statement).all()[::-1]
    numbers = _numbers([row.id for row in rows])
    return [Managed(*row, numbers[row.id]) for row in rows]


def _numbers(event_ids: Sequence[int]) -> dict[int, Numbers]:
    found: defaultdict[int, Numbers] = defaultdict(Numbers)
    capacities = (
        select(TicketType.event_id, func.count(), func.count(TicketType.capacity), func.sum(TicketType.capacity))
        .where(TicketType.event_id.in_(event_ids))
        .group_by(TicketType.event_id)
    )
    for event_id, types, limited, seats in db.session.execute(capacities):
        if types == limited:
            found[event_id] = Numbers(seats=int(seats or 0))
    signed_up = (
        select(Registration.event_id, Registration.state, func.count(), func.max(Registration.revised_at))
        .where(Registration.event_id.in_(event_ids))
        .group_by(Registration.event_id, Registration.state)
        .order_by(Registration.event_id, Registration.state)
    )
    for event_id, state, count, revised_at in db.session.execute(signed_up):
        known = found[event_id]
        latest = max(known.signed_up_at or revised_at, revised_at)
        found[event_id] = replace(known, states={**known.states, state: count}, signed_up_at=latest)
    return found


def etag(events: Sequence[Managed], language: Language) -> str:
    """Return a validator of the feed: whatever could change a byte of it is in it."""
    rows = [
        (each.event_id, each.slug, each.revision, each.revised_at, each.numbers.signed_up_at, each.numbers.seats,
         sorted(each.numbers.states.items()))
        for each in events
    ]  # fmt: skip
    return feeds.digest(rows, language, site().name, site().time_zone, current_app.config["PUBLIC_URL"])


def content(events: Sequence[Managed], language: Language) -> bytes:
    """Return the feed: each event with its numbers, leading to where it is managed."""
    found = entries([each.event_id for each in events], language)
    written = [_entry(found[each.event_id], each, language) for each in events if each.event_id in found]
    url = public_url("organizer.dashboard", lang=language)
    return feeds.private_feed(written, _("Events I manage"), url=url, language=language)


def _entry(entry: Entry, event: Managed, language: Language) -> tuple[Entry, Links]:
    own = replace(
        entry,
        standing=Standing.DRAFT if event.state is EventState.DRAFT else Standing.SETTLED,
        remark=remark(event.numbers),
        # Google takes up no change unless LAST-MODIFIED moves, and the numbers are one.
        revised_at=max(entry.revised_at, event.numbers.signed_up_at or entry.revised_at),
    )
    return own, Links(public_url("organizer.event", slug=event.slug, lang=language))


def remark(numbers: Numbers) -> str:
    """Return the numbers in words, one line; empty for an event that takes no sign-ups here."""
    if not numbers:
        return ""
    counts = {state: numbers.states.get(state, 0) for state in LIVE}
    confirmed = counts[RegistrationState.CONFIRMED]
    if numbers.seats is None:
        parts = [_("Confirmed: %(count)s", count=confirmed)]
    else:
        parts = [_("Confirmed: %(count)s of %(seats)s", count=confirmed, seats=numbers.seats)]
    if counts[RegistrationState.WAITING]:
        parts.append(_("waiting list: %(count)s", count=counts[RegistrationState.WAITING]))
    if counts[RegistrationState.OFFERED]:
        parts.append(_("offered: %(count)s", count=counts[RegistrationState.OFFERED]))
    if counts[RegistrationState.PENDING]:
        parts.append(_("to be approved: %(count)s", count=counts[RegistrationState.PENDING]))
    return _(", ").join(parts)
