"""Tables of what leaves the site as a file: named layouts, files by schedule, lists that were frozen for a venue."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Json, Model, UtcDateTime
from app.core.i18n import Language

NAME_MAX = 80


class ExportLayout(Model):
    """Columns in an order, and a format, under a name; each event has its own."""

    __tablename__ = "export_layouts"
    __table_args__ = (UniqueConstraint("event_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(NAME_MAX))
    columns: Mapped[list[str]] = mapped_column(Json)  # of exports.columns; questions by their key
    format: Mapped[str] = mapped_column(String(8))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ExportSchedule(Model):
    """A layout that organizers are written to about, every morning until the event is over."""

    __tablename__ = "export_schedules"

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"), index=True)
    layout_id: Mapped[int] = mapped_column(ForeignKey("export_layouts.id", ondelete="CASCADE"), index=True)
    query: Mapped[dict[str, list[str]]] = mapped_column(Json)  # attendees.wanted, without a search
    # Whoever set it up; they are written to beside those who have a role at the event.
    organizer_id: Mapped[int | None] = mapped_column(ForeignKey("organizers.id", ondelete="SET NULL"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_day: Mapped[date | None] = mapped_column(Date)  # in the event's zone; that day is done
    last_sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    layout: Mapped[ExportLayout] = relationship()


class VenueList(Model):
    """Who comes, as it was when it was frozen. Its rows are deleted on a date; that there was one stays."""

    __tablename__ = "venue_lists"
    __table_args__ = (UniqueConstraint("event_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    version: Mapped[int]
    columns: Mapped[list[str]] = mapped_column(Json)
    language: Mapped[Language] = mapped_column(String(8))
    people: Mapped[int]  # as many as it was frozen with
    frozen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    organizer_id: Mapped[int | None] = mapped_column(ForeignKey("organizers.id", ondelete="SET NULL"), index=True)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class VenueRow(Model):
    """One person on a frozen list."""

    __tablename__ = "venue_rows"
    __table_args__ = (Index(None, "list_id", "position"),)

    list_id: Mapped[int] = mapped_column(ForeignKey("venue_lists.id", ondelete="CASCADE"), primary_key=True)
    registration_id: Mapped[int] = mapped_column(
        ForeignKey("registrations.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    position: Mapped[int]  # in the order of names
    name: Mapped[str] = mapped_column(String(200))
    ticket_type_id: Mapped[int] = mapped_column(ForeignKey("ticket_types.id"), index=True)


class VenueCell(Model):
    """One answer on a frozen list; a question that is taken away takes its answers along."""

    __tablename__ = "venue_cells"

    list_id: Mapped[int] = mapped_column(ForeignKey("venue_lists.id", ondelete="CASCADE"), primary_key=True)
    registration_id: Mapped[int] = mapped_column(
        ForeignKey("registrations.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    question_id: Mapped[int] = mapped_column(
        ForeignKey("questions.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    value: Mapped[Any] = mapped_column(Json)


class VenueLink(Model):
    """A way for somebody without a sign-in to take a frozen list, once. Of its secret only a digest is stored."""

    __tablename__ = "venue_links"

    id: Mapped[int] = mapped_column(primary_key=True)
    list_id: Mapped[int] = mapped_column(ForeignKey("venue_lists.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    label: Mapped[str] = mapped_column(String(NAME_MAX))  # for whom it was made
    organizer_id: Mapped[int | None] = mapped_column(ForeignKey("organizers.id", ondelete="SET NULL"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    list: Mapped[VenueList] = relationship()


class ExportFile(Model):
    """A file that was written in the background, for a day."""

    __tablename__ = "export_files"

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("tasks.id", ondelete="CASCADE"), unique=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    content_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]  # bytes
    delete_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class ExportFilePart(Model):
    """A part of such a file, in their order."""

    __tablename__ = "export_file_parts"

    file_id: Mapped[int] = mapped_column(ForeignKey("export_files.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
