"""What API keys have instead of the server's limits; those that there are go on without any"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

LIMITS = (
    "authentication",
    "session_management",
    "task_creation",
    "file_operations",
    "tool_execution",
    "connections",
)


def upgrade() -> None:
    op.add_column("api_keys", sa.Column("limits", sa.JSON(none_as_null=True), nullable=True))
    keys = sa.table("api_keys", sa.column("limits", sa.JSON))
    op.execute(keys.update().values(limits=dict.fromkeys(LIMITS)))


def downgrade() -> None:
    op.drop_column("api_keys", "limits")
