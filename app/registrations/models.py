"""Tables of the sign-up: what an event asks, who comes, and what they answered."""

import json
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Case, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, case, text
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Json, Model, OptionalJson, Translated, UtcDateTime, choice
from app.core.i18n import Language, Texts
from app.events.models import Event, EventInvitation, TicketType

VALUE_KEY_MAX: Final = 200


class QuestionKind(StrEnum):
    """How a question is answered."""

    SHORT_TEXT = "short_text"
    LONG_TEXT = "long_text"
    ONE_CHOICE = "one_choice"
    SEVERAL_CHOICES = "several_choices"
    CHECKBOX = "checkbox"
    NUMBER = "number"
    PHONE = "phone"


class Purpose(StrEnum):
    """What organizers use the answers to a question for, beside reading them."""

    COMPANY = "company"
    CITY = "city"
    JOB_TITLE = "job_title"
    PHONE = "phone"
    ID_NUMBER = "id_number"  # of an identity card or passport, for a venue's door
    DIET = "diet"
    SPONSOR_CONSENT = "sponsor_consent"  # a tick: this sponsor may have my name and address


class RegistrationState(StrEnum):
    """Where a sign-up is; one live one an address and event."""

    PENDING = "pending"  # an organizer decides; holds no seat
    CONFIRMED = "confirmed"  # holds a seat
    WAITING = "waiting"  # in the queue
    OFFERED = "offered"  # first in the queue: a seat is held until `offer_expires_at`
    CANCELLED = "cancelled"
    DECLINED = "declined"


LIVE = (
    RegistrationState.PENDING, RegistrationState.CONFIRMED, RegistrationState.WAITING, RegistrationState.OFFERED,
)  # fmt: skip
# Each of these is counted in `ticket_types.seats_taken`.
SEATED = (RegistrationState.CONFIRMED, RegistrationState.OFFERED)
# The same as SQL with literals: a partial index is found by its predicate, not by one with parameters.
LIVE_PREDICATE = text("state IN ('pending', 'confirmed', 'waiting', 'offered')")
OFFERED_PREDICATE = text("registrations.state = 'offered'")
_OFFERED = text("state = 'offered'")
_UNWRITTEN = text("search_text = '' AND erased_at IS NULL")
_NAMED = text("email_key != ''")
_TO_FORGET = text("keep_days IS NOT NULL AND forgotten_at IS NULL")
# Answers that are counted by what they say. A longer one does not fit PostgreSQL's index; each engine's own words.
COUNTED_MAX = 2000  # bytes
COUNTED_SQLITE = text(f"length(CAST(value AS BLOB)) <= {COUNTED_MAX}")
COUNTED_POSTGRESQL = text(f"octet_length(value::text) <= {COUNTED_MAX}")


class Question(Model):
    """Something an event asks those who sign up, besides name and e-mail."""

    __tablename__ = "questions"
    __table_args__ = (
        UniqueConstraint("event_id", "key"),
        Index("ix_questions_to_forget", "keep_days", sqlite_where=_TO_FORGET, postgresql_where=_TO_FORGET),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(40))
    position: Mapped[int] = mapped_column(default=0)
    kind: Mapped[QuestionKind] = mapped_column(choice(QuestionKind, "kind"))
    label: Mapped[Texts] = mapped_column(Translated)
    help: Mapped[Texts] = mapped_column(Translated, default=Texts())
    is_required: Mapped[bool] = mapped_column(default=False)
    options: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)  # [{"value": …, "label": {"zh": …}}]
    # {"question": key of an earlier one, "value": the answer that makes this one appear}; None: always asked.
    condition: Mapped[dict[str, Any] | None] = mapped_column(OptionalJson)
    keep_days: Mapped[int | None]  # answers are deleted this long after the event; None: kept
    forgotten_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when the last of them was
    is_retired: Mapped[bool] = mapped_column(default=False)  # asked no longer; the answers given are kept
    purpose: Mapped[Purpose | None] = mapped_column(choice(Purpose, "purpose"))
    sponsor: Mapped[str] = mapped_column(String(200), default="")  # whom a SPONSOR_CONSENT is given
    is_after_acceptance: Mapped[bool] = mapped_column(default=False)  # asked of those who have a place, on their page
    is_masked: Mapped[bool] = mapped_column(default=False)  # pages show the last characters alone


