"""Imports: the file while it is needed, what was made of each of its rows, and how far it has come.

Revision ID: 0033
Revises: 0032
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

STATES = ("mapping", "checking", "checked", "applying", "applied", "undoing", "undone")
OUTCOMES = ("confirmed", "waiting", "pending", "known", "left", "full", "refused")


def one_of(column: str, words: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(word) for word in words)})"


def json(*, nullable: bool = False) -> sa.types.TypeEngine:
    return sa.JSON(none_as_null=nullable).with_variant(postgresql.JSONB(none_as_null=nullable), "postgresql")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "imports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("organizer_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("forget_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_forgotten", sa.Boolean(), nullable=False),
        sa.Column("program", sa.String(length=20), nullable=False),
        sa.Column("about", json(), nullable=False),
        sa.Column("first", json(), nullable=False),
        sa.Column("targets", json(), nullable=False),
        sa.Column("has_header", sa.Boolean(), nullable=False),
        sa.Column("ticket_type_id", sa.Integer(), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("letters", sa.Boolean(), nullable=False),
        sa.Column("event_revision", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("counts", json(), nullable=False),
        sa.Column("changed", json(nullable=True), nullable=True),
        sa.Column("task_code", sa.String(length=16), nullable=False),
        sa.CheckConstraint(one_of("state", STATES), name=op.f("ck_imports_state")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_imports_event_id_events"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
    )
    op.create_index(op.f("ix_imports_event_id_id"), "imports", ["event_id", "id"])
    op.create_index(op.f("ix_imports_forget_at"), "imports", ["forget_at"])
    op.create_table(
        "import_parts",
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], name=op.f("fk_import_parts_import_id_imports"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("pk_import_parts")),
    )
    _add_rows()


def _add_rows() -> None:
    op.create_table(
        "import_rows",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("email_key", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("ticket_type_id", sa.Integer(), nullable=True),
        sa.Column("details", json(), nullable=False),
        sa.Column("problems", json(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(one_of("outcome", OUTCOMES), name=op.f("ck_import_rows_outcome")),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], name=op.f("fk_import_rows_import_id_imports"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registrations.id"],
            name=op.f("fk_import_rows_registration_id_registrations"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_rows")),
        sa.UniqueConstraint("import_id", "number", name=op.f("uq_import_rows_import_id_number")),
    )
    for columns in (("import_id", "outcome", "number"), ("import_id", "email_key"), ("registration_id",), ("email_key",)):
        op.create_index(op.f(f"ix_import_rows_{'_'.join(columns)}"), "import_rows", list(columns))


def downgrade() -> None:
    """Take back."""
    op.drop_table("import_rows")
    op.drop_table("import_parts")
    op.drop_table("imports")
