"""Feeds: the order of news, and feeds for one person alone.

Revision ID: 0010
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op
revision = '0010'
down_revision = '0008'
branch_labels = None
depends_on = None

LIVE = sa.text('revoked_at IS NULL')


def upgrade() -> None:
    """Apply."""
    op.create_index(op.f('ix_events_published_at_id'), 'events', ['published_at', 'id'])
    op.create_index(op.f('ix_events_revised_at'), 'events', ['revised_at'])
    op.create_index('ix_events_feeds', 'events', ['ends_at', 'state', 'visibility', 'id', 'revision', 'revised_at'])
    op.create_table('private_feeds',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('email_key', sa.String(length=254), nullable=True),
    sa.Column('organizer_id', sa.Integer(), nullable=True),
    sa.Column('nonce', sa.String(length=16), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('language', sa.String(length=8), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('(email_key IS NULL) != (organizer_id IS NULL)', name=op.f('ck_private_feeds_owner')),
    sa.ForeignKeyConstraint(['organizer_id'], ['organizers.id'], name=op.f('fk_private_feeds_organizer_id_organizers'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_private_feeds')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_private_feeds_token_hash'))
    )
    for owner in ('email_key', 'organizer_id'):
        op.create_index(
            f'uq_private_feeds_live_{owner}', 'private_feeds', [owner], unique=True, sqlite_where=LIVE, postgresql_where=LIVE
        )


def downgrade() -> None:
    """Take back; the addresses people have subscribed to are gone for good."""
    op.drop_table('private_feeds')
    op.drop_index('ix_events_feeds', 'events')
    op.drop_index(op.f('ix_events_revised_at'), 'events')
    op.drop_index(op.f('ix_events_published_at_id'), 'events')
