"""The tables. Migrations bring a database to this state; a test compares the two."""

from __future__ import annotations

import datetime
from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Moment(TypeDecorator[datetime.datetime]):
    """An aware UTC time on every database; SQLite alone would return naive ones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, moment: datetime.datetime | None, dialect: Dialect) -> Any:
        """Convert to UTC for the database."""
        return None if moment is None else moment.astimezone(datetime.UTC)

    def process_result_value(
        self, moment: datetime.datetime | None, dialect: Dialect
    ) -> datetime.datetime | None:
        """Make the database's time aware."""
        if moment is None or moment.tzinfo is not None:
            return moment
        return moment.replace(tzinfo=datetime.UTC)


def _session_key(**options: Any) -> Column[str]:
    return Column(
        "session_id", String(64), ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False, **options
    )


def _task_key(**options: Any) -> Column[str]:
    return Column(
        "task_id", String(64), ForeignKey("tasks.id", ondelete="CASCADE"), nullable=False, **options
    )


def _user_key(**options: Any) -> Column[str]:
    return Column(
        "user_id", String(64), ForeignKey("users.id", ondelete="CASCADE"), nullable=False, **options
    )


server_state = Table(
    "server_state",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)
"""What the server stores for itself."""
PROBED: Final = "probed"
"""The name under which it stores when a write was last tested."""
PROVED: Final = "sealing"
"""The name under which it stores by what it recognizes the keys that seal secrets."""
UNSEALED: Final = "unsealed"
"""The name under which it stores that an earlier version may have left secrets in clear."""

TOMBSTONES_REMOVED: Final = "forgotten"
"""The name under which it stores the last position of which an event or a tombstone was removed."""

