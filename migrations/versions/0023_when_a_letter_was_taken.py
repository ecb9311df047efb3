"""When a letter was taken by a worker: one that hangs is seen as soon as one that is not there.

Revision ID: 0023
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op
revision = '0023'
down_revision = '0014'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column('letters', sa.Column('leased_at', sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table('letters') as batch_op:
        batch_op.drop_column('leased_at')
