"""What must hold of the rows of an archive, which may say anything.

Whatever passes can be read by this server as if it had written it itself, and belongs to one session.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import IO, Any, Final

import orjson
from marshmallow import ValidationError
from sqlalchemy import JSON, BigInteger, Boolean, Column, Float, Integer, LargeBinary, String, Table

from roocode_server.engine.agent.session_archive.form import SessionManifest
from roocode_server.engine.storage.rows import RowShape
from roocode_server.engine.storage.session_rows import OWNED
from roocode_server.engine.storage.tables import (
    Moment,
    approvals,
    events,
    messages,
    pending_ends,
    rewinds,
    rewound_turns,
    snapshots,
    task_turns,
    tasks,
    tool_calls,
    turn_snapshots,
    turns,
)
from roocode_server.engine.workspace.archive_extractor import ArchiveRefused
from roocode_server.models.approval import Approval
from roocode_server.models.conversation import Turn
from roocode_server.models.error import AppError
from roocode_server.models.message import Message
from roocode_server.models.task import CommandEnded, Task, TaskTurn, ToolFailed

MOST_ROW_BYTES: Final = 67_108_864
MOST_ROWS: Final = 2_000_000
TABLES: Final[Mapping[str, Table]] = {owned.name: owned for owned in OWNED}
_SHAPES: Final[Mapping[str, RowShape[Any]]] = {
    tasks.name: RowShape(tasks, Task),
    approvals.name: RowShape(approvals, Approval),
    messages.name: RowShape(messages, Message),
    turns.name: RowShape(turns, Turn),
    task_turns.name: RowShape(task_turns, TaskTurn),
}
_WRONG: Final = (
    AppError,
    ValidationError,
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    RecursionError,
)
_IDS: Final = {
    name: re.compile(rf"{kind}-[0-9a-f]{{20}}")
    for name, kind in ((tasks.name, "task"), (messages.name, "message"), (approvals.name, "approval"))
}
SESSION_ID: Final = re.compile(r"session-[0-9a-f]{20}")
_COMMIT: Final = re.compile(r"[0-9a-f]{40}")
_COMMITS: Final = ("checkpoint", "former_checkpoint")
_NAMES_OF_TASKS: Final = ("task_id", "parent_id", "continued_from", "dependency_id")
_INTEGERS: Final = range(-(2**63), 2**63)
_FIRST_SEQS: Final = range(1, 2**31 - MOST_ROWS)
"""Where a log may begin, so that its end still has a number."""


class RowChecks:
    """Reads the rows of an archive, table by table in the order of `TABLES`, and refuses what is wrong."""

    def __init__(self, manifest: SessionManifest, durable: Collection[str]) -> None:
        """`durable` are the names of the events that logs have."""
        self._durable = durable
        self._session_id = manifest.session_id
        self.ids: dict[str, set[str]] = {name: set() for name in _IDS}
        self._parents: dict[str, str] = {}
        self._named: set[str] = set()
        """The tasks that rows name."""
        self._rows = 0
        self._seq = 0

    def rows(self, name: str, lines: IO[bytes]) -> Iterator[dict[str, Any]]:
        """Yield the rows of a table as they are to be stored; times as texts. Raises: ArchiveRefused."""
        table = TABLES[name]
        for row in read_lines(lines):
            self._rows += 1
            if self._rows > MOST_ROWS:
                raise ArchiveRefused(f"it has more than {MOST_ROWS:,} rows")
            try:
                yield self._checked(table, row)
            except _WRONG as wrong:
                raise ArchiveRefused(f"a row of {name} is wrong: {str(wrong)[:200]}") from None

    def finish(self) -> None:
        """Check what can be told only of all rows. Raises: ArchiveRefused."""
        if not self._named <= self.ids[tasks.name]:
            raise ArchiveRefused("a row names a task that is none of the session")
        for task_id in self._parents:
            self._check_above(task_id)

    def _check_above(self, task_id: str) -> None:
        seen = {task_id}
        above = self._parents.get(task_id)
        while above is not None:
            if above in seen:
                raise ArchiveRefused("a task is a subtask of itself")
            seen.add(above)
            above = self._parents.get(above)

    def _checked(self, table: Table, given: Mapping[str, Any]) -> dict[str, Any]:
        if unknown := given.keys() - table.columns.keys():
            raise ValueError(f"no column of this version: {min(unknown)}")
        row = {str(column.name): _content(column, given) for column in table.columns}
        self._check_owner(row)
        for name in _COMMITS:
            if row.get(name) is not None and not _COMMIT.fullmatch(row[name]):
                raise ValueError(f"{name} is not the id of a checkpoint")
        if table.name in self.ids:
            self._check_id(table, row)
        if table.name in _SHAPES:
            _SHAPES[table.name].to_shape(revived(table, row))
        if further := self._further.get(table.name):
            further(self, row)
        return row

    def _check_owner(self, row: Mapping[str, Any]) -> None:
        if "session_id" in row and row["session_id"] != self._session_id:
            raise ValueError("it is of another session")
        self._named.update(row[name] for name in _NAMES_OF_TASKS if row.get(name) is not None)

    def _check_id(self, table: Table, row: Mapping[str, Any]) -> None:
        known = self.ids[table.name]
        if not _IDS[table.name].fullmatch(row["id"]) or row["id"] in known:
            raise ValueError("its id is none, or that of another row")
        known.add(row["id"])
        if table is tasks and row["parent_id"] is not None:
            self._parents[row["id"]] = row["parent_id"]

    def _check_event(self, row: Mapping[str, Any]) -> None:
        """The first events may have been removed, those that are there have no gap."""
        first = row["seq"] if row["seq"] in _FIRST_SEQS else 1
        self._seq = self._seq + 1 if self._seq else first
        body = orjson.loads(row["body"])
        orjson.dumps(body)  # refuses what is nested too deep to be answered
        epoch = str(body["id"]).removeprefix(f"{self._session_id}.{self._seq}.")
        agrees = (
            row["type"] in self._durable
            and row["seq"] == body["seq"] == self._seq
            and body["type"] == row["type"]
            and body["sessionId"] == self._session_id
            and body.get("taskId") == row["task_id"]
            and re.fullmatch(r"[0-9a-f]{1,16}", epoch)
            and isinstance(body["timestamp"], str)
        )
        if not agrees:
            raise ValueError(f"event {self._seq} does not agree with itself, or with its place")

    def _check_pending_end(self, row: Mapping[str, Any]) -> None:
        fields = orjson.loads(row["fields"])
        if row["type"] not in self._durable or not isinstance(fields, dict):
            raise ValueError("it is no event")
        if row["task_id"] is not None:
            {each.name: each for each in (ToolFailed, CommandEnded)}[row["type"]].load(fields)

    def _check_rewind(self, row: dict[str, Any]) -> None:
        row["under_way"] = None
        former = None if row["former"] is None else orjson.loads(row["former"])
        if former is None:
            return
        task = Task.load(former["task"])
        if task.id != row["task_id"] or task.session_id != self._session_id:
            raise ValueError("it is of another task")
        for call in former["calls"]:
            stored = {column.name: _content(column, call) for column in tool_calls.columns}
            if call.keys() != stored.keys() or stored["task_id"] != row["task_id"]:
                raise ValueError("a call of it is of another task")

    def _check_snapshot(self, row: Mapping[str, Any]) -> None:
        for facts in orjson.loads(row["content"]).values():
            size, moment, inode = facts
            if not all(type(each) is int for each in (size, moment, inode)):
                raise TypeError("a snapshot has numbers")

    def _check_turn(self, row: Mapping[str, Any]) -> None:
        own = {column.name: row[column.name] for column in turns.columns}
        _SHAPES[turns.name].to_shape(revived(turns, own))

    _further: Final[Mapping[str, Callable[..., None]]] = {
        events.name: _check_event,
        pending_ends.name: _check_pending_end,
        rewinds.name: _check_rewind,
        rewound_turns.name: _check_turn,
        snapshots.name: _check_snapshot,
        turn_snapshots.name: _check_snapshot,
    }


def read_lines(lines: IO[bytes]) -> Iterator[dict[str, Any]]:
    """Yield the objects in the lines of a file. Raises: ArchiveRefused."""
    while line := lines.readline(MOST_ROW_BYTES + 1):
        if len(line) > MOST_ROW_BYTES:
            raise ArchiveRefused("a row is too large")
        try:
            row = orjson.loads(line)
        except ValueError:
            raise ArchiveRefused("a row is not JSON, or nested too deep") from None
        if not isinstance(row, dict):
            raise ArchiveRefused("a row is not an object")
        yield row


def revived(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row as the database would: JSON as what it means, times as times."""
    found = {}
    for name, content in row.items():
        kind = table.columns[name].type
        if isinstance(kind, JSON) and content is not None:
            content = orjson.loads(content)
        elif isinstance(kind, Moment) and content is not None:
            content = datetime.datetime.fromisoformat(content)
        found[name] = content
    return found


