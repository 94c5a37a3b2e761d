"""Checks: what must hold before a task counts as completed, and the evidence that it does."""

from __future__ import annotations

import datetime
import enum
from dataclasses import field
from typing import Any, Final

from roocode_server.models.event import Event, event
from roocode_server.models.shape import Shape, compact, described, limited, value

MOST_CHECK_COMMANDS: Final = 20
MOST_CHECK_PATTERNS: Final = 50
_PATTERNS: Final[dict[str, Any]] = compact(MOST_CHECK_PATTERNS, 16_384)
EVIDENCE_OUTPUT_CHARACTERS: Final = 4_000
"""How much of the end of a command's output the evidence has."""


@value
class CommandCheck(Shape):
    """A command line that must end with an exit code, run in the task's sandbox without an approval."""

    command: str = field(
        metadata=described("The command line, run by `sh -c`", **limited(shortest=1, longest=20_000))
    )
    exit_code: int = field(default=0, metadata=limited(least=0, most=255))
    timeout: float | None = field(
        default=None,
        metadata=described(
            "Seconds it may take, at most the session's `maxExecutionTime`, which is also the default",
            **limited(least=0.1, most=86_400),
        ),
    )


@value
class TaskChecks(Shape):
    """What must hold when the agent says that its task is done.

    Patterns are those of `.gitignore`; files are compared by content with those at the task's first start.
    """

    commands: list[CommandCheck] = field(default_factory=list, metadata=limited(longest=MOST_CHECK_COMMANDS))
    changed: list[str] = field(
        default_factory=list,
        metadata=described("For each pattern, a file that matches must have changed", **_PATTERNS),
    )
    protect: list[str] = field(
        default_factory=list,
        metadata=described("For each pattern, no file that matches may have changed", **_PATTERNS),
    )
    max_attempts: int = field(
        default=3,
        metadata=described("How often the agent may say that it is done", **limited(least=1, most=20)),
    )


class CheckKind(enum.StrEnum):
    """What is checked, as it is called in `checks`."""

    COMMAND = "command"
    CHANGED = "changed"
    PROTECT = "protect"


@value
class CheckOutcome(Shape):
    """The outcome of one check: `check` is its command line or pattern.

    Of commands there are `exitCode`, the SHA-256 of all that they printed (`outputHash`), the end of it
    (`output`), and `executionTime` in milliseconds. `reason` says why it failed.
    """

    kind: CheckKind
    check: str
    passed: bool
    reason: str | None = None
    exit_code: int | None = None
    output_hash: str | None = None
    output: str | None = None
    execution_time: float | None = None


@value
class CheckEvidence(Shape):
    """The outcome of all checks of a task, and the SHA-256 of the files that they were made on.

    `treeHash` is that of a line `<SHA-256 of the content> <path>` for each file, sorted by path.
    """

    attempt: int
    passed: bool
    tree_hash: str
    checked_at: datetime.datetime
    results: list[CheckOutcome]


@event("task.checked", namespace="/tasks")
@value
class TaskChecked(Event):
    """The agent says that its task is done, and the task's checks were made."""

    evidence: CheckEvidence
