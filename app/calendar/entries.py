"""What a calendar says of an event, in one language: plain values that know neither database nor iCalendar."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import NamedTuple

from app.core.i18n import Language, Texts
from app.events.models import Event, EventState, Mode, Session


class Item(NamedTuple):
    """An item of the agenda; its times may not be known, or only how long it takes, nor who gives it."""

    title: str
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    speakers: tuple[str, ...] = ()
    speaker_note: str = ""
    track: int = 0
    minutes: int | None = None


class Standing(Enum):
    """How sure it is that whoever has this entry will be there."""

    SETTLED = auto()
    DRAFT = auto()  # the event is not public yet: an organizer's calendar alone shows it
    WAITING = auto()  # the event takes place, but perhaps without this person


@dataclass(frozen=True, slots=True)
class Place:
    """Where an event is held: a venue, or only a city, or nothing that is known."""

    name: str = ""
    address: str = ""
    city: str = ""
    latitude: float | None = None  # WGS-84 degrees
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """An event as everybody may see it; `online_url` is not part of it."""

    uid: str
    slug: str
    sequence: int
    revised_at: datetime  # of anything shown here; events.service.touch_events tells of a venue or a speaker
    is_cancelled: bool
    title: str
    starts_at: datetime
    ends_at: datetime  # exclusive
    zone: str
    is_all_day: bool
    mode: Mode | None = None
    place: Place = Place()
    notice: str = ""
    summary: str = ""
    cancellation_reason: str = ""
    agenda_note: str = ""
    agenda_is_illustrative: bool = False
    agenda_order_known: bool = True
    agenda: tuple[Item, ...] = ()
    categories: tuple[str, ...] = ()
    # What only the owner of a private calendar reads.
    standing: Standing = Standing.SETTLED
    remark: str = ""


def entry_of(event: Event, language: Language) -> Entry:
    """Return what a calendar says of this event; reads its venue, city, tags and agenda with their speakers."""

    def spoken(texts: Texts) -> str:
        return texts.in_language(language)

    return Entry(
        uid=event.uid,
        slug=event.slug,
        sequence=event.sequence,
        revised_at=event.revised_at,
        is_cancelled=event.state is EventState.CANCELLED,
        title=spoken(event.title),
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        zone=event.zone,
        is_all_day=event.is_all_day,
        mode=event.mode,
        place=_place(event, language),
        notice=spoken(event.notice),
        summary=spoken(event.summary),
        cancellation_reason=spoken(event.cancellation_reason),
        agenda_note=spoken(event.agenda_note),
        agenda_is_illustrative=event.agenda_is_illustrative,
        agenda_order_known=event.agenda_order_known,
        agenda=tuple(_item(session, language) for session in event.sessions),
        categories=tuple(spoken(tag.name) for tag in event.tags),
    )


def _place(event: Event, language: Language) -> Place:
    venue = event.venue
    city = event.city.name.in_language(language) if event.city else ""
    if venue is None:
        return Place(city=city)
    return Place(
        name=venue.name.in_language(language),
        address=venue.address.in_language(language),
        city=city,
        latitude=venue.latitude,
        longitude=venue.longitude,
    )


def _item(session: Session, language: Language) -> Item:
    return Item(
        title=session.title.in_language(language),
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        speakers=tuple(each.person.name.in_language(language) for each in session.speakers),
        speaker_note=session.speaker_note.in_language(language),
        track=session.track,
        minutes=session.minutes,
    )
