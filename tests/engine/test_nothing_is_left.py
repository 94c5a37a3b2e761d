"""Nothing outlives an engine: what it has begun in its process is over when it is closed."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from roocode_server.engine.concurrency.worker import run_in_worker
from roocode_server.engine.engine import Engine, open_engine
from roocode_server.engine.workspace.scanning import ScanRequest, found_in
from roocode_server.models.identifier import SessionId
from roocode_server.models.mcp import McpServer
from roocode_server.models.process import ProcessStart
from roocode_server.models.search import FileSearchRequest, TextSearchRequest
from roocode_server.models.session import SessionConfigChange, SessionCreate, SessionUpdate
from roocode_server.models.settings import Settings
from roocode_server.models.task import FINAL, TaskCreate, TaskStatus
from roocode_server.models.terminal import TerminalOpen
from roocode_server.models.tool import ToolExecute
from roocode_server.models.user import Caller
from roocode_server.models.webhook import WebhookCreate
from tests.engine.mcp.test_servers import SMALL
from tests.support.mock_models import MockModels
from tests.support.receiver import receiving

POOL = "uvloop_"
"""Threads of the event loop's own pool end with the loop."""
EVERYTHING = ScanRequest(recursive=False, include_hidden=False, max_entries=10, window=None)


@dataclass(frozen=True)
class Standing:
    """What this process holds."""

    tasks: frozenset[str]
    threads: frozenset[str]
    descriptors: frozenset[str]
    programs: frozenset[str]

    @classmethod
    def now(cls) -> Standing:
        return cls(
            tasks=frozenset(map(repr, asyncio.all_tasks() - {asyncio.current_task()})),
            threads=frozenset(
                f"{thread.name} {thread.ident}"
                for thread in threading.enumerate()
                if not thread.name.startswith(POOL)
            ),
            descriptors=frozenset(_descriptors()),
            programs=frozenset(_programs()),
        )

    def beyond(self, other: Standing) -> dict[str, set[str]]:
        """What is here and was not there."""
        kinds = ("tasks", "threads", "descriptors", "programs")
        more = {kind: set(getattr(self, kind) - getattr(other, kind)) for kind in kinds}
        return {kind: names for kind, names in more.items() if names}


def _descriptors() -> list[str]:
    found = []
    for number in os.listdir("/proc/self/fd"):
        with suppress(FileNotFoundError):  # that of the listing itself
            found.append(f"{number} {os.readlink(f'/proc/self/fd/{number}')}")
    return found


def _programs() -> list[str]:
    found = []
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            found.append(f"{process.pid} {process.cmdline()}")
    return found


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not holds():
            await asyncio.sleep(0.01)


async def standing_without_an_engine() -> Standing:
    """With what engines share: the program that forks workers, and what the loop keeps for streams."""
    await run_in_worker(found_in, "/", "", EVERYTHING, owner="test")
    here, there = socket.socketpair()
    with there:
        _, stream = await asyncio.open_connection(sock=here)
        stream.close()
        await stream.wait_closed()
    return Standing.now()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.load_plain(
        {
            "server": {"data_dir": str(tmp_path / "data")},
            "runtime": {"kind": "local"},
            "webhooks": {"allow_private_addresses": True},
        }
    )


async def nothing_is_left_since(before: Standing) -> None:
    """Wait until what was closed has gone, as the kernel and the loop come to it; fails with what has not."""
    with suppress(TimeoutError):
        async with asyncio.timeout(60):
            while Standing.now().beyond(before):
                await asyncio.sleep(0.05)
    assert Standing.now().beyond(before) == {}


async def test_an_engine_that_did_nothing_leaves_nothing(settings: Settings) -> None:
    before = await standing_without_an_engine()
    engine = await open_engine(settings)
    await engine.close()
    await nothing_is_left_since(before)


async def test_an_engine_that_is_closed_in_the_middle_of_everything_leaves_nothing(
    settings: Settings,
) -> None:
    before = await standing_without_an_engine()
    async with receiving() as receiver:
        standing = Standing.now()
        engine = await open_engine(settings)
        try:
            caller = Caller.of(await engine.accounts.open_identity(), request_id="test", base_url="")
            hook = WebhookCreate(url=receiver.url, events=["*"])
            await engine.webhooks.create(caller.user_id, hook)
            session = await engine.sessions.create(
                caller, SessionCreate.load({"config": {"provider": "scripted", "model": "write-and-run"}})
            )
            await use(engine, session.id)
            await receiver.has_taken(1)
            at_work = Standing.now().beyond(standing)
        finally:
            await engine.close()
        assert at_work.keys() == {"tasks", "threads", "descriptors", "programs"}
        await nothing_is_left_since(standing)
    await nothing_is_left_since(before)


