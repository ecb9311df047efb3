"""Tables of an event: what, when, where, who speaks, and how many may come."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, LargeBinary, String, Table, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import Organizer, Role
from app.community.models import Group, Person
from app.core.db import Json, Model, Translated, UtcDateTime, choice
from app.core.i18n import Texts


class EventState(StrEnum):
    """Where an event is in its life; only published and cancelled ones are public."""

    DRAFT = "draft"
    PUBLISHED = "published"
    CANCELLED = "cancelled"


class Visibility(StrEnum):
    """Who finds a published event."""

    PUBLIC = "public"
    UNLISTED = "unlisted"  # whoever has the address; in no list, feed or index
    INVITATION = "invitation"  # whoever has a code or a link with one


class Mode(StrEnum):
    """How one attends."""

    IN_PERSON = "in_person"
    ONLINE = "online"
    HYBRID = "hybrid"


class SessionKind(StrEnum):
    """What an item of the agenda is."""

    TALK = "talk"
    LIGHTNING = "lightning"
    PANEL = "panel"
    WORKSHOP = "workshop"
    BREAK = "break"
    CHECK_IN = "check_in"
    OPENING = "opening"
    NETWORKING = "networking"
    VIDEO = "video"


class TicketKind(StrEnum):
    """A way to attend."""

    IN_PERSON = "in_person"
    ONLINE = "online"
    SPEAKER = "speaker"
    STAFF = "staff"


class City(Model):
    """A city that events and feeds are grouped by."""

    __tablename__ = "cities"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[Texts] = mapped_column(Translated)


class Tag(Model):
    """A subject that events and feeds are grouped by."""

    __tablename__ = "tags"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[Texts] = mapped_column(Translated)


class Venue(Model):
    """A place; coordinates are WGS-84 degrees whatever the map they came from used."""

    __tablename__ = "venues"
    __table_args__ = (
        CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name="point"),
        CheckConstraint("latitude BETWEEN -90 AND 90", name="latitude"),
        CheckConstraint("longitude BETWEEN -180 AND 180", name="longitude"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[Texts] = mapped_column(Translated)
    address: Mapped[Texts] = mapped_column(Translated, default=Texts())
    directions: Mapped[Texts] = mapped_column(Translated, default=Texts())
    city_id: Mapped[int | None] = mapped_column(ForeignKey("cities.id"))
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    revised_at: Mapped[datetime] = mapped_column(UtcDateTime)

    city: Mapped[City | None] = relationship()


class Series(Model):
    """Events that belong together, such as a monthly meetup; it has a feed of its own."""

    __tablename__ = "series"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[Texts] = mapped_column(Translated)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Picture(Model):
    """A picture that was uploaded, re-encoded by us; its address is made of its digest and never changes.

    In the database and not in a folder: every web machine has it, and a backup is one thing.
    """

    __tablename__ = "pictures"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)  # SHA-256 of the content
    content_type: Mapped[str] = mapped_column(String(40))
    width: Mapped[int]
    height: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    card: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)  # the same as a JPEG for share cards
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


event_groups = Table(
    "event_groups",
    Model.metadata,
    Column("event_id", ForeignKey("events.id", ondelete="CASCADE"), primary_key=True),
    Column("group_id", ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True, index=True),
)

event_tags = Table(
    "event_tags",
    Model.metadata,
    Column("event_id", ForeignKey("events.id", ondelete="CASCADE"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True, index=True),
)


# Written out, not bound: a partial index is found by its predicate alone.
_TO_PUBLISH = text("publish_at IS NOT NULL")
# Minutes before the start: a week, a day, two hours.
REMINDERS = (7 * 24 * 60, 24 * 60, 2 * 60)


class Event(Model):
    """One dated occurrence.

    `uid` never changes; a slug that was public once leads here for ever (`EventAddress`). `sequence` and `revised_at`
    rise with what calendars must hear (start, end, zone, venue, link, state: RFC 5546 2.1.4); `revision` with anything
    the page shows. All three are written by `events.service.apply_changes` alone.
    """

    __tablename__ = "events"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="order"),
        CheckConstraint("sequence >= 0", name="sequence"),
        Index(None, "state", "starts_at", "id"),
        Index(None, "city_id", "starts_at"),
        Index(None, "ends_at"),
        Index(None, "series_id"),
        Index(None, "published_at", "id"),
        # Which edition of a feed is the present one is read from these alone, whenever a client polls.
        Index("ix_events_feeds", "ends_at", "state", "visibility", "id", "revision", "revised_at"),
        Index(None, "revised_at"),
        Index("ix_events_to_publish", "publish_at", sqlite_where=_TO_PUBLISH, postgresql_where=_TO_PUBLISH),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(120), unique=True)
    uid: Mapped[str] = mapped_column(String(255), unique=True)
    state: Mapped[EventState] = mapped_column(choice(EventState, "state"), default=EventState.DRAFT)
    title: Mapped[Texts] = mapped_column(Translated)
    summary: Mapped[Texts] = mapped_column(Translated, default=Texts())
    description: Mapped[Texts] = mapped_column(Translated, default=Texts())  # Markdown
    notice: Mapped[Texts] = mapped_column(Translated, default=Texts())
    recap: Mapped[Texts] = mapped_column(Translated, default=Texts())  # Markdown
    is_demo: Mapped[bool] = mapped_column(default=False)
    visibility: Mapped[Visibility] = mapped_column(choice(Visibility, "visibility"), default=Visibility.PUBLIC)
    series_id: Mapped[int | None] = mapped_column(ForeignKey("series.id"))
    publish_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # of a draft that publishes itself
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the first time; feeds of news order by it
    preview_version: Mapped[int] = mapped_column(default=1)  # raised to revoke the link that shows a draft

    # When only the day is known: local midnight to local midnight, and is_all_day.
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    is_all_day: Mapped[bool] = mapped_column(default=False)
    zone: Mapped[str] = mapped_column(String(64), default="Asia/Shanghai")

    mode: Mapped[Mode | None] = mapped_column(choice(Mode, "mode"))
    venue_id: Mapped[int | None] = mapped_column(ForeignKey("venues.id"), index=True)
    city_id: Mapped[int | None] = mapped_column(ForeignKey("cities.id"))
    online_url: Mapped[str | None] = mapped_column(String(500))  # for attendees' own letters and pages only

    sign_up_opens_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sign_up_closes_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # None: when the event starts
    has_waiting_list: Mapped[bool] = mapped_column(default=True)
    needs_approval: Mapped[bool] = mapped_column(default=False)
    contact_email: Mapped[str | None] = mapped_column(String(254))
    # A seat that is freed later than this before the start is offered for some hours; earlier it is given at once.
    offer_within_hours: Mapped[int] = mapped_column(default=48)
    offer_hours: Mapped[int] = mapped_column(default=6)
    reminders: Mapped[list[int]] = mapped_column(Json, default=lambda: list(REMINDERS))  # minutes before the start

    agenda_note: Mapped[Texts] = mapped_column(Translated, default=Texts())
    agenda_is_illustrative: Mapped[bool] = mapped_column(default=False)
    agenda_order_known: Mapped[bool] = mapped_column(default=True)
    # [{"role": "host", "name": {"zh": …}, "url": …}]; role: host, co_organizer, sponsor, partner, volunteer
    credits: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    links: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)  # [{"label": {"zh": …}, "url": …}]
    attendance: Mapped[int | None]
    cover_url: Mapped[str | None] = mapped_column(String(500))  # None: the picture, else the generated one
    cover_id: Mapped[int | None] = mapped_column(ForeignKey("pictures.id"))
    cover_alt: Mapped[Texts] = mapped_column(Translated, default=Texts())

    sequence: Mapped[int] = mapped_column(default=0)
    revision: Mapped[int] = mapped_column(default=1)
    revised_at: Mapped[datetime] = mapped_column(UtcDateTime)  # of anything; DTSTAMP and LAST-MODIFIED of feeds
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancellation_reason: Mapped[Texts] = mapped_column(Translated, default=Texts())

    venue: Mapped[Venue | None] = relationship()
    city: Mapped[City | None] = relationship()
    series: Mapped[Series | None] = relationship()
    cover: Mapped[Picture | None] = relationship()
    groups: Mapped[list[Group]] = relationship(secondary=event_groups, order_by=Group.position)
    tags: Mapped[list[Tag]] = relationship(secondary=event_tags, order_by=Tag.slug)
    sessions: Mapped[list["Session"]] = relationship(
        back_populates="event", cascade="all, delete-orphan", order_by="Session.position"
    )
    ticket_types: Mapped[list["TicketType"]] = relationship(
        back_populates="event", cascade="all, delete-orphan", order_by="TicketType.position"
    )

    @property
    def tz(self) -> ZoneInfo:
        """The zone the event is held in."""
        return ZoneInfo(self.zone)


class EventAddress(Model):
    """An address that an event had before; it redirects to the present one for ever."""

    __tablename__ = "event_addresses"

    slug: Mapped[str] = mapped_column(String(120), primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class EventPhoto(Model):
    """A picture in an event's recap."""

    __tablename__ = "event_photos"

    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"), primary_key=True)
    picture_id: Mapped[int] = mapped_column(ForeignKey("pictures.id"), primary_key=True, index=True)
    position: Mapped[int] = mapped_column(default=0)
    caption: Mapped[Texts] = mapped_column(Translated, default=Texts())

    picture: Mapped[Picture] = relationship()


