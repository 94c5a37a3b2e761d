"""An engine with a stand-in for a language model, which gives the answers that the test has queued.

Everything else is real: database, workspace, sandbox, tools.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import orjson
import pytest

from roocode_server.engine.engine import Engine, open_engine
from roocode_server.engine.providers.provider import (
    CallRequested,
    ModelEvent,
    ModelRequest,
    ProviderFailure,
    Stopped,
    TextDelta,
    Usage,
)
from roocode_server.models.approval import Approval
from roocode_server.models.event import StoredEvent
from roocode_server.models.identifier import SessionId
from roocode_server.models.session import SessionCreate
from roocode_server.models.settings import Settings
from roocode_server.models.task import FINAL, Activity, Task, TaskCreate, TaskSay, TaskUpdate
from roocode_server.models.user import Caller

Step = ModelEvent | ProviderFailure
Found = TypeVar("Found")
Answer = Iterable[Step] | Callable[[ModelRequest], Iterable[Step]]


def call(tool: str, call_id: str | None = None, **arguments: Any) -> CallRequested:
    """A call that the model asks for."""
    name = call_id or f"{tool}-{orjson.dumps(arguments).hex()[:24]}"
    return CallRequested(call_id=name, tool_name=tool, arguments=arguments)


def done(summary: str = "done") -> CallRequested:
    return call("attempt_completion", result=summary)


def say(text: str) -> TextDelta:
    return TextDelta(text=text)


class StandIn:
    """A provider for tests: plays a list of answers, in the order of the requests."""

    name: ClassVar[str] = "stand-in"

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.requests: list[ModelRequest] = []

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        self.requests.append(request)
        assert self.answers, "the test has put no more answers on the list"
        answer = self.answers.pop(0)
        for step in answer(request) if callable(answer) else answer:
            if isinstance(step, ProviderFailure):
                raise step
            yield step
            await asyncio.sleep(0)
        if not isinstance(step, Stopped):
            yield Stopped(reason="end")


class News:
    """Follows a session: says when events have come whose type begins so."""

    def __init__(self, of: str) -> None:
        self._of = of
        self._are_there = asyncio.Event()

    def deliver(self, stored: StoredEvent) -> None:
        if stored.seq and stored.type.startswith(self._of):
            self._are_there.set()

    async def come(self, *, within_s: float) -> None:
        """Return as soon as something has happened since the last time, and after this time in any case."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._are_there.wait()
        self._are_there.clear()


