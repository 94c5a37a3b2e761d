"""`python -m bench unattended`: tasks that ask every kind of question, and nobody who answers.

Each run is a session with a policy for one kind of question and a playbook that comes to such a question. The
exit code is 1 if a question waited longer than its policy says, by the times of the session's own log, or if
a task did not end as its policy lets it.
"""

from __future__ import annotations

import asyncio
import collections
import itertools
import random
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Final

import orjson

from roocode_server.engine.engine import Engine, open_engine
from roocode_server.engine.providers.provider import (
    CallRequested,
    ModelEvent,
    ModelRequest,
    ProviderFailure,
    Stopped,
)
from roocode_server.models.identifier import SessionId
from roocode_server.models.session import SessionCreate
from roocode_server.models.settings import Settings
from roocode_server.models.task import FINAL, Task, TaskCreate, TaskStatus
from roocode_server.models.unattended import Fallback, QuestionKind
from roocode_server.models.user import Caller

UNATTENDED_RUNS: Final = 500
MOST_UNATTENDED_RUNS: Final = 10_000
AT_ONCE: Final = 16
SEED: Final = 1
AFTER_S: Final = (0.0, 0.1)
WITHIN_S: Final = 5.0
"""How long a reviewing model may take."""
SLACK_S: Final = 5.0
"""How much later than its policy says a question may be settled on a machine that has other things to do."""
ENDED_BY_S: Final = 120.0

_ASKED: Final[Mapping[QuestionKind, Mapping[str, Any]]] = {
    QuestionKind.READ: {"call": "read_file", "with": {"path": "a.txt"}},
    QuestionKind.EDIT: {"call": "write_to_file", "with": {"path": "b.txt", "content": "b"}},
    QuestionKind.COMMAND: {"call": "execute_command", "with": {"command": "true"}},
    QuestionKind.BROWSER: {
        "call": "browser_action",
        "with": {"action": "launch", "url": "http://127.0.0.1:9"},
    },
    QuestionKind.MCP: {
        "call": "use_mcp_tool",
        "with": {"server_name": "none", "tool_name": "none", "arguments": {}},
    },
    QuestionKind.MODES: {"call": "switch_mode", "with": {"mode_slug": "debug", "reason": "to see"}},
    QuestionKind.QUESTION: {
        "call": "ask_followup_question",
        "with": {"question": "Which?", "follow_up": ["This", "That"]},
    },
    QuestionKind.BUDGET: {"call": "update_todo_list", "with": {"todos": "[x] one"}},
}
"""The step of a playbook that leads to a question; to those of `StandIn` no playbook leads."""
_REVIEWERS: Final = {
    "approves": [
        {"say": "I am asked to decide.", "call": "decide", "with": {"decision": "approve", "reason": "fine"}}
    ],
    "rejects": [{"call": "decide", "with": {"decision": "reject", "reason": "not now"}}],
    "answers": [{"call": "answer", "with": {"answer": "This.", "reason": "it is the first"}}],
    "chats": [{"say": "Hm.", "call": "attempt_completion", "with": {"result": "Hm."}}],
}
_ENDS: Final = {
    QuestionKind.MISTAKES: "MISTAKE_LIMIT",
    QuestionKind.BUDGET: "APPROVAL_LIMIT",
    QuestionKind.FAILED_REQUEST: "REQUEST_REFUSED",
}
"""How a task ends if it is not allowed to go on at all; of the others, the agent is told and goes on."""


class StandIn:
    """A stand-in for a model: in each task it fails first, or is of no use, and then completes it."""

    name: ClassVar[str] = "stand-in"

    def __init__(self) -> None:
        self._asked: set[str] = set()

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        """As `Provider.stream`; the model's name is the kind of question that it leads to."""
        task = request.turns[0].text
        is_first = task not in self._asked
        self._asked.add(task)
        if is_first and request.model == QuestionKind.FAILED_REQUEST:
            raise ProviderFailure("REQUEST_REFUSED", "The request failed, as it was to")
        tool = "no_such_tool" if is_first else "attempt_completion"
        yield CallRequested(call_id=f"call-{tool}", tool_name=tool, arguments={"result": "done"})
        yield Stopped(reason="calls")


