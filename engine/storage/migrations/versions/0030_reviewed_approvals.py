"""Approvals name the model that decided in the place of people"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    with op.batch_alter_table("approvals") as approvals:
        approvals.add_column(sa.Column("reviewed_by", sa.String(384)))


def downgrade() -> None:
    with op.batch_alter_table("approvals") as approvals:
        approvals.drop_column("reviewed_by")
