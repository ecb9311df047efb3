"""Events made from an earlier one: once, or as a series.

Taken over is what an event is: texts, place, picture, agenda with its speakers, ways to attend, questions, the rules of
the sign-up. Not taken over is what happened to it: dates, attendees, state, recap, attendance, slides and videos.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from app.core.db import transaction
from app.core.errors import BadInputError
from app.core.i18n import Texts
from app.core.i18n import gettext as _
from app.core.times import NoSuchTimeError, instant_of, local_of
from app.events.create import again_if_taken, uid_of
from app.events.models import Event, EventState, Series, Session, SessionSpeaker, TicketType
from app.events.repeats import SERIES_MAX
from app.events.service import create_event
from app.events.signals import event_copied
from app.events.slugs import EVENT_SLUG_MAX, PLACE_SLUG_MAX, free_event_slug, free_slug, slugify
from app.history.service import Actor, record

_TAKEN_OVER: Final = (
    "title", "summary", "description", "notice", "is_all_day", "zone", "mode", "venue", "city", "online_url", "groups",
    "tags", "visibility", "has_waiting_list", "needs_approval", "contact_email", "offer_within_hours", "offer_hours",
    "reminders", "agenda_note", "agenda_is_illustrative", "agenda_order_known", "credits", "links", "cover_url",
    "cover", "cover_alt", "series",
)  # fmt: skip
_OF_A_SESSION: Final = ("position", "kind", "title", "abstract", "minutes", "follows", "track", "speaker_note")
_OF_A_TICKET_TYPE: Final = ("slug", "position", "kind", "name", "description", "is_public")


@dataclass(frozen=True, slots=True)
class Copies:
    """What is to be made: a day each, the time of day (None: as it was), and the name that joins them."""

    days: Sequence[date]
    at: time | None = None
    series: Texts = field(default_factory=Texts)


def whole() -> list[Any]:
    """Return the loading of everything that is taken over."""
    return [
        joinedload(Event.venue),
        joinedload(Event.city),
        joinedload(Event.cover),
        joinedload(Event.series),
        selectinload(Event.groups),
        selectinload(Event.tags),
        selectinload(Event.ticket_types),
        selectinload(Event.sessions).selectinload(Session.speakers),
    ]


def duplicate(event_id: int, copies: Copies, *, key: str, by: Actor, now: datetime) -> list[Event]:
    """Make a draft for each day; sent again with the same `key`, the same ones are returned.

    Raises BadInputError, for `day`, when the clocks of the zone skip the time on one of the days.
    """
    if not 1 <= len(copies.days) <= SERIES_MAX:
        message = f"1 to {SERIES_MAX} days, not {len(copies.days)}"
        raise ValueError(message)
    return again_if_taken(lambda: _duplicate(event_id, copies, key, by, now))


def _duplicate(event_id: int, copies: Copies, key: str, by: Actor, now: datetime) -> list[Event]:
    with transaction() as session:
        uids = [uid_of(key, by, number) for number in range(len(copies.days))]
        known = session.scalars(select(Event).where(Event.uid.in_(uids)).order_by(Event.starts_at, Event.id)).all()
        if known:
            return list(known)
        source = session.scalars(select(Event).where(Event.id == event_id).options(*whole())).unique().one()
        series = _series(copies.series, now=now)
        made = [
            _copy(source, day, copies.at, uid, series, by=by, now=now)
            for uid, day in zip(uids, copies.days, strict=True)
        ]
        session.flush()
        event_copied.send(source, copies=made, now=now)
    return made


def _series(name: Texts, *, now: datetime) -> Series | None:
    if not name:
        return None
    return Series(
        slug=free_slug(Series.slug, slugify(name.en, length_max=PLACE_SLUG_MAX) or "series"), name=name, created_at=now
    )


def _copy(
    source: Event, day: date, at: time | None, uid: str, series: Series | None, *, by: Actor, now: datetime
) -> Event:
    shift = shift_to(source, day, at)
    try:
        starts_at, ends_at = moved(source.starts_at, source.zone, shift), moved(source.ends_at, source.zone, shift)
    except NoSuchTimeError:
        message = _("On %(day)s the clocks are set forward over that time.", day=day.isoformat())
        raise BadInputError(message, field="day") from None
    values = {name: getattr(source, name) for name in _TAKEN_OVER}
    values |= {name: list(values[name]) for name in ("groups", "tags", "credits", "links", "reminders")}
    if series is not None:
        values["series"] = series
    for name in ("sign_up_opens_at", "sign_up_closes_at"):
        before = getattr(source, name)
        values[name] = before and roughly_moved(before, source.zone, shift)
    values |= {"state": EventState.DRAFT, "starts_at": starts_at, "ends_at": ends_at}
    copy = create_event(copied_slug(source.slug, day), values, by=by, now=now, uid=uid)
    record("event.copied", by=by, now=now, event_id=copy.id, subject=source.slug)
    copy.ticket_types = [_ticket_type(kind) for kind in source.ticket_types]
    copy.sessions = [_session(item, source.zone, shift) for item in source.sessions]
    return copy


def _ticket_type(kind: TicketType) -> TicketType:
    # How many more may come than there are seats was decided for that one event.
    seats = kind.capacity if kind.overbooked_from is None else kind.overbooked_from
    return TicketType(capacity=seats, **{name: getattr(kind, name) for name in _OF_A_TICKET_TYPE})


def _session(item: Session, zone: str, shift: timedelta) -> Session:
    copy = Session(**{name: getattr(item, name) for name in _OF_A_SESSION})
    copy.starts_at = item.starts_at and roughly_moved(item.starts_at, zone, shift)
    copy.ends_at = item.ends_at and roughly_moved(item.ends_at, zone, shift)
    copy.speakers = [
        SessionSpeaker(person_id=part.person_id, position=part.position, affiliation=part.affiliation)
        for part in item.speakers
    ]
    return copy


def shift_to(source: Event, day: date, at: time | None = None) -> timedelta:
    """Return how far the clocks' time is moved so that the event begins on this day, at this time or the same one."""
    begins = local_of(source.starts_at, source.zone)
    return datetime.combine(day, begins.time() if at is None else at) - begins


def moved(at: datetime, zone: str, shift: timedelta) -> datetime:
    """Return an instant so much later by the clocks of the zone; raises NoSuchTimeError where they skip it."""
    return instant_of(local_of(at, zone) + shift, zone)


def roughly_moved(at: datetime, zone: str, shift: timedelta) -> datetime:
    """Return the same; where the clocks skip the time, the instant they show an hour later."""
    return (local_of(at, zone) + shift).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def copied_slug(slug: str, day: date) -> str:
    """Return a free slug for a copy: that of the original with the new day instead of an old one."""
    stem, _dash, last = slug.rpartition("-")
    base = stem if stem and last.isdigit() else slug
    return free_event_slug(f"{base[:EVENT_SLUG_MAX]}-{day:%Y%m%d}")