@dataclass
class Agent:
    """An engine with a session, and helpers for running tasks in it."""

    engine: Engine
    model: StandIn
    caller: Caller
    session_id: SessionId
    settings: Settings
    reopen: Callable[..., Awaitable[Agent]] = field(repr=False)
    """Open the engine anew; the model gives these answers to tasks that then go on by themselves."""

    async def start(self, *answers: Answer, input: str = "do it", **config: Any) -> Task:  # noqa: A002
        """Start a task with a model that will give these answers."""
        self.model.answers.extend(answers)
        raw = {"sessionId": self.session_id, "input": input, "config": config}
        return await self.engine.tasks.create(TaskCreate.load(raw))

    async def finish(self, task: Task) -> Task:
        """Wait for the task to end and return it."""
        return await self.until(task, lambda now: now.status in FINAL)

    async def run(self, *answers: Answer, **options: Any) -> Task:
        return await self.finish(await self.start(*answers, **options))

    async def say(self, task: Task, text: str) -> None:
        """Tell the agent something."""
        raw = {"sessionId": task.session_id, "taskId": task.id, "text": text}
        await self.engine.tasks.say(self.caller, TaskSay.load(raw))

    async def answer(self, task: Task, action: str, feedback: str | None = None) -> None:
        """Approve or reject what the task waits for, once it waits."""
        await self.until(task, lambda now: now.activity is Activity.INTERACTIVE)
        raw = {"sessionId": task.session_id, "taskId": task.id, "action": action}
        update = TaskUpdate.load(raw | ({"feedback": feedback} if feedback else {}))
        await self.engine.tasks.update(self.caller, update)

    async def until(self, task: Task, reached: Callable[[Task], bool]) -> Task:
        async def look() -> Task | None:
            now = await self.engine.tasks.get(task.session_id, task.id)
            return now if reached(now) else None

        return await self.found(look, task.session_id, of="task.")

    async def found(
        self,
        look: Callable[[], Awaitable[Found | None]],
        session_id: SessionId | None = None,
        *,
        of: str = "",
    ) -> Found:
        """Look at each event of the session whose type begins with `of`, and now and then in case something
        changes without one.
        """
        news = News(of)
        leave = self.engine.hub.follow(session_id or self.session_id, news)
        try:
            async with asyncio.timeout(60):
                while not (found := await look()):
                    await news.come(within_s=0.2)
        finally:
            leave()
        return found

    async def at_work(self, calls: int = 1) -> None:
        """Wait until so many calls have begun."""

        async def look() -> bool:
            return len(await self.events("tool.started")) >= calls

        await self.found(look)

    async def approval(self, task: Task) -> Approval:
        """The approval that a task waits for, once it is asked for."""
        [first, *_] = await self.found(lambda: self.engine.approvals.pending(task.id), task.session_id)
        return first

    async def events(self, *types: str) -> list[dict[str, Any]]:
        """Return the log's events of some types, in order."""
        stored = await self.engine.log.read(self.session_id, after=0, limit=1000)
        return [orjson.loads(each.body) for each in stored if not types or each.type in types]

    async def messages(self, kind: str) -> list[str]:
        told = await self.events("message.created")
        return [
            each["message"]["text"]
            for each in told
            if kind in (each["message"].get("say"), each["message"].get("ask"))
        ]

    def write(self, path: str, content: str) -> None:
        file = self.engine.sessions.workspace(self.session_id).folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)

    def read(self, path: str) -> str:
        return (self.engine.sessions.workspace(self.session_id).folder / path).read_text()


def usage(tokens_in: int, tokens_out: int, **cached: Any) -> Usage:
    return Usage(tokens_in=tokens_in, tokens_out=tokens_out, **cached)


@pytest.fixture
async def make_agent(tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[Agent]]]:
    """Open an engine; `agent` are settings of that section, `config` the session's."""
    opened: list[Engine] = []

    async def make(
        agent: Mapping[str, Any] | None = None,
        config: Mapping[str, Any] | None = None,
        session_id: SessionId | None = None,
        answers: Sequence[Answer] = (),
        **sections: Mapping[str, Any],
    ) -> Agent:
        always = dict.fromkeys(["edit", "command", "modes", "mcp", "browser"], "always")
        settings = Settings.load_plain(
            {
                **sections,
                "server": {"data_dir": str(tmp_path / "data")},
                "agent": {"retry_delay_s": 0, **(agent or {})},
                "approvals": {**always, **sections.get("approvals", {})},
            }
        )
        model = StandIn()
        model.answers.extend(answers)
        engine = await open_engine(settings, more_providers=[model])
        opened.append(engine)
        caller = Caller.of(await engine.accounts.open_identity(), request_id="test", base_url="http://test")
        if session_id is None:
            wanted = SessionCreate.load(
                {"config": {"provider": model.name, "model": "any", **(config or {})}}
            )
            session_id = (await engine.sessions.create(caller, wanted)).id

        async def reopen(*answers: Answer) -> Agent:
            await engine.close()
            opened.remove(engine)
            return await make(agent, config, session_id, answers, **sections)

        return Agent(engine, model, caller, session_id, settings, reopen)

    yield make
    for engine in opened:
        await engine.close()


@pytest.fixture
async def agent(make_agent: Callable[..., Awaitable[Agent]]) -> Agent:
    return await make_agent()
