"""Finding the letters and the transfers that still say whom they went to, to forget it in time.

Revision ID: 0026
Revises: 0023
"""

import sqlalchemy as sa
from alembic import op
revision = '0026'
down_revision = '0023'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    named = sa.text("to_email != ''")
    op.create_index('ix_letters_named', 'letters', ['created_at'], sqlite_where=named, postgresql_where=named)
    named = sa.text("email_key != ''")
    op.create_index('ix_transfers_named', 'transfers', ['expires_at'], sqlite_where=named, postgresql_where=named)


def downgrade() -> None:
    """Take back."""
    op.drop_index('ix_transfers_named', 'transfers')
    op.drop_index('ix_letters_named', 'letters')
