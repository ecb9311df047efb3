"""Links of partners, and what the numbers of an event are read from.

Revision ID: 0032
Revises: 0031
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "partner_links",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_partner_links_event_id_events"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner_links")),
        sa.UniqueConstraint("event_id", "code", name=op.f("uq_partner_links_event_id_code")),
    )
    op.create_index(
        op.f("ix_registrations_event_id_source_state_checked_in_at"),
        "registrations",
        ["event_id", "source", "state", "checked_in_at"],
    )
    op.create_index(
        op.f("ix_registrations_event_id_created_at_state"), "registrations", ["event_id", "created_at", "state"]
    )
    op.create_index(
        "ix_answers_counted",
        "answers",
        ["question_id", "value"],
        sqlite_where=sa.text("length(CAST(value AS BLOB)) <= 2000"),
        postgresql_where=sa.text("octet_length(value::text) <= 2000"),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_answers_counted", "answers")
    op.drop_index(op.f("ix_registrations_event_id_created_at_state"), "registrations")
    op.drop_index(op.f("ix_registrations_event_id_source_state_checked_in_at"), "registrations")
    op.drop_table("partner_links")
