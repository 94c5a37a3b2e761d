"""Approvals say what happens when nobody answers them"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    with op.batch_alter_table("approvals") as approvals:
        approvals.add_column(sa.Column("unanswered", sa.JSON(none_as_null=True)))


def downgrade() -> None:
    with op.batch_alter_table("approvals") as approvals:
        approvals.drop_column("unanswered")
