"""The organizers' workspace: rights, history, visibility, offers, pictures.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
ROLES = "role IN ('owner', 'organizer', 'editor', 'attendee_manager', 'door', 'viewer')"
STATES = "state IN ('pending', 'confirmed', 'waiting', 'offered', 'cancelled', 'declined')"
STATES_BEFORE = "state IN ('confirmed', 'waiting', 'cancelled')"
LIVE = "state IN ('pending', 'confirmed', 'waiting', 'offered')"
LIVE_BEFORE = "state IN ('confirmed', 'waiting')"
REMINDERS = "[10080, 1440, 120]"

def upgrade() -> None:
    """Apply."""
    op.create_table('history',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('action', sa.String(length=60), nullable=False),
    sa.Column('organizer_id', sa.Integer(), nullable=True),
    sa.Column('session_id', sa.Integer(), nullable=True),
    sa.Column('event_id', sa.Integer(), nullable=True),
    sa.Column('registration_id', sa.Integer(), nullable=True),
    sa.Column('subject', sa.String(length=300), nullable=False),
    sa.Column('changes', sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_history'))
    )
    with op.batch_alter_table('history', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_history_action_id'), ['action', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_history_event_id_id'), ['event_id', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_history_organizer_id_id'), ['organizer_id', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_history_registration_id'), ['registration_id'], unique=False)

    op.create_table('pictures',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('content_type', sa.String(length=40), nullable=False),
    sa.Column('width', sa.Integer(), nullable=False),
    sa.Column('height', sa.Integer(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_pictures')),
    sa.UniqueConstraint('digest', name=op.f('uq_pictures_digest'))
    )
    op.create_table('series',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('slug', sa.String(length=80), nullable=False),
    sa.Column('name', sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_series')),
    sa.UniqueConstraint('slug', name=op.f('uq_series_slug'))
    )
    op.create_table('event_addresses',
    sa.Column('slug', sa.String(length=120), nullable=False),
    sa.Column('event_id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['event_id'], ['events.id'], name=op.f('fk_event_addresses_event_id_events'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('slug', name=op.f('pk_event_addresses'))
    )
    with op.batch_alter_table('event_addresses', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_event_addresses_event_id'), ['event_id'], unique=False)

    op.create_table('event_invitations',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('event_id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('label', sa.String(length=200), nullable=False),
    sa.Column('uses_max', sa.Integer(), nullable=True),
    sa.Column('uses', sa.Integer(), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('uses >= 0', name=op.f('ck_event_invitations_uses')),
    sa.CheckConstraint('uses_max IS NULL OR uses <= uses_max', name=op.f('ck_event_invitations_uses_within_max')),
    sa.ForeignKeyConstraint(['event_id'], ['events.id'], name=op.f('fk_event_invitations_event_id_events'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_event_invitations')),
    sa.UniqueConstraint('code', name=op.f('uq_event_invitations_code'))
    )
    with op.batch_alter_table('event_invitations', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_event_invitations_event_id'), ['event_id'], unique=False)

    op.create_table('event_photos',
    sa.Column('event_id', sa.Integer(), nullable=False),
    sa.Column('picture_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('caption', sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
    sa.ForeignKeyConstraint(['event_id'], ['events.id'], name=op.f('fk_event_photos_event_id_events'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['picture_id'], ['pictures.id'], name=op.f('fk_event_photos_picture_id_pictures')),
    sa.PrimaryKeyConstraint('event_id', 'picture_id', name=op.f('pk_event_photos'))
    )
    with op.batch_alter_table('event_photos', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_event_photos_picture_id'), ['picture_id'], unique=False)

    op.create_table('event_roles',
    sa.Column('event_id', sa.Integer(), nullable=False),
    sa.Column('organizer_id', sa.Integer(), nullable=False),
    sa.Column('role', sa.Enum('owner', 'organizer', 'editor', 'attendee_manager', 'door', 'viewer', name='role', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['event_id'], ['events.id'], name=op.f('fk_event_roles_event_id_events'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organizer_id'], ['organizers.id'], name=op.f('fk_event_roles_organizer_id_organizers'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('event_id', 'organizer_id', name=op.f('pk_event_roles'))
    )
    with op.batch_alter_table('event_roles', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_event_roles_organizer_id'), ['organizer_id'], unique=False)

    add('event_changes', sa.Column('note', JSON), "'{}'")
    add('people', sa.Column('is_guest', sa.Boolean()), 'false')
    add('sessions', sa.Column('track', sa.Integer()), '0')
    with op.batch_alter_table('questions') as batch_op:
        batch_op.add_column(sa.Column('condition', JSON, nullable=True))
        batch_op.add_column(sa.Column('keep_days', sa.Integer(), nullable=True))

    # Whoever could sign in until now could do everything.
    add('organizers', sa.Column('role', sa.String(32)), "'owner'", nullable=True, checks={"role": ROLES})
    upgrade_events()
    upgrade_registrations()


def add(table, column, value, *, nullable=False, checks=None):
    """Add a column with this value in every row that is there, and without a default for those to come."""
    column.nullable = True
    with op.batch_alter_table(table) as batch_op:
        batch_op.add_column(column)
    op.execute(f"UPDATE {table} SET {column.name} = {value}")
    if nullable and not checks:
        return
    with op.batch_alter_table(table) as batch_op:
        batch_op.alter_column(column.name, existing_type=column.type, nullable=nullable)
        for name, text in (checks or {}).items():
            batch_op.create_check_constraint(op.f(f"ck_{table}_{name}"), sa.text(text))


def upgrade_events():
    """Add who may see an event, when it publishes itself, its series, picture, approval, offers and reminders."""
    added = {
        'visibility': (sa.String(32), "'public'"),
        'preview_version': (sa.Integer(), '1'),
        'needs_approval': (sa.Boolean(), 'false'),
        'offer_within_hours': (sa.Integer(), '48'),
        'offer_hours': (sa.Integer(), '6'),
        'reminders': (JSON, f"'{REMINDERS}'"),
        'cover_alt': (JSON, "'{}'"),
    }
    with op.batch_alter_table('events') as batch_op:
        for name, (kind, _value) in added.items():
            batch_op.add_column(sa.Column(name, kind, nullable=True))
        for name in ('publish_at', 'published_at'):
            batch_op.add_column(sa.Column(name, sa.DateTime(timezone=True), nullable=True))
        for name in ('series_id', 'cover_id'):
            batch_op.add_column(sa.Column(name, sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('contact_email', sa.String(length=254), nullable=True))
    op.execute(f"UPDATE events SET {', '.join(f'{name} = {value}' for name, (_kind, value) in added.items())}")
    op.execute("UPDATE events SET published_at = created_at WHERE state != 'draft'")
    with op.batch_alter_table('events') as batch_op:
        for name, (kind, _value) in added.items():
            batch_op.alter_column(name, existing_type=kind, nullable=False)
        batch_op.create_check_constraint(
            op.f('ck_events_visibility'), sa.text("visibility IN ('public', 'unlisted', 'invitation')")
        )
        batch_op.create_foreign_key(op.f('fk_events_cover_id_pictures'), 'pictures', ['cover_id'], ['id'])
        batch_op.create_foreign_key(op.f('fk_events_series_id_series'), 'series', ['series_id'], ['id'])
    to_publish = sa.text('publish_at IS NOT NULL')
    op.create_index(op.f('ix_events_series_id'), 'events', ['series_id'])
    op.create_index('ix_events_to_publish', 'events', ['publish_at'], sqlite_where=to_publish, postgresql_where=to_publish)


def upgrade_registrations():
    """Let a sign-up wait for a decision, and a seat be offered for some hours."""
    drop_live_address(LIVE_BEFORE)
    with op.batch_alter_table('registrations') as batch_op:
        batch_op.add_column(sa.Column('offer_expires_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('invitation_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('erased_at', sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table('registrations') as batch_op:
        batch_op.drop_constraint(op.f('ck_registrations_state'), type_='check')
    with op.batch_alter_table('registrations') as batch_op:
        batch_op.create_check_constraint(op.f('ck_registrations_state'), sa.text(STATES))
        batch_op.create_check_constraint(
            op.f('ck_registrations_offer_expires'), sa.text("state != 'offered' OR offer_expires_at IS NOT NULL")
        )
        batch_op.create_foreign_key(
            op.f('fk_registrations_invitation_id_event_invitations'), 'event_invitations', ['invitation_id'], ['id']
        )
    offered = sa.text("state = 'offered'")
    op.create_index(op.f('ix_registrations_email_key'), 'registrations', ['email_key'])
    op.create_index(op.f('ix_registrations_invitation_id'), 'registrations', ['invitation_id'])
    op.create_index(
        'ix_registrations_offered', 'registrations', ['offer_expires_at'], sqlite_where=offered, postgresql_where=offered
    )
    create_live_address(LIVE)


def drop_live_address(live):
    """Take away the index that keeps one live registration an address."""
    op.drop_index('uq_registrations_live_address', 'registrations', sqlite_where=sa.text(live), postgresql_where=sa.text(live))


def create_live_address(live):
    """Make it for these states."""
    op.create_index(
        'uq_registrations_live_address', 'registrations', ['event_id', 'email_key'],
        unique=True, sqlite_where=sa.text(live), postgresql_where=sa.text(live),
    )


def downgrade() -> None:
    """Take back; a seat that is offered becomes the person's, who waits for a decision waits in the queue."""
    op.execute("UPDATE registrations SET state = 'confirmed', confirmed_at = offer_expires_at WHERE state = 'offered'")
    op.execute("UPDATE registrations SET state = 'waiting' WHERE state = 'pending'")
    op.execute("UPDATE registrations SET state = 'cancelled', cancelled_at = revised_at WHERE state = 'declined'")
    drop_live_address(LIVE)
    op.drop_index('ix_registrations_offered', 'registrations')
    op.drop_index(op.f('ix_registrations_invitation_id'), 'registrations')
    op.drop_index(op.f('ix_registrations_email_key'), 'registrations')
    with op.batch_alter_table('registrations') as batch_op:
        batch_op.drop_constraint(op.f('ck_registrations_state'), type_='check')
        batch_op.drop_constraint(op.f('ck_registrations_offer_expires'), type_='check')
    with op.batch_alter_table('registrations') as batch_op:
        batch_op.create_check_constraint(op.f('ck_registrations_state'), sa.text(STATES_BEFORE))
        batch_op.drop_constraint(op.f('fk_registrations_invitation_id_event_invitations'), type_='foreignkey')
        for name in ('erased_at', 'invitation_id', 'offer_expires_at'):
            batch_op.drop_column(name)
    create_live_address(LIVE_BEFORE)

    op.drop_index('ix_events_to_publish', 'events')
    op.drop_index(op.f('ix_events_series_id'), 'events')
    with op.batch_alter_table('events') as batch_op:
        batch_op.drop_constraint(op.f('ck_events_visibility'), type_='check')
        batch_op.drop_constraint(op.f('fk_events_series_id_series'), type_='foreignkey')
        batch_op.drop_constraint(op.f('fk_events_cover_id_pictures'), type_='foreignkey')
        for name in (
            'cover_alt', 'cover_id', 'reminders', 'offer_hours', 'offer_within_hours', 'contact_email', 'needs_approval',
            'preview_version', 'published_at', 'publish_at', 'series_id', 'visibility',
        ):
            batch_op.drop_column(name)

    with op.batch_alter_table('organizers') as batch_op:
        batch_op.drop_constraint(op.f('ck_organizers_role'), type_='check')
    for table, name in (
        ('organizers', 'role'), ('questions', 'keep_days'), ('questions', 'condition'), ('sessions', 'track'),
        ('people', 'is_guest'), ('event_changes', 'note'),
    ):
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_column(name)

    with op.batch_alter_table('event_roles', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_event_roles_organizer_id'))

    op.drop_table('event_roles')
    with op.batch_alter_table('event_photos', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_event_photos_picture_id'))

    op.drop_table('event_photos')
    with op.batch_alter_table('event_invitations', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_event_invitations_event_id'))

    op.drop_table('event_invitations')
    with op.batch_alter_table('event_addresses', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_event_addresses_event_id'))

    op.drop_table('event_addresses')
    op.drop_table('series')
    op.drop_table('pictures')
    with op.batch_alter_table('history', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_history_registration_id'))
        batch_op.drop_index(batch_op.f('ix_history_organizer_id_id'))
        batch_op.drop_index(batch_op.f('ix_history_event_id_id'))
        batch_op.drop_index(batch_op.f('ix_history_action_id'))

    op.drop_table('history')
