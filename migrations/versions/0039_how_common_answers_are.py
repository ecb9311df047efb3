"""How common each answer to each question is, for PostgreSQL's planner.

It supposes that a value is as common with every question as it is among all answers. Where a quarter of a hundred
thousand people answered the same, it then expects a few thousand, and looks each of them up by itself.

Revision ID: 0039
Revises: 0038
"""

from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    if op.get_context().dialect.name == "postgresql":
        # Autovacuum fills it with the next look at the table.
        op.execute("CREATE STATISTICS answers_by_question (mcv) ON question_id, value_key FROM answers")


def downgrade() -> None:
    """Take back."""
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP STATISTICS answers_by_question")
