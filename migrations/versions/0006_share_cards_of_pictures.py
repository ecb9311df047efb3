"""A picture keeps the share card made of it.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table('pictures') as batch_op:
        batch_op.add_column(sa.Column('card', sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table('pictures') as batch_op:
        batch_op.drop_column('card')
