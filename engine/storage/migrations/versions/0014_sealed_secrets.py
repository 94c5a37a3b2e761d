"""The secrets of sessions are sealed; the next start seals what earlier versions have left"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0011"


def upgrade() -> None:
    with op.batch_alter_table("sessions") as sessions:
        sessions.add_column(sa.Column("sealed_secrets", sa.Text(), nullable=True))
    op.execute(
        "INSERT INTO server_state (name, value) SELECT 'unsealed', '1' WHERE EXISTS (SELECT 1 FROM users)"
    )


def downgrade() -> None:
    op.execute("DELETE FROM server_state WHERE name IN ('unsealed', 'sealing')")
    with op.batch_alter_table("sessions") as sessions:
        sessions.drop_column("sealed_secrets")
