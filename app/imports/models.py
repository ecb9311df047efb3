"""Tables of an import: its rows as they came, what was made of each, and how far it has come."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Json, Model, OptionalJson, UtcDateTime, choice
from app.core.i18n import Language


class ImportState(StrEnum):
    """Where an import is."""

    MAPPING = "mapping"  # somebody says what the columns are
    CHECKING = "checking"  # at work: each row becomes what it would be
    CHECKED = "checked"  # the dry run is shown
    APPLYING = "applying"  # at work: the seats are taken, the rows follow
    APPLIED = "applied"
    UNDOING = "undoing"  # at work: what it made is taken back
    UNDONE = "undone"


AT_WORK = (ImportState.CHECKING, ImportState.APPLYING, ImportState.UNDOING)


class Outcome(StrEnum):
    """What a row becomes."""

    CONFIRMED = "confirmed"
    WAITING = "waiting"
    PENDING = "pending"  # an organizer decides
    KNOWN = "known"  # the address has a place: it is left as it is
    LEFT = "left"  # the file says that this person does not come, or names the columns once more
    FULL = "full"  # no seat is left, and nobody can wait
    REFUSED = "refused"


# Those of which a registration is made.
NEW = (Outcome.CONFIRMED, Outcome.WAITING, Outcome.PENDING)


class Import(Model):
    """One file that somebody brought, and what became of it."""

    __tablename__ = "imports"
    __table_args__ = (Index(None, "event_id", "id"), Index(None, "forget_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    organizer_id: Mapped[int | None]  # who brought it; as in the history, without a foreign key
    state: Mapped[ImportState] = mapped_column(choice(ImportState, "state"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    applied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    forget_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the next thing that is forgotten of it
    is_forgotten: Mapped[bool] = mapped_column(default=False)  # the file, and what rows say of people, is gone
    program: Mapped[str] = mapped_column(String(20), default="")  # whose list it is, if we know
    about: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)  # how the file was read: kind, encoding …
    # The first rows as they are in the file, to tell by what the columns are; gone with the file.
    first: Mapped[list[list[str]]] = mapped_column(Json, default=list)
    targets: Mapped[list[str]] = mapped_column(Json, default=list)  # what each column is (imports.headers)
    has_header: Mapped[bool] = mapped_column(default=True)
    ticket_type_id: Mapped[int | None]  # of rows that name none
    language: Mapped[Language] = mapped_column(String(8), default="zh")  # of rows that name none
    letters: Mapped[bool] = mapped_column(default=False)
    event_revision: Mapped[int] = mapped_column(default=0)  # of the event by which rows were checked
    rows: Mapped[int] = mapped_column(default=0)  # in the file, without the header and empty ones
    # How many rows became what: {"confirmed": 12, …}; how many were taken back; the seats that are planned.
    counts: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    changed: Mapped[dict[str, Any] | None] = mapped_column(OptionalJson)  # the counts before it was checked anew
    task_code: Mapped[str] = mapped_column(String(16), default="")  # the work on it, while there is some


class ImportPart(Model):
    """Some hundred rows of the file, packed; deleted when the import is applied, or a week after it came."""

    __tablename__ = "import_parts"

    import_id: Mapped[int] = mapped_column(ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)  # from 1
    data: Mapped[bytes] = mapped_column(LargeBinary)


class ImportRow(Model):
    """One row of a file and what becomes of it. What it says of a person goes with the file."""

    __tablename__ = "import_rows"
    __table_args__ = (
        UniqueConstraint("import_id", "number"),
        Index(None, "import_id", "outcome", "number"),
        Index(None, "import_id", "email_key"),
        Index(None, "registration_id"),
        Index(None, "email_key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("imports.id", ondelete="CASCADE"))
    number: Mapped[int]  # in the file, as a spreadsheet counts
    outcome: Mapped[Outcome] = mapped_column(choice(Outcome, "outcome"))
    name: Mapped[str] = mapped_column(String(200), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    email_key: Mapped[str] = mapped_column(String(254), default="")
    language: Mapped[Language] = mapped_column(String(8), default="zh")
    ticket_type_id: Mapped[int | None]
    details: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)  # answers by question, tags, note
    problems: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    # What it made; NULL again once that was deleted.
    registration_id: Mapped[int | None] = mapped_column(ForeignKey("registrations.id", ondelete="SET NULL"))
