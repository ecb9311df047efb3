"""Layouts of exports, files by schedule, and lists that are frozen for a venue and handed over.

Revision ID: 0034
Revises: 0033
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "export_layouts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("columns", JSON, nullable=False),
        sa.Column("format", sa.String(length=8), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        _to("export_layouts", "event_id", "events", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export_layouts")),
        sa.UniqueConstraint("event_id", "name", name=op.f("uq_export_layouts_event_id_name")),
    )
    op.create_table(
        "export_schedules",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("layout_id", sa.Integer(), nullable=False),
        sa.Column("query", JSON, nullable=False),
        sa.Column("organizer_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("last_sent_at", sa.DateTime(timezone=True), nullable=True),
        _to("export_schedules", "event_id", "events", ondelete="CASCADE"),
        _to("export_schedules", "layout_id", "export_layouts", ondelete="CASCADE"),
        _to("export_schedules", "organizer_id", "organizers", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export_schedules")),
    )
    for column in ("event_id", "layout_id", "organizer_id"):
        op.create_index(op.f(f"ix_export_schedules_{column}"), "export_schedules", [column])
    _add_venue_lists()


def _to(table: str, column: str, other: str, *, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{other}")
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=name, ondelete=ondelete)


def _add_venue_lists() -> None:
    op.create_table(
        "venue_lists",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("columns", JSON, nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organizer_id", sa.Integer(), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        _to("venue_lists", "event_id", "events", ondelete="CASCADE"),
        _to("venue_lists", "organizer_id", "organizers", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_venue_lists")),
        sa.UniqueConstraint("event_id", "version", name=op.f("uq_venue_lists_event_id_version")),
    )
    op.create_index(op.f("ix_venue_lists_organizer_id"), "venue_lists", ["organizer_id"])
    op.create_table(
        "venue_rows",
        sa.Column("list_id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("ticket_type_id", sa.Integer(), nullable=False),
        _to("venue_rows", "list_id", "venue_lists", ondelete="CASCADE"),
        _to("venue_rows", "registration_id", "registrations", ondelete="CASCADE"),
        _to("venue_rows", "ticket_type_id", "ticket_types"),
        sa.PrimaryKeyConstraint("list_id", "registration_id", name=op.f("pk_venue_rows")),
    )
    op.create_index(op.f("ix_venue_rows_list_id_position"), "venue_rows", ["list_id", "position"])
    op.create_index(op.f("ix_venue_rows_registration_id"), "venue_rows", ["registration_id"])
    op.create_index(op.f("ix_venue_rows_ticket_type_id"), "venue_rows", ["ticket_type_id"])
    op.create_table(
        "venue_cells",
        sa.Column("list_id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("question_id", sa.Integer(), nullable=False),
        sa.Column("value", JSON, nullable=False),
        _to("venue_cells", "list_id", "venue_lists", ondelete="CASCADE"),
        _to("venue_cells", "registration_id", "registrations", ondelete="CASCADE"),
        _to("venue_cells", "question_id", "questions", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("list_id", "registration_id", "question_id", name=op.f("pk_venue_cells")),
    )
    op.create_index(op.f("ix_venue_cells_registration_id"), "venue_cells", ["registration_id"])
    op.create_index(op.f("ix_venue_cells_question_id"), "venue_cells", ["question_id"])
    op.create_table(
        "venue_links",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("list_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("organizer_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        _to("venue_links", "list_id", "venue_lists", ondelete="CASCADE"),
        _to("venue_links", "organizer_id", "organizers", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_venue_links")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_venue_links_token_hash")),
    )
    op.create_index(op.f("ix_venue_links_list_id"), "venue_links", ["list_id"])
    op.create_index(op.f("ix_venue_links_organizer_id"), "venue_links", ["organizer_id"])


def downgrade() -> None:
    """Take back."""
    for table in ("venue_links", "venue_cells", "venue_rows", "venue_lists", "export_schedules", "export_layouts"):
        op.drop_table(table)