class Registration(Model):
    """One person's place, or place in the queue, at one event. The queue is in order of `id`."""

    __tablename__ = "registrations"
    __table_args__ = (
        Index(
            "uq_registrations_live_address",
            "event_id",
            "email_key",
            unique=True,
            sqlite_where=LIVE_PREDICATE,
            postgresql_where=LIVE_PREDICATE,
        ),
        # Lists and exports walk an event in the order of sign-up; without this, each page sorts all of it.
        Index(None, "event_id", "id"),
        Index(None, "event_id", "state", "id"),
        Index(None, "ticket_type_id", "state", "id"),
        Index("ix_registrations_offered", "offer_expires_at", sqlite_where=_OFFERED, postgresql_where=_OFFERED),
        Index(None, "email_key"),
        # Where the sign-ups came from and how many of each came, and when they signed up: read from these alone.
        Index(None, "event_id", "source", "state", "checked_in_at"),
        Index(None, "event_id", "created_at", "state"),
        Index(None, "event_id", "sort_name", "id"),
        Index(None, "event_id", "source", "id"),
        # Rows that a search does not find yet: none, as a rule.
        Index("ix_registrations_unwritten", "id", sqlite_where=_UNWRITTEN, postgresql_where=_UNWRITTEN),
        CheckConstraint("calendar_offset >= 0", name="calendar_offset"),
        CheckConstraint("state != 'offered' OR offer_expires_at IS NOT NULL", name="offer_expires"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(16), unique=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    ticket_type_id: Mapped[int] = mapped_column(ForeignKey("ticket_types.id"))
    state: Mapped[RegistrationState] = mapped_column(choice(RegistrationState, "state"))
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(254))  # as typed: letters go here
    email_key: Mapped[str] = mapped_column(String(254))  # normalised: decides who is the same
    language: Mapped[Language] = mapped_column(String(8), default="zh")
    token_version: Mapped[int] = mapped_column(default=1)  # raised to revoke the link
    link_renewed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # it opens for 30 days more
    # Added to the event's SEQUENCE in this person's letters: one that leaves and comes back needs a
    # number above that of the CANCEL (RFC 5546 2.1.4).
    calendar_offset: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    checked_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    offer_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    invitation_id: Mapped[int | None] = mapped_column(ForeignKey("event_invitations.id"), index=True)
    declined_words: Mapped[str | None] = mapped_column(String(1000))  # what an organizer said with it
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # name, address and answers are gone
    revised_at: Mapped[datetime] = mapped_column(UtcDateTime)
    source: Mapped[str] = mapped_column(String(60), default="")  # where the sign-up came from; "": not known
    search_text: Mapped[str] = mapped_column(String(600), default="")  # what a search looks at, casefolded
    sort_name: Mapped[str] = mapped_column(String(200), default="")  # the order of a list by name

    event: Mapped[Event] = relationship()
    ticket_type: Mapped[TicketType] = relationship()
    invitation: Mapped[EventInvitation | None] = relationship()
    answers: Mapped[list["Answer"]] = relationship(cascade="all, delete-orphan")


def revised(now: datetime) -> Case[datetime]:
    """Return the stamp of a change for an UPDATE: `now`, but never earlier than it was, whatever the clock did."""
    return case((Registration.revised_at > now, Registration.revised_at), else_=now)


class EventChange(Model):
    """What those who registered must hear: their event moved, changed place or link, or was cancelled.

    Edits within some minutes gather in one row until `due_at`. Then its letters are queued in steps: `cursor` is the
    last registration that was reached, so that a killed process goes on where it was.
    """

    __tablename__ = "event_changes"
    __table_args__ = (
        Index(
            "uq_event_changes_gathering",
            "event_id",
            unique=True,
            sqlite_where=text("begun_at IS NULL"),
            postgresql_where=text("begun_at IS NULL"),
        ),
        Index(
            "ix_event_changes_unfinished",
            "due_at",
            sqlite_where=text("finished_at IS NULL"),
            postgresql_where=text("finished_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"), index=True)
    before: Mapped[dict[str, Any]] = mapped_column(Json)  # registrations.changes.told(): as people knew it
    note: Mapped[Texts] = mapped_column(Translated, default=Texts())  # the organizers' own words about it
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)  # the last edit; who signed up later knows it
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    begun_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cursor: Mapped[int] = mapped_column(default=0)

    event: Mapped[Event] = relationship()


class TransferState(StrEnum):
    """What became of a place that somebody wants to pass on."""

    OPEN = "open"  # until `expires_at`
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"


class Transfer(Model):
    """A place on its way from one person to another; it stays the giver's until the other one confirms."""

    __tablename__ = "transfers"
    __table_args__ = (
        Index(
            "uq_transfers_open",
            "registration_id",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index(None, "registration_id", "id"),
        # Those that still say whom: few, since it is forgotten a month after the end.
        Index("ix_transfers_named", "expires_at", sqlite_where=_NAMED, postgresql_where=_NAMED),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(16), unique=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id", ondelete="CASCADE"))  # the giver's
    state: Mapped[TransferState] = mapped_column(choice(TransferState, "state"), default=TransferState.OPEN)
    name: Mapped[str] = mapped_column(String(200))  # the other person, as the giver wrote them
    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str] = mapped_column(String(254), index=True)
    language: Mapped[Language] = mapped_column(String(8), default="zh")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    accepted_id: Mapped[int | None] = mapped_column(
        ForeignKey("registrations.id", ondelete="SET NULL"), index=True
    )  # the registration that came of it

    registration: Mapped[Registration] = relationship(foreign_keys=[registration_id])


class EventReminder(Model):
    """One reminder of one start of an event, queued in steps as an EventChange is; a moved event has new ones."""

    __tablename__ = "event_reminders"
    __table_args__ = (UniqueConstraint("event_id", "starts_at", "minutes"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)  # the start that it reminds of
    minutes: Mapped[int]  # before it
    begun_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cursor: Mapped[int] = mapped_column(default=0)


class StoppedReminders(Model):
    """An address that wants no more reminders, of whatever event; it keeps its places."""

    __tablename__ = "stopped_reminders"

    email_key: Mapped[str] = mapped_column(String(254), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class StoppedNews(Model):
    """An address that wants no news from organizers, of whatever event; what is about its own places still comes."""

    __tablename__ = "stopped_news"

    email_key: Mapped[str] = mapped_column(String(254), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PersonLink(Model):
    """A way to all registrations of one address: a link, or six digits, sent there. No secret is stored."""

    __tablename__ = "person_links"
    __table_args__ = (CheckConstraint("attempts >= 0", name="attempts"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(16), unique=True)
    email_key: Mapped[str] = mapped_column(String(254), index=True)
    attempts: Mapped[int] = mapped_column(default=0)  # wrong digits; too many, and only the link opens
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


def value_key(value: object) -> str:
    """Return what the answers of one value are found by: the beginning of the value as the database keeps it."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)[:VALUE_KEY_MAX]


def _value_key(context: DefaultExecutionContext) -> str:
    return value_key(context.get_current_parameters()["value"])  # type: ignore[no-untyped-call]  # SQLAlchemy gives it no types


class Answer(Model):
    """What one person answered to one question; the value's shape follows the question's kind."""

    __tablename__ = "answers"
    # Who gave this answer, without a look at the rows: one value of a question may be everybody's or one person's.
    __table_args__ = (
        Index(None, "question_id", "value_key", "registration_id"),
        # How often each answer was given is read from this alone, in its order.
        Index(
            "ix_answers_counted",
            "question_id",
            "value",
            sqlite_where=COUNTED_SQLITE,
            postgresql_where=COUNTED_POSTGRESQL,
        ),
    )

    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id", ondelete="CASCADE"), primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id"), primary_key=True)
    value: Mapped[Any] = mapped_column(Json)  # text, number, true/false, or a list of option values
    # The beginning of the value as JSON: short enough for an index, whatever somebody wrote.
    value_key: Mapped[str] = mapped_column(String(VALUE_KEY_MAX), default=_value_key, onupdate=_value_key)

    question: Mapped[Question] = relationship()
