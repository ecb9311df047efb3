"""Teams: invitations to manage, and since when somebody has been here.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table('organizers') as batch_op:
        batch_op.add_column(sa.Column('joined_at', sa.DateTime(timezone=True), nullable=True))
    # Nobody has been invited until now: who is there was added by whoever runs the installation.
    op.execute("UPDATE organizers SET joined_at = created_at")
    op.create_table('organizer_invitations',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organizer_id', sa.Integer(), nullable=False),
    sa.Column('event_id', sa.Integer(), nullable=True),
    sa.Column('event_title', JSON, nullable=False),
    sa.Column('role', sa.Enum('owner', 'organizer', 'editor', 'attendee_manager', 'door', 'viewer', name='role', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('invited_by_id', sa.Integer(), nullable=True),
    sa.Column('code', sa.String(length=16), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['event_id'], ['events.id'], name=op.f('fk_organizer_invitations_event_id_events'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['invited_by_id'], ['organizers.id'], name=op.f('fk_organizer_invitations_invited_by_id_organizers'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['organizer_id'], ['organizers.id'], name=op.f('fk_organizer_invitations_organizer_id_organizers'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_organizer_invitations')),
    sa.UniqueConstraint('code', name=op.f('uq_organizer_invitations_code'))
    )
    with op.batch_alter_table('organizer_invitations') as batch_op:
        batch_op.create_index(batch_op.f('ix_organizer_invitations_organizer_id'), ['organizer_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_organizer_invitations_event_id'), ['event_id'], unique=False)


def downgrade() -> None:
    """Take back; whoever was invited may still sign in."""
    with op.batch_alter_table('organizer_invitations') as batch_op:
        batch_op.drop_index(batch_op.f('ix_organizer_invitations_event_id'))
        batch_op.drop_index(batch_op.f('ix_organizer_invitations_organizer_id'))
    op.drop_table('organizer_invitations')
    with op.batch_alter_table('organizers') as batch_op:
        batch_op.drop_column('joined_at')
