"""Sessions for a purpose"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    with op.batch_alter_table("sessions") as table:
        table.add_column(sa.Column("purpose", sa.String(length=64), nullable=True))
        table.create_index(op.f("ix_sessions_user_id_purpose"), ["user_id", "purpose"], unique=True)


def downgrade() -> None:
    with op.batch_alter_table("sessions") as table:
        table.drop_index(op.f("ix_sessions_user_id_purpose"))
        table.drop_column("purpose")
