"""Tasks have priorities, dependencies, retries and ids of their clients"""

import sqlalchemy as sa
from alembic import op

from roocode_server.engine.storage.tables import Moment

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    with op.batch_alter_table("tasks") as tasks:
        tasks.add_column(_number("parent_run"))
        tasks.add_column(sa.Column("client_id", sa.String(length=128)))
        tasks.add_column(sa.Column("type", sa.String(length=64)))
        tasks.add_column(sa.Column("priority", sa.String(length=16), nullable=False, server_default="medium"))
        tasks.add_column(_list("dependencies"))
        tasks.add_column(_list("waiting_for"))
        tasks.add_column(sa.Column("files_pattern", sa.Text()))
        tasks.add_column(_number("retry_count"))
        tasks.add_column(sa.Column("queued_at", Moment(timezone=True)))
        tasks.create_index(op.f("ix_tasks_session_id_client_id"), ["session_id", "client_id"], unique=True)
    op.execute("UPDATE tasks SET queued_at = created_at")
    for table in ("messages", "approvals"):
        with op.batch_alter_table(table) as changed:
            changed.add_column(_number("run"))
    op.create_table(
        "task_dependencies",
        sa.Column("task_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("dependency_id", sa.String(length=64)),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["sessions.id"],
            name=op.f("fk_task_dependencies_session_id_sessions"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks.id"], name=op.f("fk_task_dependencies_task_id_tasks"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("task_id", "name", name=op.f("pk_task_dependencies")),
    )
    with op.batch_alter_table("task_dependencies") as made:
        made.create_index(op.f("ix_task_dependencies_dependency_id"), ["dependency_id"])
        made.create_index(op.f("ix_task_dependencies_session_id_name"), ["session_id", "name"])


def downgrade() -> None:
    op.drop_table("task_dependencies")
    for table in ("messages", "approvals"):
        with op.batch_alter_table(table) as changed:
            changed.drop_column("run")
    with op.batch_alter_table("tasks") as tasks:
        tasks.drop_index(op.f("ix_tasks_session_id_client_id"))
        for name in (
            "parent_run",
            "client_id",
            "type",
            "priority",
            "dependencies",
            "waiting_for",
            "files_pattern",
            "retry_count",
            "queued_at",
        ):
            tasks.drop_column(name)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False, server_default="0")


def _list(name: str) -> sa.Column[list[str]]:
    return sa.Column(name, sa.JSON(), nullable=False, server_default="[]")