@pytest.mark.filterwarnings("ignore:FUNCTION_CALL is not a valid FinishReason")  # aimock says so for Gemini
@pytest.mark.parametrize("provider", ["anthropic", "openai", "gemini"])
async def test_connections_to_models_end_with_the_engine(
    mock_models: MockModels,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    provider: str,
) -> None:
    before = await standing_without_an_engine()
    call = {"id": "call_1", "name": "attempt_completion", "arguments": {"result": "done"}}
    mock_models.say({"content": "I end.", "toolCalls": [call]})
    monkeypatch.setenv(f"{provider.upper()}_API_KEY", mock_models.key)
    endpoint = {"base_url": mock_models.url + ("/v1" if provider == "openai" else "")}
    section = {"server": {"data_dir": str(tmp_path / "data")}, "providers": {provider: endpoint}}
    engine = await open_engine(Settings.load_plain(section))
    try:
        caller = Caller.of(await engine.accounts.open_identity(), request_id="test", base_url="")
        config = {"provider": provider, "model": "a-model"}
        session = await engine.sessions.create(caller, SessionCreate.load({"config": config}))
        task = await engine.tasks.create(TaskCreate.load({"sessionId": session.id, "input": "Begin"}))
        async with asyncio.timeout(60):
            while task.status not in FINAL:
                await asyncio.sleep(0.01)
                task = await engine.tasks.get(session.id, task.id)
        assert task.status is TaskStatus.COMPLETED, task.error
    finally:
        await engine.close()
    await nothing_is_left_since(before)


async def test_a_browser_ends_with_the_engine(tmp_path: Path) -> None:
    before = await standing_without_an_engine()
    browser = {"allow_private": True}
    settings = Settings.load_plain({"server": {"data_dir": str(tmp_path / "data")}, "browser": browser})
    async with receiving() as receiver:
        engine = await open_engine(settings)
        try:
            caller = Caller.of(await engine.accounts.open_identity(), request_id="test", base_url="")
            config = {"network": True}
            session = await engine.sessions.create(caller, SessionCreate.load({"config": config}))
            page = {"action": "launch", "url": receiver.url}
            seen = await engine.tools.execute(
                ToolExecute(session_id=session.id, tool_name="browser_action", parameters=page)
            )
            assert seen.result.success, seen.result.output
            assert any("chrom" in each for each in Standing.now().beyond(before)["programs"])
        finally:
            await engine.close()
    await nothing_is_left_since(before)


async def use(engine: Engine, session_id: SessionId) -> None:
    """Use the engine in many ways at once, and leave what lasts at work."""
    workspace = engine.sessions.workspace(session_id)
    for number in range(600):
        await workspace.put(f"many/{number}", b"needle\n")
    await workspace.put("small.py", SMALL.encode())
    server = McpServer(command="python3", args=["small.py"])
    change = SessionConfigChange(mcp_servers={"small": server})
    await engine.sessions.update(SessionUpdate(session_id=session_id, config=change))

    async def execute(tool: str, **parameters: object) -> None:
        await engine.tools.execute(ToolExecute(session_id=session_id, tool_name=tool, parameters=parameters))

    await asyncio.gather(
        execute("execute_command", command="echo one > written; seq 1 1000"),
        execute("use_mcp_tool", server_name="small", tool_name="where"),
        execute("list_files", path=".", recursive=True),
        engine.searches.files(FileSearchRequest(session_id=session_id, pattern="*")),
        engine.searches.text(TextSearchRequest(session_id=session_id, pattern="needle", limit=5)),
        engine.processes.start(ProcessStart(session_id=session_id, command="echo here; sleep 1000")),
        engine.terminals.open(TerminalOpen(session_id=session_id, command="sh")),
    )
    task = await engine.tasks.create(TaskCreate.load({"sessionId": session_id, "input": "Begin"}))
    async with asyncio.timeout(60):
        while not await engine.approvals.pending(task.id):
            await asyncio.sleep(0.01)
    last = asyncio.create_task(execute("execute_command", command="sleep 1000"))
    last.add_done_callback(asyncio.Task.exception)  # the engine ends it
    await until(lambda: any("sleep 1000" in program for program in _programs()))
