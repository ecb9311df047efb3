"""An agenda item may follow the one before it: its start is reckoned from the durations.

Revision ID: 0008
Revises: 0007
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op
revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table('sessions') as batch_op:
        batch_op.add_column(sa.Column('follows', sa.Boolean(), nullable=True))
    op.execute("UPDATE sessions SET follows = false")
    follow_where_they_do()
    with op.batch_alter_table('sessions') as batch_op:
        batch_op.alter_column('follows', existing_type=sa.Boolean(), nullable=False)


def follow_where_they_do() -> None:
    """Let every item that begins where the one before it ends do so from now on; there are no tracks yet."""
    connection = op.get_bind()
    rows = connection.execute(sa.text(
        "SELECT s.id, s.event_id, s.starts_at, s.ends_at, e.starts_at, e.is_all_day FROM sessions s "
        "JOIN events e ON e.id = s.event_id WHERE s.track = 0 ORDER BY s.event_id, s.position"
    )).all()
    following, event, clock, is_known = [], None, None, False
    for session_id, event_id, starts_at, ends_at, event_starts_at, is_all_day in rows:
        if event_id != event:
            event, clock, is_known = event_id, None if is_all_day else instant(event_starts_at), not is_all_day
        start, end = instant(starts_at), instant(ends_at)
        if start is None:
            continue
        if end is not None and is_known and start == clock:
            following.append(session_id)
        clock = max(end or start, clock or start)
        is_known = end is not None
    for session_id in following:
        connection.execute(sa.text("UPDATE sessions SET follows = true WHERE id = :id"), {"id": session_id})


def instant(value):
    """Return what the engine gave as an aware instant; SQLite gives text."""
    value = datetime.fromisoformat(value) if isinstance(value, str) else value
    return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table('sessions') as batch_op:
        batch_op.drop_column('follows')
