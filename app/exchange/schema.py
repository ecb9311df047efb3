"""The shape of a community file, format juhui/1. docs/load-file.md says in words what stands here.

A field that a file does not state is left as it is in the database; `null` says that there is nothing. So what matters
in an entry is not only its values but also which of them were given: `model_fields_set`.
"""

from enum import StrEnum
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    model_validator,
)

from app.community.models import GroupKind
from app.core.errors import BadInputError
from app.core.i18n import speaking
from app.events.models import EventState, Mode, SessionKind, TicketKind
from app.exchange.values import (
    NOTHING,
    Clock,
    Day,
    EventSlug,
    Local,
    SessionTime,
    ShortSlug,
    Slug,
    SomeWords,
    Url,
    Weekday,
    Words,
    Zone,
)
from app.registrations.models import Purpose, QuestionKind
from app.registrations.purposes import refuse_what_does_not_fit

FORMAT: Final = "juhui/1"
DEFAULT_ZONE: Final = "Asia/Shanghai"
_CHOICES: Final = (QuestionKind.ONE_CHOICE, QuestionKind.SEVERAL_CHOICES)


class Datum(StrEnum):
    """What a pair of coordinates is measured in."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    BD09 = "bd09"


class Entry(BaseModel):
    """A mapping in a file; a key that it does not know is a mistake."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, arbitrary_types_allowed=True, str_strip_whitespace=True, str_min_length=1
    )

    # How an entry is called that is written as a plain word: `beijing` for {person: beijing}.
    short_form: ClassVar[str] = ""

    @model_validator(mode="before")
    @classmethod
    def _take_the_short_form(cls, value: object) -> object:
        return {cls.short_form: value} if cls.short_form and isinstance(value, str) else value


class SiteEntry(Entry):
    """The value of `community:`."""

    name: SomeWords
    tagline: Words = NOTHING
    about: Words = NOTHING
    url: Url | None = None
    time_zone: Zone = DEFAULT_ZONE


class NamedEntry(Entry):
    """A city or a tag."""

    slug: Slug
    name: SomeWords


class GroupEntry(Entry):
    """One of `groups:`."""

    slug: Slug
    kind: GroupKind
    name: SomeWords
    summary: Words = NOTHING
    meets: Words = NOTHING
    parent: str | None = None
    city: str | None = None
    founded_on: Day | None = None
    position: int = 0


class RoleEntry(Entry):
    """One of `roles:`."""

    slug: Slug
    name: SomeWords
    group: str | None = None
    group_kind: GroupKind | None = None
    criteria: Words = NOTHING
    duty: Words = NOTHING
    grants: Words = NOTHING
    era: Words = NOTHING
    rank: int = 100
    is_leader: bool = False
    promotes_to: str | None = None

    @model_validator(mode="after")
    def _belong_once(self) -> Self:
        if self.group and self.group_kind:
            message = "A role belongs to one group or to every group of a kind: give `group` or `group_kind`, not both."
            raise ValueError(message)
        return self


class TermEntry(Entry):
    """A role that a person holds."""

    role: str
    group: str | None = None
    since: Day | None = None
    until: Day | None = None

    @model_validator(mode="after")
    def _be_in_order(self) -> Self:
        if self.since and self.until and self.until < self.since:
            message = "This term ends before it begins."
            raise ValueError(message)
        return self


class AwardEntry(Entry):
    """A recognition; its slug is made from the name where none is given."""

    name: SomeWords
    year: Annotated[int, Field(ge=1990, le=2200)]
    slug: Slug | None = None


class PersonEntry(Entry):
    """One of `people:`."""

    slug: Slug
    name: SomeWords
    company: Words = NOTHING
    city: str | None = None
    bio: Words = NOTHING
    github: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]+$", max_length=39)] | None = None
    terms: list[TermEntry] = []
    awards: list[AwardEntry] = []


class VenueEntry(Entry):
    """One of `venues:`."""

    slug: Slug
    name: SomeWords
    address: Words = NOTHING
    directions: Words = NOTHING
    city: str | None = None
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    datum: Datum = Datum.WGS84

    @model_validator(mode="after")
    def _be_a_point(self) -> Self:
        if (self.latitude is None) != (self.longitude is None):
            message = "A point needs both latitude and longitude."
            raise ValueError(message)
        return self


class NextDay(Entry):
    """The first such weekday that is at least so many days ahead."""

    next: Weekday
    after_days: Annotated[int, Field(ge=0, le=1000)] = 0
    at: Clock


class SameDay(Entry):
    """A time of day on the day the event begins."""

    at: Clock


class DaysBefore(Entry):
    """A time of day so many days before the event begins."""

    days_before: Annotated[int, Field(ge=0, le=1000)]
    at: Clock


def _mapping_or_time(value: object) -> str:
    return "a mapping" if isinstance(value, dict | Entry) else "a local time"


