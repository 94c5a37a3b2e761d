"""Conversations go on: tasks have turns"""

import sqlalchemy as sa
from alembic import op

from roocode_server.engine.storage.tables import Moment

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    with op.batch_alter_table("tasks") as tasks:
        tasks.add_column(_number("turn", "1"))
        tasks.add_column(sa.Column("turn_started_at", Moment(timezone=True)))
        tasks.add_column(sa.Column("turn_message_id", sa.String(length=64)))
        tasks.add_column(_number("parent_turn", "1"))
        tasks.add_column(sa.Column("continued_from", sa.String(length=64)))
        tasks.add_column(_number("inherited_turns", "0"))
        tasks.add_column(sa.Column("interrupted_by", sa.String(length=16)))
    op.execute("UPDATE tasks SET turn_started_at = started_at")
    op.execute("UPDATE tasks SET interrupted_by = 'server' WHERE activity = 'resumable'")
    for table in ("turns", "rewound_turns"):
        with op.batch_alter_table(table) as changed:
            changed.add_column(sa.Column("begins_turn", sa.Integer()))
        op.execute(f"UPDATE {table} SET begins_turn = 1 WHERE position = 0")  # noqa: S608 - a constant
    op.create_table(
        "task_turns",
        sa.Column("task_id", sa.String(length=64), nullable=False),
        sa.Column("retry_count", sa.Integer(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("input", sa.Text(), nullable=False),
        sa.Column("message_id", sa.String(length=64)),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("result", sa.JSON(none_as_null=True)),
        sa.Column("error", sa.JSON(none_as_null=True)),
        sa.Column("started_at", Moment(timezone=True)),
        sa.Column("completed_at", Moment(timezone=True)),
        sa.Column("usage", sa.JSON(), nullable=False),
        sa.Column("iterations", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks.id"], name=op.f("fk_task_turns_task_id_tasks"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("task_id", "retry_count", "turn", name=op.f("pk_task_turns")),
    )
    op.create_table(
        "turn_snapshots",
        sa.Column("task_id", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks.id"], name=op.f("fk_turn_snapshots_task_id_tasks"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_turn_snapshots")),
    )


def downgrade() -> None:
    op.drop_table("turn_snapshots")
    op.drop_table("task_turns")
    for table in ("turns", "rewound_turns"):
        with op.batch_alter_table(table) as changed:
            changed.drop_column("begins_turn")
    with op.batch_alter_table("tasks") as tasks:
        for name in (
            "turn",
            "turn_started_at",
            "turn_message_id",
            "parent_turn",
            "continued_from",
            "inherited_turns",
            "interrupted_by",
        ):
            tasks.drop_column(name)


def _number(name: str, default: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False, server_default=default)
