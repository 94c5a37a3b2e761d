"""Events have a position among those of all sessions"""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.add_column("events", sa.Column("position", sa.BigInteger(), nullable=True))
    # A clock that was set back must not put an event before its predecessor in the same session.
    op.execute(
        "CREATE TEMPORARY TABLE placed AS SELECT session_id, seq, "
        "row_number() OVER (ORDER BY moment, session_id, seq) AS position FROM ("
        "SELECT session_id, seq, max(time_ms) OVER (PARTITION BY session_id ORDER BY seq) AS moment "
        "FROM events)"
    )
    op.execute("CREATE UNIQUE INDEX temp.placed_key ON placed (session_id, seq, position)")
    op.execute(
        "UPDATE events SET position = (SELECT placed.position FROM placed "
        "WHERE placed.session_id = events.session_id AND placed.seq = events.seq)"
    )
    op.execute("DROP TABLE placed")
    op.create_index(op.f("ix_events_position"), "events", ["position"], unique=True)
    op.create_table(
        "event_epochs",
        sa.Column("epoch", sa.String(length=16), nullable=False),
        sa.Column("first_position", sa.BigInteger(), nullable=False),
        sa.Column("last_position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("epoch", name=op.f("pk_event_epochs")),
        sa.UniqueConstraint("first_position", name=op.f("uq_event_epochs_first_position")),
    )
    op.create_table(
        "tombstones",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("is_owner", sa.Boolean(), nullable=False),
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("time_ms", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_tombstones_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("position", "user_id", name=op.f("pk_tombstones")),
    )
    op.create_index(op.f("ix_tombstones_time_ms"), "tombstones", ["time_ms"])
    op.create_index(op.f("ix_tombstones_user_id_position"), "tombstones", ["user_id", "position"])
    op.execute(
        sa.text(
            "INSERT INTO event_epochs (epoch, first_position, last_position) "
            "SELECT :epoch, 1, max(position) FROM events HAVING count(*) > 0"
        ).bindparams(epoch=secrets.token_hex(4))
    )


def downgrade() -> None:
    op.drop_table("tombstones")
    op.drop_table("event_epochs")
    op.drop_index(op.f("ix_events_position"), "events")
    op.drop_column("events", "position")