users = Table(
    "users",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("email", String(320), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("provider", String(32), nullable=False),
    Column("roles", JSON, nullable=False),
    Column("preferences", JSON, nullable=False),
    Column("password_hash", Text),
    Column("created_at", Moment, nullable=False),
    Column("last_login_at", Moment),
    Column("disabled_at", Moment),
)

identities = Table(
    "identities",
    metadata,
    Column("id", String(64), primary_key=True),
    _user_key(index=True),
    Column("provider", String(32), nullable=False),
    Column("issuer", String(512), nullable=False),
    Column("subject", String(255), nullable=False),
    Column("email", String(320)),
    Column("created_at", Moment, nullable=False),
    Column("used_at", Moment, nullable=False),
    UniqueConstraint("issuer", "subject"),
)
"""The people of sign-in providers, and whom they sign in as."""

logins = Table(
    "logins",
    metadata,
    Column("id", String(64), primary_key=True),
    _user_key(),
    Column("source", String(64), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("used_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Index(None, "user_id", "source"),
)

invitations = Table(
    "invitations",
    metadata,
    Column("digest", String(64), primary_key=True),
    _user_key(),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
    Index(None, "user_id"),
)

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("digest", String(64), primary_key=True),
    _user_key(),
    Column("family", String(64), nullable=False, index=True),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
    Column("revoked_at", Moment),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(64), primary_key=True),
    _user_key(),
    Column("name", String(200), nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
    Column("hint", String(16), nullable=False),
    Column("limits", JSON(none_as_null=True)),
    Column("scopes", JSON, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("revoked_at", Moment),
)

provider_profiles = Table(
    "provider_profiles",
    metadata,
    Column("id", String(64), primary_key=True),
    _user_key(),
    Column("name", String(100), nullable=False),
    Column("provider", String(64), nullable=False),
    Column("model", String(256), nullable=False),
    Column("base_url", Text),
    Column("encrypted_key", Text),
    Column("is_active", Boolean, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    UniqueConstraint("user_id", "name"),
)

standing_rules = Table(
    "standing_rules",
    metadata,
    Column("id", String(64), primary_key=True),
    _user_key(),
    Column("rule", JSON, nullable=False),
    Column("created_at", Moment, nullable=False),
    Index(None, "user_id", "created_at"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", String(64), primary_key=True),
    _user_key(),
    Column("name", String(200), nullable=False),
    Column("workspace_id", String(64), nullable=False),
    Column("config", JSON, nullable=False),
    Column("sealed_secrets", Text),
    Column("status", String(16), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("deleted_at", Moment),
    Column("purpose", String(64)),
    Index(None, "user_id", "created_at"),
    Index(None, "user_id", "purpose", unique=True),
)

session_shares = Table(
    "session_shares",
    metadata,
    _session_key(primary_key=True),
    _user_key(primary_key=True),
    Column("access", String(16), nullable=False),
    Column("created_at", Moment, nullable=False),
    Index(None, "user_id"),
)
"""With whom sessions are shared."""

session_drafts = Table("session_drafts", metadata, _session_key(primary_key=True))
"""Sessions that are being made from others. Until they are whole, they are hidden as deleted ones are; the
next start removes those that a stop has cut short.
"""

tasks = Table(
    "tasks",
    metadata,
    Column("id", String(64), primary_key=True),
    _session_key(),
    Column("input", Text, nullable=False),
    Column("images", JSON, nullable=False),
    Column("status", String(16), nullable=False, index=True),
    Column("activity", String(16), nullable=False),
    Column("progress", Integer, nullable=False),
    Column("step", Text),
    Column("iterations", Integer, nullable=False),
    Column("config", JSON, nullable=False),
    Column("result", JSON(none_as_null=True)),
    Column("error", JSON(none_as_null=True)),
    Column("created_at", Moment, nullable=False),
    Column("started_at", Moment),
    Column("completed_at", Moment),
    Column("estimated_duration", Integer),
    Column("mode", String(64), nullable=False),
    Column("todos", Text),
    Column("usage", JSON, nullable=False),
    Column("tool_usage", JSON, nullable=False),
    Column("parent_id", String(64), index=True),
    Column("parent_call_id", String(128)),
    Column("parent_run", Integer, nullable=False, server_default="0"),
    Column("parent_rewind", Integer),
    Column("client_id", String(128)),
    Column("type", String(64)),
    Column("priority", String(16), nullable=False, server_default="medium"),
    Column("dependencies", JSON, nullable=False, server_default="[]"),
    Column("waiting_for", JSON, nullable=False, server_default="[]"),
    Column("files_pattern", Text),
    Column("retry_count", Integer, nullable=False, server_default="0"),
    Column("queued_at", Moment),
    Column("turn", Integer, nullable=False, server_default="1"),
    Column("turn_started_at", Moment),
    Column("turn_message_id", String(64)),
    Column("parent_turn", Integer, nullable=False, server_default="1"),
    Column("continued_from", String(64)),
    Column("continue_latest", Boolean),
    Column("inherited_turns", Integer, nullable=False, server_default="0"),
    Column("interrupted_by", String(16)),
    Index(None, "session_id", "created_at"),
    Index(None, "session_id", "client_id", unique=True),
)
"""`parent_run` and `parent_turn` are the parent's `retry_count` and `turn` when it asked for the subtask. A
run is one attempt at a task: what earlier runs have left is not used by later ones. Nor is what a rewind has
taken back: such rows of tasks, messages and approvals have its number. `inherited_turns` is how many rows of
its conversation were copied from the task that it continues.
"""

task_turns = Table(
    "task_turns",
    metadata,
    _task_key(primary_key=True),
    Column("retry_count", Integer, primary_key=True),
    Column("turn", Integer, primary_key=True),
    Column("input", Text, nullable=False),
    Column("message_id", String(64)),
    Column("status", String(16), nullable=False),
    Column("result", JSON(none_as_null=True)),
    Column("error", JSON(none_as_null=True)),
    Column("started_at", Moment),
    Column("completed_at", Moment),
    Column("usage", JSON, nullable=False),
    Column("iterations", Integer, nullable=False),
)
"""The turns of tasks that another turn or a retry has followed; the latest is in the task's own row."""

task_traces = Table(
    "task_traces",
    metadata,
    _task_key(primary_key=True),
    Column("traceparent", String(64), nullable=False),
)
"""To which trace each task belongs, if it was created with one. Source: W3C, Trace Context."""

task_dependencies = Table(
    "task_dependencies",
    metadata,
    _task_key(primary_key=True),
    Column("name", String(256), primary_key=True),
    _session_key(),
    Column("dependency_id", String(64), index=True),
    Index(None, "session_id", "name"),
)
"""For what each task waits or waited, by the name it used. `dependency_id` is null while no task has that
name.
"""


def _turn_columns() -> list[Column[Any]]:
    return [
        Column("position", Integer, primary_key=True),
        Column("role", String(16), nullable=False),
        Column("text", Text, nullable=False),
        Column("images", JSON, nullable=False),
        Column("calls", JSON, nullable=False),
        Column("call_id", String(128)),
        Column("success", Boolean, nullable=False),
        Column("interrupted", Boolean, nullable=False),
        Column("exit_code", Integer),
        Column("message_id", String(64)),
        Column("reasoning", Text, nullable=False),
        Column("continuation", JSON),
        Column("is_summary", Boolean, nullable=False),
        Column("background", String(16)),
        Column("stopped", String(16), nullable=False, server_default="end"),
        Column("begins_turn", Integer),
    ]


turns = Table("turns", metadata, _task_key(primary_key=True), *_turn_columns())

rewinds = Table(
    "rewinds",
    metadata,
    _task_key(primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("message_id", String(64), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("former", JSON(none_as_null=True)),
    Column("checkpoint", String(40)),
    Column("former_checkpoint", String(40)),
    Column("under_way", String(16)),
)
"""The rewinds of each task that can be undone, with what the task was before. `under_way` says what is to be
done once the files are restored.
"""

rewound_turns = Table(
    "rewound_turns",
    metadata,
    _task_key(primary_key=True),
    Column("rewind", Integer, primary_key=True, autoincrement=False),
    *_turn_columns(),
)
"""The turns that each rewind has taken back."""

tool_calls = Table(
    "tool_calls",
    metadata,
    _task_key(primary_key=True),
    Column("call_id", String(128), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("tool_name", String(64), nullable=False),
    Column("command", Text),
    Column("started_at", Moment, nullable=False),
    Column("completed_at", Moment),
    Column("success", Boolean),
)

snapshots = Table(
    "snapshots",
    metadata,
    _task_key(primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

check_baselines = Table(
    "check_baselines",
    metadata,
    _task_key(primary_key=True),
    Column("digests", LargeBinary, nullable=False),
)
"""What the files that a task's checks are about contained at its first start."""

turn_snapshots = Table(
    "turn_snapshots",
    metadata,
    _task_key(primary_key=True),
    Column("content", LargeBinary, nullable=False),
)
"""The workspace as the latest turn found it, if that is not the first."""

messages = Table(
    "messages",
    metadata,
    Column("id", String(64), primary_key=True),
    _task_key(),
    Column("ts", BigInteger, nullable=False),
    Column("type", String(16), nullable=False),
    Column("ask", String(64)),
    Column("say", String(64)),
    Column("text", Text),
    Column("images", JSON, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("run", Integer, nullable=False, server_default="0"),
    Column("position", Integer),
    Column("turns", Integer),
    Column("mode", String(64)),
    Column("checkpoint", String(40)),
    Column("rewind", Integer),
    Index(None, "task_id", "ts", unique=True),
)
"""`position` counts the units of work in which messages of the task were stored: `ts` may be earlier, when a
message began to be written. `turns`, `mode` and `checkpoint` are those of the task after that unit of work.
"""

approvals = Table(
    "approvals",
    metadata,
    Column("id", String(64), primary_key=True),
    _session_key(),
    _task_key(),
    Column("call_id", String(128), nullable=False),
    Column("tool_name", String(64), nullable=False),
    Column("action", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("parameters", JSON, nullable=False),
    Column("status", String(16), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("feedback", Text),
    Column("resolved_at", Moment),
    Column("resolved_by", String(320)),
    Column("run", Integer, nullable=False, server_default="0"),
    Column("rewind", Integer),
    Column("rules", JSON, nullable=False, server_default="[]"),
    Column("remembered", String(16)),
    Column("unanswered", JSON(none_as_null=True)),
    Column("reviewed_by", String(384)),
    Column("by_rule", JSON(none_as_null=True)),
    Index(None, "session_id", "created_at"),
    Index(None, "task_id", "status"),
)

audit_entries = Table(
    "audit_entries",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("user_id", String(64), nullable=False),
    Column("credential", String(16), nullable=False),
    Column("credential_id", String(64), nullable=False),
    Column("address", String(64), nullable=False),
    Column("door", String(16), nullable=False),
    Column("operation", String(64), nullable=False),
    Column("session_id", String(64)),
    Column("subject", JSON, nullable=False),
    Column("status", Integer, nullable=False),
    Column("code", String(64)),
    Column("request_id", String(64), nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index(None, "at"),
    Index(None, "user_id"),
    Index(None, "session_id"),
)

pending_ends = Table(
    "pending_ends",
    metadata,
    _session_key(primary_key=True),
    Column("key", Text, primary_key=True),
    Column("task_id", String(64)),
    Column("type", String(64), nullable=False),
    Column("fields", LargeBinary, nullable=False),
)
"""The end event of each thing that has begun, emitted at the next start if its end is never recorded."""

# No foreign key: the session is checked when the number is assigned, which keeps appends cheap; the time is
# stored as plain milliseconds for the same reason.
events = Table(
    "events",
    metadata,
    Column("session_id", String(64), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("type", String(64), nullable=False),
    Column("task_id", String(64)),
    Column("time_ms", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("position", BigInteger),
    Index(None, "position", unique=True),
    sqlite_with_rowid=False,
)
"""`position` is the event's place among those of all sessions, in the order of their commits."""

event_epochs = Table(
    "event_epochs",
    metadata,
    Column("epoch", String(16), primary_key=True),
    Column("first_position", BigInteger, nullable=False, unique=True),
    Column("last_position", BigInteger, nullable=False),
)
"""Which process gave which positions: should they be given again, their cursors are known to be others."""

tombstones = Table(
    "tombstones",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    _user_key(primary_key=True),
    Column("is_owner", Boolean, nullable=False),
    Column("session_id", String(64), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("type", String(64), nullable=False),
    Column("time_ms", BigInteger, nullable=False, index=True),
    Column("body", LargeBinary, nullable=False),
    Index(None, "user_id", "position"),
)
"""The event with which a session ended for each person who could read it, for those who were away."""

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", String(64), primary_key=True),
    _user_key(index=True),
    Column("url", Text, nullable=False),
    Column("events", JSON, nullable=False),
    Column("sealed_secret", Text, nullable=False),
    Column("sealed_former_secret", Text),
    Column("former_secret_until", Moment),
    Column("position", BigInteger, nullable=False),
    Column("attempts", BigInteger, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("failing_since", Moment),
    Column("next_attempt_at", Moment),
    Column("last_error", Text),
    Column("last_delivered_at", Moment),
    Column("disabled_at", Moment),
    Column("disabled_reason", String(16)),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
)

delivery_attempts = Table(
    "delivery_attempts",
    metadata,
    Column(
        "webhook_id",
        String(64),
        ForeignKey("webhooks.id", ondelete="CASCADE"),
        primary_key=True,
        nullable=False,
    ),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(16), nullable=False),
    Column("event", String(64), nullable=False),
    Column("event_id", String(200), nullable=False),
    Column("attempted_at", Moment, nullable=False),
    Column("duration_ms", Integer, nullable=False),
    Column("succeeded", Boolean, nullable=False),
    Column("status", Integer),
    Column("error", Text),
)

feeds = Table(
    "feeds",
    metadata,
    _user_key(primary_key=True),
    Column("head", BigInteger, nullable=False),
)
"""Of users with webhooks: the last position that was given to an event of theirs."""

feed_entries = Table(
    "feed_entries",
    metadata,
    _user_key(primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("session_id", String(64), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("type", String(64), nullable=False),
    Column("body", LargeBinary),
    sqlite_with_rowid=False,
)
"""The events of all sessions of a user in one order, until every webhook is past them.

`body` is kept here once the session, and with it its log, is gone.
"""

usage_days = Table(
    "usage_days",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("user_id", String(64), primary_key=True),
    Column("session_id", String(64), primary_key=True),
    Column("provider", String(64), primary_key=True),
    Column("model", String(256), primary_key=True),
    Column("requests", BigInteger, nullable=False),
    Column("tokens_in", BigInteger, nullable=False),
    Column("tokens_out", BigInteger, nullable=False),
    Column("cache_reads", BigInteger, nullable=False),
    Column("cache_writes", BigInteger, nullable=False),
    Column("cost", Float, nullable=False),
    Column("unpriced_requests", BigInteger, nullable=False, server_default="0"),
    Index(None, "user_id", "day"),
)
"""What models were used for. No foreign keys: users and sessions that are deleted stay counted."""

receipts = Table(
    "receipts",
    metadata,
    Column("id", String(64), primary_key=True),
    _user_key(),
    Column("session_id", String(64), ForeignKey("sessions.id", ondelete="CASCADE"), index=True),
    Column("sealed_answer", Text, nullable=False),
    Column("created_at", Moment, nullable=False, index=True),
    Index(None, "user_id", "created_at"),
)
"""The answers to calls with an idempotency key."""
