"""Places passed on, reminders, and addresses that want none; seats that are given out more than once.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = '0010'
branch_labels = None
depends_on = None

OPEN = "state = 'open'"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "transfers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open", "accepted", "withdrawn", name="state", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("email_key", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["accepted_id"],
            ["registrations.id"],
            name=op.f("fk_transfers_accepted_id_registrations"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registrations.id"],
            name=op.f("fk_transfers_registration_id_registrations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfers")),
        sa.UniqueConstraint("code", name=op.f("uq_transfers_code")),
    )
    op.create_index(op.f("ix_transfers_email_key"), "transfers", ["email_key"])
    op.create_index(op.f("ix_transfers_accepted_id"), "transfers", ["accepted_id"])
    op.create_index(op.f("ix_transfers_registration_id_id"), "transfers", ["registration_id", "id"])
    op.create_index(
        "uq_transfers_open",
        "transfers",
        ["registration_id"],
        unique=True,
        sqlite_where=sa.text(OPEN),
        postgresql_where=sa.text(OPEN),
    )
    op.create_table(
        "event_reminders",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cursor", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_event_reminders_event_id_events"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_reminders")),
        sa.UniqueConstraint(
            "event_id", "starts_at", "minutes", name=op.f("uq_event_reminders_event_id_starts_at_minutes")
        ),
    )
    op.create_table(
        "stopped_reminders",
        sa.Column("email_key", sa.String(length=254), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("email_key", name=op.f("pk_stopped_reminders")),
    )
    with op.batch_alter_table("ticket_types") as batch_op:
        batch_op.add_column(sa.Column("overbooked_from", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Take back; a place on its way stays the giver's."""
    with op.batch_alter_table("ticket_types") as batch_op:
        batch_op.drop_column("overbooked_from")
    op.drop_table("stopped_reminders")
    op.drop_table("event_reminders")
    op.drop_index("uq_transfers_open", "transfers")
    op.drop_index(op.f("ix_transfers_registration_id_id"), "transfers")
    op.drop_index(op.f("ix_transfers_email_key"), "transfers")
    op.drop_index(op.f("ix_transfers_accepted_id"), "transfers")
    op.drop_table("transfers")
