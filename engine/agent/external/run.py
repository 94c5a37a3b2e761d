"""A task whose agent is an external program, run in the session's sandbox."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shlex
from collections.abc import Coroutine
from pathlib import PurePosixPath
from typing import Any

from acp import PROTOCOL_VERSION, RequestError, connect_to_agent, image_block, text_block
from acp.schema import ClientCapabilities, FileSystemCapabilities, Implementation, PromptResponse
from pydantic import ValidationError

from roocode_server.engine.agent.checks import CompletionChecks
from roocode_server.engine.agent.commands import Commands
from roocode_server.engine.agent.external.client import ExternalClient
from roocode_server.engine.agent.external.transport import ProgramTransport
from roocode_server.engine.agent.failure import TaskFailure
from roocode_server.engine.agent.human_input import HumanInput
from roocode_server.engine.agent.opening import open_conversation, opening_text
from roocode_server.engine.agent.task_context import TaskContext
from roocode_server.engine.providers.pictures import Picture, picture_of
from roocode_server.engine.runtimes.runtime import Command, InteractiveProgram, RuntimeUnavailable
from roocode_server.engine.shell_lines.allowlist import objection
from roocode_server.models.conversation import Turn, TurnRole
from roocode_server.models.session import AcpAgent, mount_path

AGENT_IMAGE_TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp")
AGAIN = (
    "You were interrupted in the middle of this task and begin anew in the same workspace. Look at what is "
    "done already, and go on. The task:\n\n"
)


class ExternalRun:
    """One task of an external agent, which keeps its conversation to itself."""

    is_scripted = True
    """The conversation cannot be condensed, because the agent keeps it."""

    def __init__(self, work: TaskContext, agent: AcpAgent) -> None:
        self.work = work
        self.people = HumanInput(work)
        self.commands = Commands(work)
        self._agent = agent

    async def to_the_end(self) -> str:
        """Work on the task until the agent ends its turn and no message is waiting; return its last text.

        Raises: TaskFailure; CancelledError, at any await: the program ends with it.
        """
        self._check()
        try:
            async with self.work.in_time():
                return await self._talk()
        except RuntimeUnavailable as failure:
            raise TaskFailure("AGENT_UNAVAILABLE", failure.message) from failure

    def _check(self) -> None:
        line = shlex.join(self._agent.command)
        refusal = objection(line, self.work.session.config.allowed_commands)
        if refusal is not None:
            raise TaskFailure("AGENT_FORBIDDEN", refusal)

    async def _talk(self) -> str:
        is_new = self.work.conversation.is_empty
        if is_new:
            await open_conversation(self.work)
        names = self.work.services.settings.acp_environment
        environment = {name: os.environ[name] for name in names if name in os.environ}
        command = Command(
            line=f"exec {shlex.join(self._agent.command)}",
            environment={**environment, **self._agent.environment},
        )
        async with self.work.services.runtime.start(self.work.sandbox, command) as program:
            try:
                return await self._converse(program, is_new=is_new)
            except (ConnectionError, OSError, RequestError, ValidationError) as failure:
                raise TaskFailure("AGENT_FAILED", _why(failure, program)) from failure

    async def _converse(self, program: InteractiveProgram, *, is_new: bool) -> str:
        client = ExternalClient(self.work, self.people, PurePosixPath(self._agent.command[0]).name[:256])
        checks = CompletionChecks(self.work, self.commands)
        agent = connect_to_agent(client, ProgramTransport(program))
        try:
            await agent.initialize(
                protocol_version=PROTOCOL_VERSION,
                client_capabilities=ClientCapabilities(
                    fs=FileSystemCapabilities(read_text_file=True, write_text_file=True), terminal=False
                ),
                client_info=Implementation(name="roocode-server", version="1"),
            )
            opened = await agent.new_session(cwd=mount_path(self.work.session.id), mcp_servers=[])
            task = self.work.task
            opening = opening_text(self.work)
            text, images = (opening if is_new else AGAIN + opening), task.images
            while True:
                found = [picture_of(image, AGENT_IMAGE_TYPES) for image in images]
                pictures = [
                    image_block(each.data, each.media_type) if isinstance(each, Picture) else text_block(each)
                    for each in found
                ]
                self.work.budget.check()
                prompting = agent.prompt(session_id=opened.session_id, prompt=[text_block(text), *pictures])
                answer = await _unless_stopped(prompting, client)
                await client.finish_messages()
                _check_stop(answer)
                await self.work.append(Turn(role=TurnRole.ASSISTANT, text=client.last_text))
                said = await self.people.unheard()
                if not said:
                    refusal = await checks.objection()
                    if refusal is None:
                        return client.last_text
                    text, images = refusal, []
                    continue
                for message in said:
                    turn = Turn(
                        role=TurnRole.USER,
                        text=message.text or "",
                        images=message.images,
                        message_id=message.id,
                    )
                    await self.work.append(turn)
                text = "\n\n".join(message.text or "" for message in said)
                images = [image for message in said for image in message.images]
        except (asyncio.CancelledError, TaskFailure):
            with contextlib.suppress(Exception):
                await asyncio.shield(asyncio.wait_for(agent.cancel(session_id=opened.session_id), 1))
            raise
        finally:
            await agent.close()


async def _unless_stopped(
    prompting: Coroutine[Any, Any, PromptResponse], client: ExternalClient
) -> PromptResponse:
    """Return the agent's answer. Raises: TaskFailure, as soon as it has used up the task's budget."""
    answering = asyncio.ensure_future(prompting)
    try:
        either: set[asyncio.Future[Any]] = {answering, client.stopped}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if client.stopped.done():
            raise client.stopped.result()
        return answering.result()
    finally:
        answering.cancel()
        await asyncio.gather(answering, return_exceptions=True)


def _check_stop(answer: PromptResponse) -> None:
    """Raises: TaskFailure, if the agent ended its turn without finishing."""
    reasons = {
        "max_tokens": "The agent has used up its tokens.",
        "max_turn_requests": "The agent has used up its requests.",
        "refusal": "The agent refused the task.",
        "cancelled": "The agent says that it was cancelled.",
    }
    if answer.stop_reason in reasons:
        raise TaskFailure(f"AGENT_{answer.stop_reason.upper()}", reasons[answer.stop_reason])


def _why(failure: Exception, program: InteractiveProgram) -> str:
    said = program.complaint()
    complaint = f" It said: {said[-1000:]}" if said else ""
    data = failure.data if isinstance(failure, RequestError) else None
    details = f" ({json.dumps(data, default=str)[:1000]})" if data is not None else ""
    return f"The agent program failed: {failure or type(failure).__name__}{details}.{complaint}"
