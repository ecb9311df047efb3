"""What an event's automatic letters say in the organizers' own words.

Revision ID: 0037
Revises: 0036
"""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        'letter_texts',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('event_id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=40), nullable=False),
        sa.Column('language', sa.String(length=2), nullable=False),
        sa.Column('subject', sa.String(length=200), nullable=False),
        sa.Column('body', sa.Text(), nullable=False),
        sa.Column('revised_at', sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("language IN ('zh', 'en')", name=op.f('ck_letter_texts_language')),
        sa.ForeignKeyConstraint(['event_id'], ['events.id'], name=op.f('fk_letter_texts_event_id_events'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_letter_texts')),
        sa.UniqueConstraint('event_id', 'kind', 'language', name=op.f('uq_letter_texts_event_id_kind_language')),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table('letter_texts')
