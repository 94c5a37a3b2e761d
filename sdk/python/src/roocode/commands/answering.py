"""Answers to what an agent asks: by rules, by the person at the terminal, or by nobody."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine, Iterable
from typing import Any, Final, Literal

from roocode.client import AsyncRooCodeClient
from roocode.commands.outcome import CommandFailed, ExitCode
from roocode.commands.plain_text import one_line, visible
from roocode.commands.printing import say
from roocode.commands.terminal_input import forget_typed, typed_line
from roocode.errors import Conflict, NotFound
from roocode.event import Event
from roocode.events import (
    ApprovalRequiredEvent,
    ApprovalResolvedEvent,
    TaskActiveEvent,
    TaskCancelledEvent,
    TaskCompletedEvent,
    TaskFailedEvent,
    TaskInteractiveEvent,
    TaskReopenedEvent,
    TaskResumableEvent,
    TaskResumedEvent,
    TaskRetriedEvent,
)
from roocode.models import ApprovalRule

NOBODY: Final = "Nobody is there to answer"
SHOWN_LINES: Final = 40


class ApprovedTools:
    """Which tools may be used unasked."""

    def __init__(self, names: Iterable[str], *, has_all: bool) -> None:
        self._names = set(names)
        self._has_all = has_all

    def __contains__(self, tool: str) -> bool:
        return self._has_all or tool in self._names

    def add(self, tool: str) -> None:
        """From now on, this one too."""
        self._names.add(tool)


async def approved_tools(client: AsyncRooCodeClient, given: str | None, *, has_all: bool) -> ApprovedTools:
    """Read `--approve`: names of tools and of groups, with commas between. Raises: CommandFailed."""
    wanted = {name.strip() for name in (given or "").split(",")} - {""}
    if not wanted:
        return ApprovedTools((), has_all=has_all)
    tools = await client.tools.list()
    unknown = wanted - {tool.name for tool in tools} - {tool.group for tool in tools}
    if unknown:
        groups = ", ".join(sorted({tool.group for tool in tools}))
        names = ", ".join(sorted(tool.name for tool in tools))
        message = (
            f"--approve: no tool is called {', '.join(sorted(unknown))}. Groups: {groups}. Tools: {names}"
        )
        raise CommandFailed(message, ExitCode.USAGE)
    return ApprovedTools((tool.name for tool in tools if wanted & {tool.name, tool.group}), has_all=has_all)


class Answerer:
    """Answers the approvals and questions of a task, one at a time, while its events are read."""

    def __init__(
        self,
        client: AsyncRooCodeClient,
        session_id: str,
        approved: ApprovedTools,
        group: asyncio.TaskGroup,
        *,
        may_ask: bool,
        leaves_to_others: bool,
    ) -> None:
        self._client = client
        self._session_id = session_id
        self._approved = approved
        self._group = group
        self._may_ask = may_ask
        self._leaves_to_others = leaves_to_others
        self._turn = asyncio.Lock()
        self._waiting: dict[str, asyncio.Task[None]] = {}

    def hear(self, event: Event) -> None:
        """Answer what an event asks; stop asking what somebody else has answered."""
        match event:
            case ApprovalRequiredEvent():
                self._begin(event.approval_id, self._decide(event))
            case ApprovalResolvedEvent():
                self._end(event.approval_id)
            case TaskInteractiveEvent() if event.question and event.task_id:
                self._begin(event.task_id, self._reply(event.task_id, event.suggestions))
            case TaskActiveEvent():
                self._end(str(event.task_id))
            case TaskResumableEvent() if event.task_id:
                if event.interrupted_by == "server":
                    self._begin(event.task_id, self._resume(event.task_id))
                else:
                    say(f"  It waits until somebody says what to do: roocode tasks say {event.task_id} …")
                    say(f"  or lets it go on where it was: roocode tasks resume {event.task_id}")

    def catch_up(self, past: Iterable[Event]) -> None:
        """Answer what these events have asked and left open."""
        still_open: dict[str, Event] = {}
        for event in past:
            match event:
                case ApprovalRequiredEvent():
                    still_open[event.approval_id] = event
                case ApprovalResolvedEvent():
                    still_open.pop(event.approval_id, None)
                case TaskInteractiveEvent() | TaskResumableEvent():
                    still_open[str(event.task_id)] = event
                case TaskActiveEvent() | TaskResumedEvent() | TaskRetriedEvent() | TaskReopenedEvent():
                    still_open.pop(str(event.task_id), None)
                case TaskCompletedEvent() | TaskFailedEvent() | TaskCancelledEvent():
                    still_open.pop(str(event.task_id), None)
        for event in still_open.values():
            self.hear(event)

    def close(self) -> None:
        """Ask no more."""
        for task in self._waiting.values():
            task.cancel()

    def _begin(self, name: str, answering: Coroutine[Any, Any, None]) -> None:
        self._waiting[name] = self._group.create_task(answering)

    def _end(self, name: str) -> None:
        task = self._waiting.pop(name, None)
        if task is not None:
            task.cancel()

    async def _decide(self, event: ApprovalRequiredEvent) -> None:
        if event.tool_name in self._approved:
            await self._approve(event)
        elif self._leaves_to_others:
            say("  It waits for an answer from elsewhere.")
        elif not self._may_ask:
            say(f"  Refused, for nobody is there to ask: --approve {one_line(event.tool_name)} allows it.")
            await self._reject(event, NOBODY)
        else:
            async with self._turn:
                await (self._approve(event) if event.tool_name in self._approved else self._ask(event))

    async def _ask(self, event: ApprovalRequiredEvent) -> None:
        for name, content in event.parameters.items():
            say(_shown(name, content))
        choices = f"[y]es, [n]o, [a]lways {one_line(event.tool_name)}"
        if event.rules:
            named = ", ".join(map(_rule, event.rules))
            choices += f", in this [s]ession {named}"
        while True:
            forget_typed()
            say(f"Approve? {choices}, or tell the agent why not:", bold=True)
            line = await typed_line()
            answer = line.strip() if line is not None else None
            if answer is None:
                say("  It waits for an answer from elsewhere.")
                return None
            if answer.lower() in ("a", "always"):
                self._approved.add(event.tool_name)
            if event.rules and answer.lower() in ("s", "session"):
                return await self._approve(event, remember="session")
            if answer.lower() in ("y", "yes", "a", "always"):
                return await self._approve(event)
            if answer:
                return await self._reject(event, None if answer.lower() in ("n", "no") else answer)

    async def _approve(
        self, event: ApprovalRequiredEvent, *, remember: Literal["once", "session"] = "once"
    ) -> None:
        approvals = self._client.approvals
        approving = approvals.respond(self._session_id, event.approval_id, "approve", remember=remember)
        await self._send(event.approval_id, approving)

    async def _reject(self, event: ApprovalRequiredEvent, why: str | None) -> None:
        approvals = self._client.approvals
        await self._send(event.approval_id, approvals.reject(self._session_id, event.approval_id, why))

    async def _reply(self, task_id: str, suggestions: list[str]) -> None:
        if self._leaves_to_others:
            say("  It waits for an answer from elsewhere.")
        elif not self._may_ask:
            say("  Answered that nobody is there.")
            await self._send(task_id, self._client.tasks.message(self._session_id, task_id, NOBODY))
        else:
            async with self._turn:
                for number, suggestion in enumerate(suggestions, 1):
                    say(f"  {number}. {visible(suggestion)}")
                forget_typed()
                say("Your answer" + (", or a number:" if suggestions else ":"), bold=True)
                answer = ""
                while not answer:
                    line = await typed_line()
                    if line is None:
                        say("  It waits for an answer from elsewhere.")
                        return
                    answer = line.strip()
                if answer.isdecimal() and 1 <= int(answer) <= len(suggestions):
                    answer = suggestions[int(answer) - 1]
                await self._send(task_id, self._client.tasks.message(self._session_id, task_id, answer))

    async def _resume(self, task_id: str) -> None:
        await self._send(task_id, self._client.tasks.resume(self._session_id, task_id))

    async def _send(self, name: str, sending: Coroutine[Any, Any, object]) -> None:
        """Send an answer, unless somebody was quicker or the task is over. From here on it is not ended."""
        self._waiting.pop(name, None)
        with contextlib.suppress(Conflict, NotFound):
            await sending


def _rule(rule: ApprovalRule) -> str:
    """Return what a rule is about: a command's first words, files, an MCP server or a tool."""
    return one_line(rule.command or rule.path or rule.server or rule.tool or "")


def _shown(name: str, content: object) -> str:
    """Return a parameter of a call as it is judged: nothing in it is hidden but the rest of a long one."""
    lines = visible(str(content)).split("\n")
    if len(lines) == 1:
        return f"    {one_line(name)}: {lines[0]}"
    cut = [f"… {len(lines) - SHOWN_LINES} more lines"] if len(lines) > SHOWN_LINES else []
    return "\n".join([f"    {one_line(name)}:", *(f"      {line}" for line in [*lines[:SHOWN_LINES], *cut])])
