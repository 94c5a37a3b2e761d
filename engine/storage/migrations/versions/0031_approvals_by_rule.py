"""Approvals name the rule that answered them while they were open"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    with op.batch_alter_table("approvals") as approvals:
        approvals.add_column(sa.Column("by_rule", sa.JSON(none_as_null=True)))


def downgrade() -> None:
    with op.batch_alter_table("approvals") as approvals:
        approvals.drop_column("by_rule")
