"""Letters that behave: why one failed, what goes first, addresses that refuse, domains that ask for patience.

Revision ID: 0013
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op
revision = '0013'
down_revision = '0011'
branch_labels = None
depends_on = None

FAILURES = "failure IN ('address', 'full', 'policy', 'content', 'refused', 'unreachable', 'unwritten', 'suppressed')"
QUEUED = "state IN ('queued', 'sending')"


def upgrade() -> None:
    """Apply."""
    op.create_table('mail_domains',
    sa.Column('domain', sa.String(length=254), nullable=False),
    sa.Column('next_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('paused_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('pauses', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('domain', name=op.f('pk_mail_domains'))
    )
    op.create_table('refused_addresses',
    sa.Column('key', sa.String(length=254), nullable=False),
    sa.Column('refusals', sa.Integer(), nullable=False),
    sa.Column('first_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('suppressed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('words', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_refused_addresses'))
    )
    op.create_index(op.f('ix_refused_addresses_last_at'), 'refused_addresses', ['last_at'])
    with op.batch_alter_table('letters') as batch_op:
        batch_op.add_column(sa.Column('priority', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('has_slot', sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column('to_key', sa.String(length=254), nullable=True))
        batch_op.add_column(sa.Column('failure', sa.String(length=32), nullable=True))
    # Lower case is what the key of an ASCII address is; new letters get theirs from core.addresses.
    op.execute("UPDATE letters SET priority = 0, has_slot = false, to_key = lower(to_email)")
    op.execute("UPDATE letters SET failure = 'refused' WHERE state = 'failed'")
    with op.batch_alter_table('letters') as batch_op:
        batch_op.alter_column('priority', existing_type=sa.Integer(), nullable=False)
        batch_op.alter_column('has_slot', existing_type=sa.Boolean(), nullable=False)
        batch_op.alter_column('to_key', existing_type=sa.String(length=254), nullable=False)
        batch_op.create_check_constraint(op.f('ck_letters_failure'), sa.text(FAILURES))
    where = sa.text(QUEUED)
    op.create_index('ix_letters_first', 'letters', ['priority', 'due_at', 'id'], sqlite_where=where, postgresql_where=where)
    op.create_index(op.f('ix_letters_to_key'), 'letters', ['to_key'])


def downgrade() -> None:
    """Take back."""
    op.drop_index(op.f('ix_letters_to_key'), 'letters')
    op.drop_index('ix_letters_first', 'letters')
    with op.batch_alter_table('letters') as batch_op:
        batch_op.drop_constraint(op.f('ck_letters_failure'), type_='check')
    with op.batch_alter_table('letters') as batch_op:
        batch_op.drop_column('failure')
        batch_op.drop_column('to_key')
        batch_op.drop_column('has_slot')
        batch_op.drop_column('priority')
    op.drop_index(op.f('ix_refused_addresses_last_at'), 'refused_addresses')
    op.drop_table('refused_addresses')
    op.drop_table('mail_domains')
