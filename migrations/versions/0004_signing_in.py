"""Codes, passkeys, known devices, proofs, identities at a provider.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op
revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

KINDS = "kind IN ('letter', 'command', 'proof')"


def upgrade() -> None:
    """Apply."""
    op.create_table('organizer_identities',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organizer_id', sa.Integer(), nullable=False),
    sa.Column('issuer', sa.String(length=255), nullable=False),
    sa.Column('subject', sa.String(length=255), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['organizer_id'], ['organizers.id'], name=op.f('fk_organizer_identities_organizer_id_organizers'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_organizer_identities')),
    sa.UniqueConstraint('issuer', 'subject', name=op.f('uq_organizer_identities_issuer_subject'))
    )
    op.create_index(op.f('ix_organizer_identities_organizer_id'), 'organizer_identities', ['organizer_id'], unique=False)
    op.create_table('passkeys',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organizer_id', sa.Integer(), nullable=False),
    sa.Column('credential_id', sa.String(length=1400), nullable=False),
    sa.Column('public_key', sa.LargeBinary(), nullable=False),
    sa.Column('user_handle', sa.String(length=64), nullable=False),
    sa.Column('sign_count', sa.BigInteger(), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_used_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['organizer_id'], ['organizers.id'], name=op.f('fk_passkeys_organizer_id_organizers'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_passkeys')),
    sa.UniqueConstraint('credential_id', name=op.f('uq_passkeys_credential_id'))
    )
    op.create_index(op.f('ix_passkeys_organizer_id'), 'passkeys', ['organizer_id'], unique=False)
    op.create_table('passkey_challenges',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('add', 'sign_in', 'prove', name='kind', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('challenge_hash', sa.String(length=64), nullable=False),
    sa.Column('session_id', sa.Integer(), nullable=True),
    sa.Column('user_handle', sa.String(length=64), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['session_id'], ['sign_in_sessions.id'], name=op.f('fk_passkey_challenges_session_id_sign_in_sessions'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_passkey_challenges')),
    sa.UniqueConstraint('challenge_hash', name=op.f('uq_passkey_challenges_challenge_hash'))
    )
    op.create_index(op.f('ix_passkey_challenges_expires_at'), 'passkey_challenges', ['expires_at'], unique=False)
    op.create_index(op.f('ix_passkey_challenges_session_id'), 'passkey_challenges', ['session_id'], unique=False)

    with op.batch_alter_table('sign_in_links', schema=None) as batch_op:
        batch_op.add_column(sa.Column('kind', sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column('asked_key', sa.String(length=22), nullable=True))
        batch_op.add_column(sa.Column('wrong_codes', sa.Integer(), nullable=True))
    # Links of the version before have no code, and few minutes left.
    op.execute("UPDATE sign_in_links SET kind = 'command', asked_key = '', wrong_codes = 0")
    with op.batch_alter_table('sign_in_links', schema=None) as batch_op:
        batch_op.alter_column('kind', existing_type=sa.String(length=32), nullable=False)
        batch_op.alter_column('asked_key', existing_type=sa.String(length=22), nullable=False)
        batch_op.alter_column('wrong_codes', existing_type=sa.Integer(), nullable=False)
        batch_op.alter_column('organizer_id', existing_type=sa.Integer(), nullable=True)
        batch_op.create_check_constraint(op.f('ck_sign_in_links_kind'), KINDS)
        batch_op.create_index(batch_op.f('ix_sign_in_links_asked_key_id'), ['asked_key', 'id'], unique=False)

    with op.batch_alter_table('sign_in_sessions', schema=None) as batch_op:
        batch_op.add_column(sa.Column('device_hash', sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column('last_seen_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('proved_at', sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE sign_in_sessions SET device_hash = '', last_seen_at = created_at, proved_at = created_at")
    with op.batch_alter_table('sign_in_sessions', schema=None) as batch_op:
        batch_op.alter_column('device_hash', existing_type=sa.String(length=64), nullable=False)
        batch_op.alter_column('last_seen_at', existing_type=sa.DateTime(timezone=True), nullable=False)
        batch_op.create_index(batch_op.f('ix_sign_in_sessions_organizer_id_device_hash'), ['organizer_id', 'device_hash'], unique=False)


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table('sign_in_sessions', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_sign_in_sessions_organizer_id_device_hash'))
        batch_op.drop_column('proved_at')
        batch_op.drop_column('last_seen_at')
        batch_op.drop_column('device_hash')

    # What the version before would take for a link that signs in.
    op.execute("DELETE FROM sign_in_links WHERE organizer_id IS NULL OR kind = 'proof'")
    with op.batch_alter_table('sign_in_links', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_sign_in_links_asked_key_id'))
        batch_op.drop_constraint(op.f('ck_sign_in_links_kind'), type_='check')
        batch_op.alter_column('organizer_id', existing_type=sa.Integer(), nullable=False)
        batch_op.drop_column('wrong_codes')
        batch_op.drop_column('asked_key')
        batch_op.drop_column('kind')

    op.drop_table('passkey_challenges')
    op.drop_table('passkeys')
    op.drop_table('organizer_identities')
