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

import structlog
from acp import PROTOCOL_VERSION, RequestError, connect_to_agent, image_block, text_block
from acp.client import ClientSideConnection
from acp.schema import ClientCapabilities, FileSystemCapabilities, Implementation, PromptResponse
from pydantic import ValidationError

from roocode_server.engine.agent.checks import CompletionChecks
from roocode_server.engine.agent.commands import Commands
from roocode_server.engine.agent.external.client import ExternalClient
from roocode_server.engine.agent.external.past import AgentSession, Past
from roocode_server.engine.agent.external.transport import ProgramTransport
from roocode_server.engine.agent.failure import TaskFailure
from roocode_server.engine.agent.human_input import HumanInput
from roocode_server.engine.agent.opening import open_turn, spoken
from roocode_server.engine.agent.task_context import TaskContext
from roocode_server.engine.providers.pictures import Picture, picture_of
from roocode_server.engine.runtimes.runtime import Command, InteractiveProgram, RuntimeUnavailable
from roocode_server.engine.shell_lines.allowlist import objection
from roocode_server.models.conversation import Turn, TurnRole
from roocode_server.models.session import AcpAgent, mount_path

AGENT_IMAGE_TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp")

log = structlog.get_logger("external agents")


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
        is_begun = await open_turn(self.work)
        for message in await self.people.unheard():
            await self.work.append(spoken(message))
        names = self.work.services.settings.acp_environment
        environment = {name: os.environ[name] for name in names if name in os.environ}
        command = Command(
            line=f"exec {shlex.join(self._agent.command)}",
            environment={**environment, **self._agent.environment},
        )
        async with self.work.services.runtime.start(self.work.sandbox, command) as program:
            try:
                return await self._converse(program, is_begun=is_begun)
            except (ConnectionError, OSError, RequestError, ValidationError) as failure:
                raise TaskFailure("AGENT_FAILED", _why(failure, program)) from failure

    async def _converse(self, program: InteractiveProgram, *, is_begun: bool) -> str:
        client = ExternalClient(self.work, self.people, PurePosixPath(self._agent.command[0]).name[:256])
        checks = CompletionChecks(self.work, self.commands)
        agent = connect_to_agent(client, ProgramTransport(program))
        session_id = ""
        try:
            offered = await agent.initialize(
                protocol_version=PROTOCOL_VERSION,
                client_capabilities=ClientCapabilities(
                    fs=FileSystemCapabilities(read_text_file=True, write_text_file=True), terminal=False
                ),
                client_info=Implementation(name="roocode-server", version="1"),
            )
            past = Past(self.work.conversation.turns)
            capabilities = offered.agent_capabilities
            can_load = capabilities is not None and bool(capabilities.load_session)
            known = past.session_of(self.work.task.id, self._agent.command) if can_load else None
            directory = mount_path(self.work.session.id)
            is_known = known is not None and await _loaded(agent, client, directory, known.session_id)
            if known is not None and is_known:
                session_id = known.session_id
                client.reported = known.cost
            else:
                session_id = (await agent.new_session(cwd=directory, mcp_servers=[])).session_id
            text = past.prompt(is_begun=is_begun, is_known=is_known)
            images = past.images
            while True:
                found = [picture_of(image, AGENT_IMAGE_TYPES) for image in images]
                pictures = [
                    image_block(each.data, each.media_type) if isinstance(each, Picture) else text_block(each)
                    for each in found
                ]
                self.work.budget.check()
                prompting = agent.prompt(session_id=session_id, prompt=[text_block(text), *pictures])
                answer = await _unless_stopped(prompting, client)
                await client.finish_messages()
                _check_stop(answer)
                kept = AgentSession(session_id, self.work.task.id, self._agent.command, client.reported)
                await self.work.append(
                    Turn(role=TurnRole.ASSISTANT, text=client.last_text, continuation=kept.dump())
                )
                said = await self.people.unheard()
                if not said:
                    refusal = await checks.objection()
                    if refusal is None:
                        return client.last_text
                    text, images = refusal, []
                    continue
                for message in said:
                    await self.work.append(spoken(message))
                text = "\n\n".join(message.text or "" for message in said)
                images = [image for message in said for image in message.images]
        except (asyncio.CancelledError, TaskFailure):
            with contextlib.suppress(Exception):
                await asyncio.shield(asyncio.wait_for(agent.cancel(session_id=session_id), 1))
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


async def _loaded(
    agent: ClientSideConnection, client: ExternalClient, directory: str, session_id: str
) -> bool:
    """Let the agent load a session of its own, whose updates are not told again; False if it cannot."""
    client.is_loading = True
    try:
        await agent.load_session(cwd=directory, mcp_servers=[], session_id=session_id)
    except RequestError as refusal:
        log.info("an agent's session is gone", session_id=session_id, reason=str(refusal))
        return False
    finally:
        client.is_loading = False
    return True


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
