"""What lists of attendees, their files and their letters rest on: sources, a text to search, tags, notes, purposes.

Revision ID: 0030
Revises: 0026
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0026"
branch_labels = None
depends_on = None

PURPOSES = "purpose IN ('company', 'city', 'job_title', 'phone', 'id_number', 'diet', 'sponsor_consent')"
# Each column with its type and what the rows there are given.
NEW = {
    "registrations": [
        ("source", sa.String(length=60), "''"),
        ("search_text", sa.String(length=600), "''"),
        ("sort_name", sa.String(length=200), "''"),
    ],
    "questions": [
        ("sponsor", sa.String(length=200), "''"),
        ("is_after_acceptance", sa.Boolean(), "false"),
        ("is_masked", sa.Boolean(), "false"),
    ],
    # The outbox page of an event finds the letters of before by their registration.
    "letters": [("topic", sa.String(length=40), "''")],
}


def upgrade() -> None:
    """Apply."""
    for table, columns in NEW.items():
        with op.batch_alter_table(table) as batch_op:
            for name, kind, _value in columns:
                batch_op.add_column(sa.Column(name, kind, nullable=True))
            if table == "questions":
                batch_op.add_column(sa.Column("purpose", sa.String(length=32), nullable=True))
        op.execute(f"UPDATE {table} SET {', '.join(f'{name} = {value}' for name, _kind, value in columns)}")
        with op.batch_alter_table(table) as batch_op:
            for name, kind, _value in columns:
                batch_op.alter_column(name, existing_type=kind, nullable=False)
            if table == "questions":
                batch_op.create_check_constraint(op.f("ck_questions_purpose"), sa.text(PURPOSES))
    op.create_index(op.f("ix_registrations_event_id_sort_name_id"), "registrations", ["event_id", "sort_name", "id"])
    op.create_index(op.f("ix_letters_topic_state_id"), "letters", ["topic", "state", "id"])
    _add_marks()


def _add_marks() -> None:
    op.create_table(
        "attendee_tags",
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registrations.id"],
            name=op.f("fk_attendee_tags_registration_id_registrations"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_attendee_tags_event_id_events"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("registration_id", "key", name=op.f("pk_attendee_tags")),
    )
    op.create_index(
        op.f("ix_attendee_tags_event_id_key_registration_id"), "attendee_tags", ["event_id", "key", "registration_id"]
    )
    op.create_table(
        "attendee_notes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("organizer_id", sa.Integer(), nullable=True),
        sa.Column("text", sa.String(length=2000), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registrations.id"],
            name=op.f("fk_attendee_notes_registration_id_registrations"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organizer_id"],
            ["organizers.id"],
            name=op.f("fk_attendee_notes_organizer_id_organizers"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendee_notes")),
    )
    op.create_index(op.f("ix_attendee_notes_registration_id"), "attendee_notes", ["registration_id"])
    op.create_index(op.f("ix_attendee_notes_organizer_id"), "attendee_notes", ["organizer_id"])


def downgrade() -> None:
    """Take back."""
    op.drop_table("attendee_notes")
    op.drop_table("attendee_tags")
    op.drop_index(op.f("ix_letters_topic_state_id"), "letters")
    op.drop_index(op.f("ix_registrations_event_id_sort_name_id"), "registrations")
    with op.batch_alter_table("questions") as batch_op:
        batch_op.drop_constraint(op.f("ck_questions_purpose"), type_="check")
    for table, columns in NEW.items():
        with op.batch_alter_table(table) as batch_op:
            if table == "questions":
                batch_op.drop_column("purpose")
            for name, _kind, _value in columns:
                batch_op.drop_column(name)
