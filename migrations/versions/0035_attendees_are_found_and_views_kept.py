"""Answers are found by their value, rows that no search finds yet by an index, and views of the list have a name.

Revision ID: 0035
Revises: 0034
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

UNWRITTEN = sa.text("search_text = '' AND erased_at IS NULL")
VALUE_KEY = "ix_answers_question_id_value_key_registration_id"


def upgrade() -> None:
    """Apply."""
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    with op.batch_alter_table("answers") as batch_op:
        batch_op.add_column(sa.Column("value_key", sa.String(length=200), nullable=True))
    as_text = "value::text" if is_postgresql else "value"
    op.execute(f"UPDATE answers SET value_key = substr({as_text}, 1, 200)")
    with op.batch_alter_table("answers") as batch_op:
        batch_op.alter_column("value_key", existing_type=sa.String(length=200), nullable=False)
    op.drop_index(op.f("ix_answers_question_id"), "answers")
    op.create_index(op.f(VALUE_KEY), "answers", ["question_id", "value_key", "registration_id"])
    op.create_index(
        "ix_registrations_unwritten",
        "registrations",
        ["id"],
        sqlite_where=UNWRITTEN,
        postgresql_where=UNWRITTEN,
    )
    op.create_index(op.f("ix_registrations_event_id_source_id"), "registrations", ["event_id", "source", "id"])
    op.create_table(
        "attendee_views",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("query", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_attendee_views_event_id_events"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendee_views")),
        sa.UniqueConstraint("event_id", "key", name=op.f("uq_attendee_views_event_id_key")),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("attendee_views")
    op.drop_index(op.f("ix_registrations_event_id_source_id"), "registrations")
    op.drop_index("ix_registrations_unwritten", "registrations")
    op.drop_index(op.f(VALUE_KEY), "answers")
    op.create_index(op.f("ix_answers_question_id"), "answers", ["question_id"])
    with op.batch_alter_table("answers") as batch_op:
        batch_op.drop_column("value_key")
