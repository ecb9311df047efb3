"""The outbox table."""

from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Json, Model, UtcDateTime, choice
from app.core.i18n import Language

# Written out, not bound: a partial index is found by its predicate alone.
_NAMED = text("to_email != ''")


class LetterState(StrEnum):
    """Queued and sending are due again when their time has come; the others are at rest."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    STOPPED = "stopped"


class Failure(StrEnum):
    """Why a letter was given up; decides what organizers are told to do."""

    ADDRESS = "address"  # nobody has this address (550 5.1.x)
    FULL = "full"  # the mailbox takes nothing now (552, 5.2.2)
    POLICY = "policy"  # the server does not like us or the letter (5.7.x): the operator's matter, not the address's
    CONTENT = "content"  # refused after DATA
    REFUSED = "refused"  # any other 5xx
    UNREACHABLE = "unreachable"  # two days of refusals for now
    UNWRITTEN = "unwritten"  # a fault of ours
    SUPPRESSED = "suppressed"  # not tried: the address refused earlier letters


class Priority(IntEnum):
    """What goes first when much is due."""

    PERSONAL = 0  # somebody waits for it now: a confirmation, a sign-in
    BULK = 1  # one of many: a change, a reminder, a message


class Letter(Model):
    """One e-mail to one address; rendered when it is sent, from `kind` and `ids`."""

    __tablename__ = "letters"
    __table_args__ = (
        # Delivery looks for due rows only; rows at rest, which are nearly all, stay out of the index.
        Index(
            "ix_letters_due",
            "due_at",
            "id",
            sqlite_where=text("state IN ('queued', 'sending')"),
            postgresql_where=text("state IN ('queued', 'sending')"),
        ),
        # The order of delivery.
        Index(
            "ix_letters_first",
            "priority",
            "due_at",
            "id",
            sqlite_where=text("state IN ('queued', 'sending')"),
            postgresql_where=text("state IN ('queued', 'sending')"),
        ),
        Index(None, "state", "id"),
        Index(None, "to_key"),
        Index(None, "topic", "state", "id"),
        # Those that still say whom they went to: the last half year's.
        Index("ix_letters_named", "created_at", sqlite_where=_NAMED, postgresql_where=_NAMED),
        CheckConstraint("attempts >= 0", name="attempts"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(200), unique=True)  # one cause, one letter
    to_email: Mapped[str] = mapped_column(String(254))
    to_name: Mapped[str] = mapped_column(String(200), default="")
    to_key: Mapped[str] = mapped_column(String(254), default="")  # the address by which somebody is known again
    language: Mapped[Language] = mapped_column(String(8), default="zh")
    ids: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    state: Mapped[LetterState] = mapped_column(choice(LetterState, "state"), default=LetterState.QUEUED)
    priority: Mapped[int] = mapped_column(default=Priority.PERSONAL)
    has_slot: Mapped[bool] = mapped_column(default=False)  # its time at its domain has been reckoned (mail.pace)
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)  # while sending: the end of the lease
    leased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # while sending: since when workers have held it
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failure: Mapped[Failure | None] = mapped_column(choice(Failure, "failure"))
    last_error: Mapped[str | None] = mapped_column(Text)  # the server's words; no address, no content
    topic: Mapped[str] = mapped_column(String(40), default="")  # what its outbox page is about: "event:12"
    message_id: Mapped[str] = mapped_column(String(255))  # made once: a resend is the same letter


class RefusedAddress(Model):
    """An address that refused letters; those to many are not sent to it any more, until one arrives there again."""

    __tablename__ = "refused_addresses"

    key: Mapped[str] = mapped_column(String(254), primary_key=True)  # core.addresses: normalised
    refusals: Mapped[int] = mapped_column(default=0)  # for now (a full mailbox) since `first_at`
    first_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    suppressed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    words: Mapped[str] = mapped_column(Text, default="")  # the server's, without the address


class MailDomain(Model):
    """How fast one domain takes letters; shared by all workers."""

    __tablename__ = "mail_domains"

    domain: Mapped[str] = mapped_column(String(254), primary_key=True)
    next_at: Mapped[datetime] = mapped_column(UtcDateTime)  # when the next of many letters may go there
    paused_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    pauses: Mapped[int] = mapped_column(default=0)  # in a row; each is longer
