"""Ways to one's own registrations: a link to all of an address, and links that are renewed.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op
revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('person_links',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=16), nullable=False),
    sa.Column('email_key', sa.String(length=254), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('attempts >= 0', name=op.f('ck_person_links_attempts')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_person_links')),
    sa.UniqueConstraint('code', name=op.f('uq_person_links_code'))
    )
    op.create_index(op.f('ix_person_links_email_key'), 'person_links', ['email_key'])
    op.create_index(op.f('ix_person_links_expires_at'), 'person_links', ['expires_at'])
    with op.batch_alter_table('registrations') as batch_op:
        batch_op.add_column(sa.Column('link_renewed_at', sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table('registrations') as batch_op:
        batch_op.drop_column('link_renewed_at')
    op.drop_index(op.f('ix_person_links_expires_at'), 'person_links')
    op.drop_index(op.f('ix_person_links_email_key'), 'person_links')
    op.drop_table('person_links')
