"""The table of pending ends is called what it holds"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

_NAMES = "session_id, key, task_id, type, fields"


def upgrade() -> None:
    op.create_table("pending_ends", *_columns("pending_ends"))
    op.execute(f"INSERT INTO pending_ends ({_NAMES}) SELECT {_NAMES} FROM wills")  # noqa: S608
    op.drop_table("wills")


def downgrade() -> None:
    op.create_table("wills", *_columns("wills"))
    op.execute(f"INSERT INTO wills ({_NAMES}) SELECT {_NAMES} FROM pending_ends")  # noqa: S608
    op.drop_table("pending_ends")


def _columns(table: str) -> list[sa.schema.SchemaItem]:
    """Of a new table: one that is renamed keeps the old names of its constraints."""
    return [
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("task_id", sa.String(length=64), nullable=True),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("fields", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name=op.f(f"fk_{table}_session_id_sessions"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session_id", "key", name=op.f(f"pk_{table}")),
    ]
