"""A real engine with servers of the Model Context Protocol."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from roocode_server.engine.engine import Engine, open_engine
from roocode_server.models.identifier import SessionId
from roocode_server.models.mcp import McpServer, McpServerState
from roocode_server.models.session import ResourceLimits, SessionConfigChange, SessionCreate
from roocode_server.models.settings import (
    McpSettings,
    RuntimeSettings,
    ServerSettings,
    SessionSettings,
    Settings,
)
from roocode_server.models.tool import ToolExecute, ToolOutcome
from roocode_server.models.user import Caller

MODULES = Path(__file__).resolve().parents[3] / "node_modules"
NODE = shutil.which("node") or "node"
PROGRAM = str(MODULES / "@modelcontextprotocol/server-everything/dist/index.js")
EVERYTHING = McpServer(command=NODE, args=[PROGRAM, "stdio"])


@dataclass
class House:
    """An engine with one session, and helpers for its MCP servers."""

    engine: Engine
    session_id: SessionId
    folder: Path

    async def events(self) -> list[dict[str, Any]]:
        stored = await self.engine.log.read(self.session_id, after=0, limit=1000)
        return [orjson.loads(each.body) for each in stored if each.type.startswith("mcp.")]

    async def state(self, name: str) -> McpServerState:
        servers, _ = await self.engine.mcp.states(self.session_id)
        return next(each for each in servers if each.name == name)

    async def execute(self, tool: str, **parameters: Any) -> ToolOutcome:
        request = ToolExecute(session_id=self.session_id, tool_name=tool, parameters=parameters)
        return (await self.engine.tools.execute(request)).result

    def name_in_workspace(self, **servers: Mapping[str, Any]) -> None:
        file = self.folder / ".roo" / "mcp.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps({"mcpServers": servers}))

    def program(self, name: str, source: str) -> McpServer:
        """A server written in Python, in the session's workspace."""
        (self.folder / f"{name}.py").write_text(source)
        return McpServer(command="python3", args=[f"{name}.py"])


OpenHouse = Callable[..., AbstractAsyncContextManager[House]]


@pytest.fixture
def open_house(tmp_path: Path) -> OpenHouse:
    """`async with open_house(mcp=…, servers=…, **config) as house`."""

    @asynccontextmanager
    async def opening(
        *, mcp: McpSettings | None = None, servers: dict[str, McpServer] | None = None, **config: Any
    ) -> AsyncIterator[House]:
        settings = Settings(
            server=ServerSettings(data_dir=str(tmp_path / "data")),
            runtime=RuntimeSettings(read_only_paths=[str(MODULES)]),
            sessions=SessionSettings(resource_limits=ResourceLimits(max_memory_mb=8192)),
            mcp=mcp or McpSettings(),
        )
        engine = await open_engine(settings)
        try:
            identity = await engine.accounts.open_identity()
            caller = Caller.of(identity, request_id="test", base_url="http://test")
            session = await engine.sessions.create(
                caller, SessionCreate(config=SessionConfigChange(mcp_servers=servers or {}, **config))
            )
            yield House(engine, session.id, engine.sessions.workspace(session.id).folder)
        finally:
            await engine.close()

    return opening
