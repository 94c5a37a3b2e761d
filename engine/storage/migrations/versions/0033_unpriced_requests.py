"""Usage tells requests whose price was not known from those that cost nothing"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    with op.batch_alter_table("usage_days") as days:
        days.add_column(sa.Column("unpriced_requests", sa.BigInteger(), nullable=False, server_default="0"))
    # Which of the earlier requests had no price was not kept; playbooks and external agents need none.
    op.execute(
        "UPDATE usage_days SET unpriced_requests = requests "
        "WHERE cost = 0 AND tokens_in + tokens_out > 0 AND provider NOT IN ('scripted', 'external')"
    )


def downgrade() -> None:
    with op.batch_alter_table("usage_days") as days:
        days.drop_column("unpriced_requests")
