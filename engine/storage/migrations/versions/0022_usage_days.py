"""What models were used for is kept by user, session, model and day"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.create_table(
        "usage_days",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("provider", sa.String(length=64), nullable=False),
        sa.Column("model", sa.String(length=256), nullable=False),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.Column("tokens_in", sa.BigInteger(), nullable=False),
        sa.Column("tokens_out", sa.BigInteger(), nullable=False),
        sa.Column("cache_reads", sa.BigInteger(), nullable=False),
        sa.Column("cache_writes", sa.BigInteger(), nullable=False),
        sa.Column("cost", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint(
            "day", "user_id", "session_id", "provider", "model", name=op.f("pk_usage_days")
        ),
    )
    op.create_index(op.f("ix_usage_days_user_id_day"), "usage_days", ["user_id", "day"])


def downgrade() -> None:
    op.drop_table("usage_days")