def stored(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a checked row as it is stored: times as times, bytes as bytes."""
    found = {}
    for name, content in row.items():
        kind = table.columns[name].type
        if isinstance(kind, Moment) and content is not None:
            content = datetime.datetime.fromisoformat(content)
        elif isinstance(kind, LargeBinary) and content is not None:
            content = content.encode()
        found[name] = content
    return found


def _content(column: Column[Any], given: Mapping[str, Any]) -> Any:
    """The content of a column, its default if it is left out. Raises: ValueError, TypeError."""
    if column.name not in given and column.server_default is not None:
        default = str(column.server_default.arg)  # type: ignore[attr-defined]
        return int(default) if isinstance(column.type, Integer) else default
    content = given.get(column.name)
    if content is None:
        if not column.nullable:
            raise ValueError(f"{column.name} is missing")
        return None
    if not _fits(column, content):
        raise TypeError(f"{column.name} is of another kind")
    return content


def _fits(column: Column[Any], content: Any) -> bool:
    kind = column.type
    if isinstance(kind, Boolean):
        return isinstance(content, bool)
    if isinstance(kind, Integer | BigInteger):
        return type(content) is int and content in _INTEGERS
    if isinstance(kind, Float):
        return type(content) in (int, float)
    if not isinstance(content, str) or "\0" in content:
        return False
    if isinstance(kind, Moment):
        return datetime.datetime.fromisoformat(content).tzinfo is not None
    if isinstance(kind, JSON):
        orjson.dumps(orjson.loads(content))  # refuses what is nested too deep to be answered
        return True
    longest = kind.length if isinstance(kind, String) else None
    return longest is None or len(content) <= longest