_ByShape = Discriminator(_mapping_or_time)
Start = Annotated[Annotated[NextDay, Tag("a mapping")] | Annotated[Local, Tag("a local time")], _ByShape]
End = Annotated[Annotated[SameDay, Tag("a mapping")] | Annotated[Local, Tag("a local time")], _ByShape]
Window = Annotated[Annotated[DaysBefore, Tag("a mapping")] | Annotated[Local, Tag("a local time")], _ByShape]


class SignUpEntry(Entry):
    """When one may sign up; without it, from publication to the start."""

    opens: Window | None = None
    closes: Window | None = None
    waiting_list: bool = True


class TicketTypeEntry(Entry):
    """A way to attend; without `capacity` there is no limit."""

    slug: ShortSlug
    name: SomeWords
    description: Words = NOTHING
    kind: TicketKind = TicketKind.IN_PERSON
    capacity: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    is_public: bool = True


class OptionEntry(Entry):
    """One answer to choose."""

    value: ShortSlug
    label: SomeWords


class QuestionEntry(Entry):
    """Something to ask those who sign up."""

    key: ShortSlug
    kind: QuestionKind
    label: SomeWords
    help: Words = NOTHING
    required: bool = False
    options: list[OptionEntry] = []
    keep_days: Annotated[int, Field(ge=0, le=3650)] | None = None
    purpose: Purpose | None = None
    sponsor: Annotated[str, StringConstraints(max_length=200)] | None = None
    after_acceptance: bool = False
    masked: bool = False

    @model_validator(mode="after")
    def _serve_their_purpose(self) -> Self:
        values = {
            "kind": self.kind,
            "purpose": self.purpose,
            "sponsor": self.sponsor or "",
            "is_masked": self.masked,
            "is_required": self.required,
            "keep_days": self.keep_days,
        }
        try:
            with speaking("en"):
                refuse_what_does_not_fit(values)
        except BadInputError as error:
            raise ValueError(error.message) from None
        return self

    @model_validator(mode="after")
    def _have_something_to_choose(self) -> Self:
        if self.kind in _CHOICES and not self.options:
            message = "A question to choose an answer needs `options`."
            raise ValueError(message)
        if self.kind not in _CHOICES and self.options:
            message = "Only one_choice and several_choices have `options`."
            raise ValueError(message)
        return self


class CreditEntry(Entry):
    """Somebody who makes the event possible: a name alone, or with an address."""

    short_form = "name"

    name: SomeWords
    url: Url | None = None


class LinkEntry(Entry):
    """An address to show with the event."""

    label: SomeWords
    url: Url


class SpeakerEntry(Entry):
    """A person of `people`, with what they were on that day."""

    short_form = "person"

    person: str
    affiliation: Words = NOTHING


class SessionEntry(Entry):
    """One item of the agenda."""

    title: SomeWords
    abstract: Words = NOTHING
    kind: SessionKind = SessionKind.TALK
    start: SessionTime | None = None
    end: SessionTime | None = None
    minutes: Annotated[int, Field(ge=1, le=1440)] | None = None
    speakers: list[SpeakerEntry] = []
    speaker_note: Words = NOTHING
    slides_url: Url | None = None
    video_url: Url | None = None
    track: Annotated[int, Field(ge=0, le=2)] = 0


class EventEntry(Entry):
    """One of `events:`."""

    slug: EventSlug
    title: SomeWords
    summary: Words = NOTHING
    description: Words = NOTHING
    notice: Words = NOTHING
    recap: Words = NOTHING
    is_demo: bool = False
    state: EventState = EventState.PUBLISHED
    starts: Start | None = None
    ends: End | None = None
    date: Day | None = None
    time_zone: Zone | None = None
    mode: Mode | None = None
    venue: str | None = None
    city: str | None = None
    online_url: Url | None = None
    groups: list[str] = []
    tags: list[str] = []
    hosts: list[CreditEntry] = []
    co_organizers: list[CreditEntry] = []
    sponsors: list[CreditEntry] = []
    partners: list[CreditEntry] = []
    volunteers: list[CreditEntry] = []
    links: list[LinkEntry] = []
    attendance: Annotated[int, Field(ge=0)] | None = None
    sign_up: SignUpEntry = SignUpEntry()
    ticket_types: list[TicketTypeEntry] = []
    questions: list[QuestionEntry] = []
    agenda_note: Words = NOTHING
    agenda_is_illustrative: bool = False
    agenda_order_known: bool = True
    agenda: list[SessionEntry] = []

    @model_validator(mode="after")
    def _be_dated(self) -> Self:
        if self.date and not (self.starts or self.ends):
            return self
        if self.date or not (self.starts and self.ends):
            message = "Say when: `starts` and `ends`, or `date` alone where the hours are not known."
            raise ValueError(message)
        return self


class FileEntry(Entry):
    """A whole file. Only its keys are checked against this; each entry is checked on its own."""

    format: Literal["juhui/1"]
    community: Any = None
    cities: Any = None
    tags: Any = None
    groups: Any = None
    roles: Any = None
    people: Any = None
    venues: Any = None
    events: Any = None
