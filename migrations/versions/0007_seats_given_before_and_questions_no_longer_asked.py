"""Seats given before a capacity was lowered, questions no longer asked, answers forgotten, and words of a refusal.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

WITHIN = 'capacity IS NULL OR seats_taken <= capacity + seats_over'
WITHIN_BEFORE = 'capacity IS NULL OR seats_taken <= capacity'
TO_FORGET = sa.text('keep_days IS NOT NULL AND forgotten_at IS NULL')


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table('ticket_types') as batch_op:
        batch_op.add_column(sa.Column('seats_over', sa.Integer(), nullable=True))
    op.execute('UPDATE ticket_types SET seats_over = 0')
    with op.batch_alter_table('ticket_types') as batch_op:
        batch_op.alter_column('seats_over', existing_type=sa.Integer(), nullable=False)
        batch_op.drop_constraint(op.f('ck_ticket_types_seats_within_capacity'), type_='check')
    with op.batch_alter_table('ticket_types') as batch_op:
        batch_op.create_check_constraint(op.f('ck_ticket_types_seats_over'), sa.text('seats_over >= 0'))
        batch_op.create_check_constraint(op.f('ck_ticket_types_seats_within_capacity'), sa.text(WITHIN))

    with op.batch_alter_table('questions') as batch_op:
        batch_op.add_column(sa.Column('is_retired', sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column('forgotten_at', sa.DateTime(timezone=True), nullable=True))
    op.execute('UPDATE questions SET is_retired = false')
    with op.batch_alter_table('questions') as batch_op:
        batch_op.alter_column('is_retired', existing_type=sa.Boolean(), nullable=False)
    op.create_index(
        'ix_questions_to_forget', 'questions', ['keep_days'], sqlite_where=TO_FORGET, postgresql_where=TO_FORGET
    )
    with op.batch_alter_table('registrations') as batch_op:
        batch_op.add_column(sa.Column('declined_words', sa.String(length=1000), nullable=True))


def downgrade() -> None:
    """Take back; a capacity that was lowered below the seats taken becomes as large as they are."""
    op.execute('UPDATE ticket_types SET capacity = seats_taken WHERE capacity < seats_taken')
    with op.batch_alter_table('registrations') as batch_op:
        batch_op.drop_column('declined_words')
    op.drop_index('ix_questions_to_forget', 'questions')
    with op.batch_alter_table('questions') as batch_op:
        batch_op.drop_column('forgotten_at')
        batch_op.drop_column('is_retired')
    with op.batch_alter_table('ticket_types') as batch_op:
        batch_op.drop_constraint(op.f('ck_ticket_types_seats_within_capacity'), type_='check')
        batch_op.drop_constraint(op.f('ck_ticket_types_seats_over'), type_='check')
    with op.batch_alter_table('ticket_types') as batch_op:
        batch_op.create_check_constraint(op.f('ck_ticket_types_seats_within_capacity'), sa.text(WITHIN_BEFORE))
        batch_op.drop_column('seats_over')
