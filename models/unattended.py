"""What happens when nobody answers what a task asks. Source: docs/approvals.md."""

from __future__ import annotations

import enum
from dataclasses import field

from roocode_server.models.shape import Shape, described, limited, value


class Fallback(enum.StrEnum):
    """What happens when nobody has answered in time."""

    REFUSE = "refuse"
    ALLOW = "allow"
    ANSWER = "answer"
    FAIL = "fail"


class QuestionKind(enum.StrEnum):
    """What a task may ask, by the names of `UnattendedPolicy`."""

    READ = "read"
    EDIT = "edit"
    COMMAND = "command"
    BROWSER = "browser"
    MCP = "mcp"
    MODES = "modes"
    QUESTION = "question"
    MISTAKES = "mistakes"
    FAILED_REQUEST = "failed_request"
    BUDGET = "budget"


@value
class Unanswered(Shape):
    """What happens to a question that nobody answers, and when."""

    after: float = field(
        metadata=described("Seconds to wait for an answer", **limited(least=0, most=2_592_000))
    )
    then: Fallback = field(
        metadata=described(
            "`refuse` or `allow` it, `answer` a question with `answer`, or `fail` the task, with "
            "`NOBODY_ANSWERED`"
        )
    )
    answer: str | None = field(
        default=None,
        metadata=described(
            "The answer to a question or, with `refuse`, what the agent is told", **limited(longest=10_000)
        ),
    )


@value
class UnattendedPolicy(Shape):
    """For each kind of question what happens when nobody answers; a kind that is left out waits for people
    for `approvals.timeout_s` or, a question of the agent, for as long as it takes.
    """

    read: Unanswered | None = field(default=None, metadata=described("A tool that reads"))
    edit: Unanswered | None = field(default=None, metadata=described("A tool that changes files"))
    command: Unanswered | None = field(default=None, metadata=described("A command"))
    browser: Unanswered | None = field(default=None, metadata=described("The browser"))
    mcp: Unanswered | None = field(default=None, metadata=described("A tool of an MCP server"))
    modes: Unanswered | None = field(default=None, metadata=described("Another mode, or a subtask"))
    question: Unanswered | None = field(default=None, metadata=described("A question of the agent"))
    mistakes: Unanswered | None = field(
        default=None, metadata=described("Whether to go on after many steps without success")
    )
    failed_request: Unanswered | None = field(
        default=None, metadata=described("Whether to ask the model again after a request has failed")
    )
    budget: Unanswered | None = field(
        default=None, metadata=described("Whether to go on beyond the limits for automatic approval")
    )

    @property
    def is_set(self) -> bool:
        """Whether it says something about any kind."""
        return any(getattr(self, kind) is not None for kind in QuestionKind)
