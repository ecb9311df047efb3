"""Messages of organizers to attendees, who wants no news, and which letters belong to an event or to a message.

Revision ID: 0036
Revises: 0035
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

STATES = "state IN ('draft', 'scheduled', 'sending', 'sent', 'stopped')"
PURPOSES = "purpose IN ('news', 'registration')"
UNFINISHED = sa.text("finished_at IS NULL AND state IN ('scheduled', 'sending', 'stopped')")
IN_BATCH = sa.text("batch != ''")
# The letters of before say which event they are about. Not the address of a personal calendar: that is about a person.
FILL = {
    "sqlite": """
        UPDATE letters SET topic = 'event:' || (
            SELECT event_id FROM registrations WHERE registrations.id = json_extract(letters.ids, '$.registration')
        )
        WHERE topic = '' AND kind != 'personal_feed' AND EXISTS (
            SELECT 1 FROM registrations WHERE registrations.id = json_extract(letters.ids, '$.registration')
        )
    """,
    "postgresql": """
        UPDATE letters SET topic = 'event:' || registrations.event_id
        FROM registrations
        WHERE topic = '' AND kind != 'personal_feed'
        AND jsonb_typeof(letters.ids -> 'registration') = 'number'
        AND registrations.id = (letters.ids ->> 'registration')::bigint
    """,
}


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "messages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("organizer_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("why", sa.String(length=300), nullable=False),
        *(sa.Column(name, _json(), nullable=False) for name in ("subject", "body", "audience")),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revised_at", sa.DateTime(timezone=True), nullable=False),
        *(
            sa.Column(name, sa.DateTime(timezone=True), nullable=True)
            for name in ("send_at", "begun_at", "finished_at")
        ),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("recipients", "high_id", "cursor", "letters")),
        sa.CheckConstraint(STATES, name=op.f("ck_messages_state")),
        sa.CheckConstraint(PURPOSES, name=op.f("ck_messages_purpose")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_messages_event_id_events"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organizer_id"], ["organizers.id"], name=op.f("fk_messages_organizer_id_organizers"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
    )
    op.create_index(op.f("ix_messages_event_id_id"), "messages", ["event_id", "id"])
    op.create_index(op.f("ix_messages_organizer_id"), "messages", ["organizer_id"])
    op.create_index(
        "ix_messages_unfinished", "messages", ["send_at"], sqlite_where=UNFINISHED, postgresql_where=UNFINISHED
    )
    op.create_table(
        "stopped_news",
        sa.Column("email_key", sa.String(length=254), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("email_key", name=op.f("pk_stopped_news")),
    )
    with op.batch_alter_table("letters") as batch_op:
        batch_op.add_column(sa.Column("batch", sa.String(length=40), nullable=True))
    op.execute("UPDATE letters SET batch = ''")
    with op.batch_alter_table("letters") as batch_op:
        batch_op.alter_column("batch", existing_type=sa.String(length=40), nullable=False)
    op.create_index("ix_letters_batch", "letters", ["batch", "state", "id"], sqlite_where=IN_BATCH, postgresql_where=IN_BATCH)
    op.execute(FILL[op.get_bind().dialect.name])


def _json() -> sa.JSON:
    return sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def downgrade() -> None:
    """Take back; which event a letter is about is still true."""
    op.drop_index("ix_letters_batch", "letters")
    with op.batch_alter_table("letters") as batch_op:
        batch_op.drop_column("batch")
    op.drop_table("stopped_news")
    op.drop_table("messages")
