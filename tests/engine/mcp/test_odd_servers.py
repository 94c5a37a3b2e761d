"""Servers that deviate from the protocol: one odd item does not affect the others."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from roocode_server.models.mcp import McpStatus
from roocode_server.models.session import SessionConfigChange, SessionUpdate
from tests.engine.mcp.conftest import House, OpenHouse

PATIENCE_S = 60
SERVER = """
import json, sys

TOOLS = [{"name": name, "inputSchema": {"type": "object"}} for name in ("plain", "slow", "grow", "half")]
TOOLS += [
    {"name": "count", "inputSchema": {"type": "object"},
     "outputSchema": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}},
    {"name": "wordless", "inputSchema": {"type": "object"}, "outputSchema": {"type": "object"}},
    {"name": "bare"}, {"name": "listed", "inputSchema": []}, {"description": "has no name"},
    {"name": "mixed", "inputSchema": {"type": "object"}},
]
WORD = {"type": "text", "text": "a word"}
RESULTS = {
    "plain": {"content": [WORD]}, "bare": {"content": [WORD]}, "listed": {"content": [WORD]},
    "count": {"content": [WORD], "structuredContent": {"n": "many"}}, "wordless": {"content": [WORD]},
    "mixed": {"content": [WORD, {"type": "hologram", "beams": 3}]},
    "half": {"content": [{"type": "text", "text": "cut \\ud83d off"}]},
    "new": {"content": [WORD]}, "grow": {"content": [WORD]},
}

def say(message):
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)

for line in sys.stdin:
    asked = json.loads(line)
    if "id" not in asked:
        continue
    if asked["method"] == "initialize":
        say({"id": asked["id"], "result": {
            "protocolVersion": asked["params"]["protocolVersion"],
            "capabilities": {"tools": {"listChanged": True}}, "serverInfo": {"name": "odd", "version": "1"}}})
    elif asked["method"] == "tools/list":
        say({"id": asked["id"], "result": {"tools": TOOLS}})
    elif asked["method"] == "ping" and PINGS:
        say({"id": asked["id"], "result": {}})
    elif asked["method"] == "ping":
        pass
    elif asked["method"] == "tools/call" and asked["params"]["name"] == "slow":
        pass
    elif asked["method"] == "tools/call":
        if asked["params"]["name"] == "grow":
            TOOLS.append({"name": "new", "inputSchema": {"type": "object"}})
            say({"method": "notifications/tools/list_changed"})
        say({"id": asked["id"], "result": RESULTS[asked["params"]["name"]]})
    else:
        say({"id": asked["id"], "error": {"code": -32601, "message": "Method not found"}})
"""


async def use(house: House, *, pings: bool = True, timeout: int = 60) -> None:
    """Configure the MCP server for the session."""
    server = replace(house.program("odd", SERVER.replace("PINGS", str(pings))), timeout=timeout)
    change = SessionConfigChange(mcp_servers={"odd": server})
    await house.engine.sessions.update(SessionUpdate(session_id=house.session_id, config=change))


@pytest.mark.parametrize(
    ("tool", "note"), [("count", "'many' is not of type 'integer'"), ("wordless", "structured content")]
)
async def test_an_answer_that_does_not_fit_its_schema_is_told_with_a_note(
    open_house: OpenHouse, tool: str, note: str
) -> None:
    async with asyncio.timeout(PATIENCE_S), open_house() as house:
        await use(house)
        told = await house.execute("use_mcp_tool", server_name="odd", tool_name=tool)
        assert told.success and "a word" in told.output
        assert "does not match the tool's outputSchema" in told.output and note in told.output
        assert (await house.execute("use_mcp_tool", server_name="odd", tool_name="plain")).success
        assert [each["type"] for each in await house.events()] == ["mcp.started"]


async def test_a_tool_that_a_server_adds_can_be_called_at_once(open_house: OpenHouse) -> None:
    async with asyncio.timeout(PATIENCE_S), open_house() as house:
        await use(house)
        assert not (await house.execute("use_mcp_tool", server_name="odd", tool_name="new")).success
        assert (await house.execute("use_mcp_tool", server_name="odd", tool_name="grow")).success
        assert (await house.execute("use_mcp_tool", server_name="odd", tool_name="new")).success
        assert "- tool new: " in await house.engine.mcp.describe(house.session_id)


async def test_content_of_an_unknown_kind_leaves_the_text_beside_it(open_house: OpenHouse) -> None:
    async with asyncio.timeout(PATIENCE_S), open_house() as house:
        await use(house)
        told = await house.execute("use_mcp_tool", server_name="odd", tool_name="mixed")
        assert told.success and told.output.startswith("a word")
        assert '"type": "hologram"' in told.output


@pytest.mark.parametrize("tool", ["bare", "listed", "plain"])
async def test_a_tool_without_a_schema_takes_any_object(open_house: OpenHouse, tool: str) -> None:
    async with asyncio.timeout(PATIENCE_S), open_house() as house:
        await use(house)
        told = await house.execute("use_mcp_tool", server_name="odd", tool_name=tool, arguments={"a": 1})
        assert (told.success, told.output) == (True, "a word")


async def test_half_an_emoji_costs_a_character_and_not_the_answer(open_house: OpenHouse) -> None:
    async with asyncio.timeout(PATIENCE_S), open_house() as house:
        await use(house)
        told = await house.execute("use_mcp_tool", server_name="odd", tool_name="half")
        assert (told.success, told.output) == (True, "cut \ufffd off")


async def test_a_slow_call_times_out_alone(open_house: OpenHouse) -> None:
    async with asyncio.timeout(PATIENCE_S), open_house() as house:
        await use(house, timeout=1)
        told = await house.execute("use_mcp_tool", server_name="odd", tool_name="slow")
        assert not told.success and "did not answer within 1 s" in told.output
        assert (await house.execute("use_mcp_tool", server_name="odd", tool_name="plain")).success
        assert [each["type"] for each in await house.events()] == ["mcp.started"]


async def test_a_server_that_answers_no_ping_is_ended(
    open_house: OpenHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("roocode_server.engine.mcp.connection.PING_TIMEOUT_S", 0.2)
    async with asyncio.timeout(PATIENCE_S), open_house() as house:
        await use(house, pings=False, timeout=1)
        assert not (await house.execute("use_mcp_tool", server_name="odd", tool_name="slow")).success
        while (state := await house.state("odd")).error is None:
            await asyncio.sleep(0.01)
        assert state.status is McpStatus.FAILED and state.error.startswith("It no longer answered.")