class EventRole(Model):
    """What an organizer is at one event, beside their role for the site."""

    __tablename__ = "event_roles"

    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"), primary_key=True)
    organizer_id: Mapped[int] = mapped_column(
        ForeignKey("organizers.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    role: Mapped[Role] = mapped_column(choice(Role, "role"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    organizer: Mapped[Organizer] = relationship()


class EventInvitation(Model):
    """A code that lets in to an event by invitation: typed, or inside a link."""

    __tablename__ = "event_invitations"
    __table_args__ = (
        CheckConstraint("uses >= 0", name="uses"),
        CheckConstraint("uses_max IS NULL OR uses <= uses_max", name="uses_within_max"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"), index=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    label: Mapped[str] = mapped_column(String(200), default="")
    uses_max: Mapped[int | None]  # None: no limit
    uses: Mapped[int] = mapped_column(default=0)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Session(Model):
    """An item of the agenda; it may have no time yet, and no named speaker."""

    __tablename__ = "sessions"
    __table_args__ = (
        UniqueConstraint("event_id", "position"),
        CheckConstraint("ends_at IS NULL OR starts_at IS NULL OR ends_at > starts_at", name="order"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    position: Mapped[int]
    kind: Mapped[SessionKind] = mapped_column(choice(SessionKind, "kind"), default=SessionKind.TALK)
    title: Mapped[Texts] = mapped_column(Translated)
    abstract: Mapped[Texts] = mapped_column(Translated, default=Texts())
    starts_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    minutes: Mapped[int | None]
    track: Mapped[int] = mapped_column(default=0)  # 0: everybody; 1 and 2: side by side
    # The start is reckoned from the durations before it (events.agenda.times); else it is what it is, or not known.
    follows: Mapped[bool] = mapped_column(default=False)
    speaker_note: Mapped[Texts] = mapped_column(Translated, default=Texts())
    slides_url: Mapped[str | None] = mapped_column(String(500))
    video_url: Mapped[str | None] = mapped_column(String(500))

    event: Mapped[Event] = relationship(back_populates="sessions")
    speakers: Mapped[list["SessionSpeaker"]] = relationship(
        back_populates="session", cascade="all, delete-orphan", order_by="SessionSpeaker.position"
    )


class SessionSpeaker(Model):
    """A person gives a session, with the affiliation they had on that day."""

    __tablename__ = "session_speakers"

    session_id: Mapped[int] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True, index=True)
    position: Mapped[int] = mapped_column(default=0)
    affiliation: Mapped[Texts] = mapped_column(Translated, default=Texts())

    session: Mapped[Session] = relationship(back_populates="speakers")
    person: Mapped[Person] = relationship()


class TicketType(Model):
    """A way to attend with its own capacity; `seats_taken` is written by guarded UPDATEs only."""

    __tablename__ = "ticket_types"
    __table_args__ = (
        UniqueConstraint("event_id", "slug"),
        CheckConstraint("capacity IS NULL OR capacity >= 0", name="capacity"),
        CheckConstraint("seats_taken >= 0", name="seats_not_negative"),
        CheckConstraint("seats_over >= 0", name="seats_over"),
        CheckConstraint("capacity IS NULL OR seats_taken <= capacity + seats_over", name="seats_within_capacity"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    slug: Mapped[str] = mapped_column(String(40))
    position: Mapped[int] = mapped_column(default=0)
    kind: Mapped[TicketKind] = mapped_column(choice(TicketKind, "kind"), default=TicketKind.IN_PERSON)
    name: Mapped[Texts] = mapped_column(Translated)
    description: Mapped[Texts] = mapped_column(Translated, default=Texts())
    capacity: Mapped[int | None]  # None: no limit
    seats_taken: Mapped[int] = mapped_column(default=0)
    # The seats there really are, where an organizer lets more people in because some never come; else None.
    overbooked_from: Mapped[int | None]
    # Seats above the capacity, given before it was lowered: nobody loses one, and nobody new gets one.
    seats_over: Mapped[int] = mapped_column(default=0)
    is_public: Mapped[bool] = mapped_column(default=True)

    event: Mapped[Event] = relationship(back_populates="ticket_types")
