"""Logins that can be ended, scopes of keys, invitations, and the roles of developers and viewers"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

EVERY_SCOPE = '["read", "write", "admin"]'


def upgrade() -> None:
    op.create_table(
        "logins",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_logins_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_logins")),
    )
    op.create_index(op.f("ix_logins_user_id_source"), "logins", ["user_id", "source"])
    op.execute(
        "INSERT INTO logins (id, user_id, source, created_at, used_at, ended_at) "
        "SELECT family, user_id, '', MIN(created_at), MAX(created_at), MAX(revoked_at) "
        "FROM refresh_tokens GROUP BY family, user_id"
    )
    op.create_table(
        "invitations",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_invitations_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_invitations")),
    )
    op.create_index(op.f("ix_invitations_user_id"), "invitations", ["user_id"])
    with op.batch_alter_table("api_keys") as keys:
        keys.add_column(sa.Column("scopes", sa.JSON(), nullable=False, server_default=EVERY_SCOPE))
    with op.batch_alter_table("api_keys") as keys:
        keys.alter_column("scopes", server_default=None)
    with op.batch_alter_table("users") as users:
        users.drop_column("tokens_from")
    _rename_role("user", "developer")


def downgrade() -> None:
    _rename_role("developer", "user")
    _rename_role("viewer", "user")
    with op.batch_alter_table("users") as users:
        users.add_column(sa.Column("tokens_from", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("api_keys") as keys:
        keys.drop_column("scopes")
    op.drop_table("invitations")
    op.drop_table("logins")


def _rename_role(before: str, after: str) -> None:
    users = sa.table("users", sa.column("id", sa.String), sa.column("roles", sa.JSON))
    connection = op.get_bind()
    for user_id, roles in connection.execute(sa.select(users.c.id, users.c.roles)).all():
        renamed = [after if role == before else role for role in roles]
        if renamed != roles:
            connection.execute(users.update().where(users.c.id == user_id).values(roles=renamed))
