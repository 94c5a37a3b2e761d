"""Tasks can be rewound to a message, and reinstated"""

import sqlalchemy as sa
from alembic import op

from roocode_server.engine.storage.tables import Moment

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    with op.batch_alter_table("messages") as messages:
        messages.add_column(sa.Column("position", sa.Integer()))
        messages.add_column(sa.Column("turns", sa.Integer()))
        messages.add_column(sa.Column("mode", sa.String(length=64)))
        messages.add_column(sa.Column("checkpoint", sa.String(length=40)))
        messages.add_column(sa.Column("rewind", sa.Integer()))
    with op.batch_alter_table("approvals") as approvals:
        approvals.add_column(sa.Column("rewind", sa.Integer()))
    with op.batch_alter_table("tasks") as tasks:
        tasks.add_column(sa.Column("parent_rewind", sa.Integer()))
    op.create_table(
        "rewinds",
        _task_key(),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.String(length=64), nullable=False),
        sa.Column("created_at", Moment(timezone=True), nullable=False),
        sa.Column("former", sa.JSON()),
        sa.Column("checkpoint", sa.String(length=40)),
        sa.Column("former_checkpoint", sa.String(length=40)),
        sa.Column("under_way", sa.String(length=16)),
        _task_constraint("rewinds"),
        sa.PrimaryKeyConstraint("task_id", "number", name=op.f("pk_rewinds")),
    )
    op.create_table(
        "rewound_turns",
        _task_key(),
        sa.Column("rewind", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("images", sa.JSON(), nullable=False),
        sa.Column("calls", sa.JSON(), nullable=False),
        sa.Column("call_id", sa.String(length=128)),
        sa.Column("success", sa.Boolean(), nullable=False),
        sa.Column("interrupted", sa.Boolean(), nullable=False),
        sa.Column("exit_code", sa.Integer()),
        sa.Column("message_id", sa.String(length=64)),
        sa.Column("reasoning", sa.Text(), nullable=False),
        sa.Column("continuation", sa.JSON()),
        sa.Column("is_summary", sa.Boolean(), nullable=False),
        sa.Column("background", sa.String(length=16)),
        sa.Column("stopped", sa.String(length=16), nullable=False, server_default="end"),
        _task_constraint("rewound_turns"),
        sa.PrimaryKeyConstraint("task_id", "rewind", "position", name=op.f("pk_rewound_turns")),
    )


def downgrade() -> None:
    op.drop_table("rewound_turns")
    op.drop_table("rewinds")
    with op.batch_alter_table("tasks") as tasks:
        tasks.drop_column("parent_rewind")
    with op.batch_alter_table("approvals") as approvals:
        approvals.drop_column("rewind")
    with op.batch_alter_table("messages") as messages:
        for column in ("rewind", "checkpoint", "mode", "turns", "position"):
            messages.drop_column(column)


def _task_key() -> sa.Column[str]:
    return sa.Column("task_id", sa.String(length=64), nullable=False)


def _task_constraint(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["task_id"], ["tasks.id"], name=op.f(f"fk_{table}_task_id_tasks"), ondelete="CASCADE"
    )
