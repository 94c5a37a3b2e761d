"""Why a model's answer ended"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    with op.batch_alter_table("turns") as turns:
        turns.add_column(sa.Column("stopped", sa.String(length=16), nullable=False, server_default="end"))


def downgrade() -> None:
    with op.batch_alter_table("turns") as turns:
        turns.drop_column("stopped")
