"""Answers to approvals can be remembered as rules, of a session or of a person"""

import sqlalchemy as sa
from alembic import op

from roocode_server.engine.storage.tables import Moment

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    with op.batch_alter_table("approvals") as approvals:
        approvals.add_column(sa.Column("rules", sa.JSON(), nullable=False, server_default="[]"))
        approvals.add_column(sa.Column("remembered", sa.String(length=16)))
    op.create_table(
        "standing_rules",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("rule", sa.JSON(), nullable=False),
        sa.Column("created_at", Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_standing_rules_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standing_rules")),
    )
    op.create_index(op.f("ix_standing_rules_user_id_created_at"), "standing_rules", ["user_id", "created_at"])


def downgrade() -> None:
    op.drop_table("standing_rules")
    with op.batch_alter_table("approvals") as approvals:
        approvals.drop_column("remembered")
        approvals.drop_column("rules")
