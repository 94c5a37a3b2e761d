"""What happens when nobody answers what a task asks. Source: docs/approvals.md."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import field

from roocode_server.models.shape import Shape, described, limited, value


class Fallback(enum.StrEnum):
    """What happens when nobody has answered in time."""

    REFUSE = "refuse"
    ALLOW = "allow"
    ANSWER = "answer"
    REVIEW = "review"
    FAIL = "fail"


class Undecided(enum.StrEnum):
    """What happens when the reviewing model does not decide either."""

    REFUSE = "refuse"
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
class ModelReview(Shape):
    """Who decides in the place of people: a model that sees the question, the task and what was said last."""

    provider: str | None = field(
        default=None, metadata=described("The session's, if left out", **limited(shortest=1, longest=64))
    )
    model: str | None = field(
        default=None,
        metadata=described(
            "The session's, if both are left out; the provider's default, if `provider` is named alone",
            **limited(shortest=1, longest=256),
        ),
    )
    instructions: str | None = field(
        default=None, metadata=described("What it is to decide by", **limited(shortest=1, longest=10_000))
    )
    within: float = field(
        default=60, metadata=described("Seconds that it may take", **limited(least=1, most=3600))
    )
    otherwise: Undecided = field(
        default=Undecided.REFUSE,
        metadata=described("What happens if it fails, is too slow, or does not decide"),
    )


@value
class Unanswered(Shape):
    """What happens to a question that nobody answers, and when."""

    after: float = field(
        metadata=described("Seconds to wait for an answer", **limited(least=0, most=2_592_000))
    )
    then: Fallback = field(
        metadata=described(
            "`refuse` or `allow` it, `answer` a question with `answer`, have a model `review` it, or `fail` "
            "the task, with `NOBODY_ANSWERED`"
        )
    )
    answer: str | None = field(
        default=None,
        metadata=described(
            "The answer to a question or, with `refuse`, what the agent is told", **limited(longest=10_000)
        ),
    )
    review: ModelReview | None = field(
        default=None, metadata=described("Who decides, with `review`; the session's model, if left out")
    )

    @property
    def reviewed(self) -> ModelReview | None:
        """The review that decides; None if no model does."""
        return (self.review or ModelReview()) if self.then is Fallback.REVIEW else None

    @property
    def longest_s(self) -> float:
        """After how many seconds the question has an answer at the latest."""
        return self.after + (self.reviewed.within if self.reviewed is not None else 0)

    @property
    def ends_the_task(self) -> bool:
        """Whether the task fails if neither people nor a model have decided."""
        undecided = self.reviewed.otherwise if self.reviewed is not None else None
        return self.then is Fallback.FAIL or undecided is Undecided.FAIL


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
        return any(True for _ in self.named())

    def named(self) -> Iterator[tuple[QuestionKind, Unanswered]]:
        """The kinds of which it says something, with what it says."""
        for kind in QuestionKind:
            unanswered: Unanswered | None = getattr(self, kind)
            if unanswered is not None:
                yield kind, unanswered