@dataclass(frozen=True, slots=True)
class Case:
    """A kind of question, and what its policy says."""

    kind: QuestionKind
    then: Fallback
    after: float
    reviewer: str | None = None

    @property
    def policy(self) -> dict[str, Any]:
        """What the session's configuration says of this kind."""
        said: dict[str, Any] = {"after": self.after, "then": self.then}
        if self.then is Fallback.ANSWER:
            said["answer"] = "Whichever."
        if self.reviewer is not None:
            said["review"] = {"provider": "scripted", "model": self.reviewer, "within": WITHIN_S}
        return said

    @property
    def most_s(self) -> float:
        """How long the question may wait."""
        return self.after + (0 if self.reviewer is None else WITHIN_S)

    def is_fitting(self, task: Task) -> bool:
        """Whether the task has ended as its policy lets it."""
        code = None if task.error is None else task.error.code
        if self.then is Fallback.FAIL:
            return code == "NOBODY_ANSWERED"
        if task.status is TaskStatus.COMPLETED:
            return True
        return code == _ENDS.get(self.kind)


@dataclass(slots=True)
class Unwatched:
    """What came of all runs."""

    seconds: float = 0
    waited_ms: list[float] = field(default_factory=list)
    """By how much the questions waited beyond `after`."""
    ends: collections.Counter[str] = field(default_factory=collections.Counter)
    failures: list[str] = field(default_factory=list)

    @property
    def runs(self) -> int:
        """How many there were."""
        return self.ends.total()

    def lines(self) -> list[str]:
        """Return the report as text."""
        ends = ", ".join(f"{number:,} {end}" for end, number in self.ends.most_common())
        longest = max(self.waited_ms, default=0)
        return [
            f"unattended: {self.runs:,} runs in {self.seconds:.0f} s: {ends}",
            f"  {len(self.waited_ms):,} questions; the longest waited {longest:,.0f} ms beyond its `after`",
            *(f"  FAILED {each}" for each in self.failures),
            f"  {len(self.failures)} failures",
        ]


def cases() -> Iterator[Case]:
    """Every kind of question with everything that its policy can say."""
    for kind, after in itertools.product(QuestionKind, AFTER_S):
        for then in (Fallback.REFUSE, Fallback.ALLOW, Fallback.FAIL):
            yield Case(kind, then, after)
        if kind is QuestionKind.QUESTION:
            yield Case(kind, Fallback.ANSWER, after)
        decided = ["answers"] if kind is QuestionKind.QUESTION else ["approves", "rejects"]
        for reviewer in (*decided, "chats"):
            yield Case(kind, Fallback.REVIEW, after, reviewer)


async def unattended(runs: int) -> Unwatched:
    """Run this many tasks, going round all cases in a random order."""
    with tempfile.TemporaryDirectory(prefix="roocode-bench-") as folder:
        playbooks = Path(folder) / "playbooks"
        _write_playbooks(playbooks)
        settings = Settings.load_plain(
            {
                "server": {"data_dir": str(Path(folder) / "data")},
                "approvals": dict.fromkeys(["read", "edit", "command", "browser", "mcp", "modes"], "ask"),
                "agent": {"mistake_limit": 1, "retry_delay_s": 0, "concurrent_tasks": AT_ONCE},
                "providers": {"scripted": {"folders": [str(playbooks)]}},
            }
        )
        engine = await open_engine(settings, more_providers=[StandIn()])
        try:
            mixed = random.Random(SEED).sample(every := list(cases()), len(every))
            return await _run_all(engine, list(itertools.islice(itertools.cycle(mixed), runs)))
        finally:
            await engine.close()


async def _run_all(engine: Engine, wanted: Sequence[Case]) -> Unwatched:
    caller = Caller.of(await engine.accounts.open_identity(), request_id="bench", base_url="http://bench")
    seen, places, began = Unwatched(), asyncio.Semaphore(AT_ONCE), time.monotonic()

    async def one(case: Case) -> None:
        async with places:
            await _Run(engine, caller, case, seen).work()

    await asyncio.gather(*map(one, wanted))
    seen.seconds = time.monotonic() - began
    return seen


class _Run:
    """One session with one task."""

    def __init__(self, engine: Engine, caller: Caller, case: Case, seen: Unwatched) -> None:
        self._engine = engine
        self._caller = caller
        self._case = case
        self._seen = seen

    async def work(self) -> None:
        config: dict[str, Any] = {
            "provider": "scripted" if self._case.kind in _ASKED else StandIn.name,
            "model": self._case.kind,
            "unattendedPolicy": {_camel(self._case.kind): self._case.policy},
        }
        others = {_camel(kind): {"after": 0, "then": "allow"} for kind in QuestionKind}
        config["unattendedPolicy"] = others | config["unattendedPolicy"]
        if self._case.kind is QuestionKind.BUDGET:
            config["autoApproval"] = {"autoApprovalEnabled": True, "allowedMaxRequests": 1}
        made = await self._engine.sessions.create(self._caller, SessionCreate.load({"config": config}))
        workspace = self._engine.sessions.workspace(made.id).folder
        (workspace / "a.txt").write_text("a")
        task = await self._engine.tasks.create(
            TaskCreate.load({"sessionId": made.id, "input": f"go {made.id}"})
        )
        try:
            ended = await self._ended(task)
        except TimeoutError:
            self._fail("did not end")
            return
        end = ended.status.value if ended.error is None else ended.error.code
        self._seen.ends[end] += 1
        if not self._case.is_fitting(ended):
            self._fail(f"ended as {end}")
        await self._check_waits(made.id)
        await self._engine.sessions.delete(made.id)

    async def _ended(self, task: Task) -> Task:
        async with asyncio.timeout(ENDED_BY_S):
            while (now := await self._engine.tasks.get(task.session_id, task.id)).status not in FINAL:
                await asyncio.sleep(0.1)
        return now

    async def _check_waits(self, session_id: SessionId) -> None:
        """Every question has an answer in the log, not later than its policy says."""
        asked_at: dict[str, float] = {}
        stored = await self._engine.log.read(session_id, after=0, limit=1000)
        for each in stored:
            told = orjson.loads(each.body)
            at = datetime.fromisoformat(told["timestamp"]).timestamp()
            if each.type == "approval.required":
                asked_at[told["approvalId"]] = at
            elif each.type == "approval.resolved":
                self._note(at - asked_at.pop(told["approvalId"]))
            elif each.type == "task.interactive" and "question" in told:
                asked_at["question"] = at
            elif each.type in ("task.answered", "task.failed") and "question" in asked_at:
                self._note(at - asked_at.pop("question"))
        if asked_at:
            self._fail("a question was never settled")

    def _note(self, waited_s: float) -> None:
        self._seen.waited_ms.append(max(0.0, waited_s - self._case.after) * 1000)
        if waited_s > self._case.most_s + SLACK_S:
            self._fail(f"a question waited {waited_s:.1f} s")

    def _fail(self, what: str) -> None:
        self._seen.failures.append(f"{self._case}: {what}")


def _write_playbooks(folder: Path) -> None:
    """JSON is YAML."""
    folder.mkdir()
    done = {"call": "attempt_completion", "with": {"result": "Done."}}
    books: dict[str, Sequence[Any]] = dict(_REVIEWERS)
    for kind, step in _ASKED.items():
        books[kind.value] = [{**step, "on_error": "continue"}, done]
    for name, steps in books.items():
        content = {"name": name, "description": "For the benchmark.", "steps": steps}
        (folder / f"{name}.yaml").write_bytes(orjson.dumps(content))


def _camel(kind: QuestionKind) -> str:
    head, *rest = kind.value.split("_")
    return head + "".join(map(str.capitalize, rest))
