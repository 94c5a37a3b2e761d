"""Servers that are listed, called, killed, restarted and ended: the reference server, and broken ones."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from roocode_server.engine.mcp.answer import McpFailure
from roocode_server.engine.mcp.slot import MOST_FAILURES
from roocode_server.models.error import NotFound
from roocode_server.models.mcp import McpServer, McpStatus
from roocode_server.models.session import SessionConfigChange, SessionUpdate
from roocode_server.models.session_secrets import HIDDEN
from roocode_server.models.settings import McpSettings
from tests.engine.mcp.conftest import EVERYTHING, MODULES, NODE, PROGRAM, House, OpenHouse
from tests.support.processes import kill, started

PATIENCE_S = 60
BROKEN = McpServer(command="sh", args=["-c", "echo no library >&2; exit 1"])
SMALL = """
import json, sys
for line in sys.stdin:
    asked = json.loads(line)
    if "id" not in asked:
        continue
    answer = {"jsonrpc": "2.0", "id": asked["id"]}
    if asked["method"] == "initialize":
        answer["result"] = {
            "protocolVersion": asked["params"]["protocolVersion"],
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "small", "version": "1"},
        }
    elif asked["method"] == "tools/list":
        answer["result"] = {"tools": [{"name": name, "inputSchema": {"type": "object"}} for name in NAMES]}
    elif asked["method"] == "tools/call" and asked["params"]["name"] == "die":
        print("I am done for", file=sys.stderr)
        sys.exit(3)
    elif asked["method"] == "tools/call" and asked["params"]["name"] == "hang":
        continue
    elif asked["method"] == "tools/call":
        text = "y" * 200_000 if asked["params"]["name"] == "flood" else __import__("os").getcwd()
        answer["result"] = {"content": [{"type": "text", "text": text}]}
    else:
        answer["error"] = {"code": -32601, "message": "Method not found"}
    print("a word that is no message")
    print(json.dumps(answer), flush=True)
""".replace("NAMES", '("where", "die", "hang", "flood")')


def served_with(house: House, *, timeout: int = 60) -> McpServer:
    return replace(house.program("small", SMALL), timeout=timeout)


async def use(house: House, **servers: McpServer) -> None:
    """Configure MCP servers for the session."""
    change = SessionConfigChange(mcp_servers=servers)
    await house.engine.sessions.update(SessionUpdate(session_id=house.session_id, config=change))


async def test_the_reference_server_is_listed_and_called(open_house: OpenHouse) -> None:
    async with asyncio.timeout(PATIENCE_S), open_house(servers={"all": EVERYTHING}) as house:
        assert (await house.state("all")).status is McpStatus.STOPPED
        done = await house.execute(
            "use_mcp_tool", server_name="all", tool_name="echo", arguments={"message": "hello"}
        )
        assert (done.success, done.output) == (True, "Echo: hello")
        state = await house.state("all")
        assert state.status is McpStatus.CONNECTED
        assert "echo" in [tool.name for tool in state.tools]
        assert state.resources and state.prompts
        (started,) = await house.events()
        assert (started["type"], started["tools"]) == ("mcp.started", len(state.tools))


async def test_images_and_resources_come_as_what_they_are(open_house: OpenHouse) -> None:
    async with asyncio.timeout(PATIENCE_S), open_house(servers={"all": EVERYTHING}) as house:
        answer = await house.engine.mcp.call_tool(house.session_id, "all", "get-tiny-image", {})
        (image,) = answer.images
        assert image.startswith("data:image/png;base64,iVBOR")
        resource = (await house.state("all")).resources[0]
        read = await house.execute("access_mcp_resource", server_name="all", uri=resource.uri)
        assert read.success and read.output
        missing = await house.execute("access_mcp_resource", server_name="all", uri="demo://nowhere")
        assert not missing.success


async def test_wrong_arguments_are_told_to_the_model(open_house: OpenHouse) -> None:
    async with asyncio.timeout(PATIENCE_S), open_house(servers={"all": EVERYTHING}) as house:
        wrong = await house.execute("use_mcp_tool", server_name="all", tool_name="echo", arguments={})
        assert not wrong.success and "message" in wrong.output
        unknown = await house.execute("use_mcp_tool", server_name="all", tool_name="nope")
        assert not unknown.success and "Its tools: " in unknown.output and "echo" in unknown.output


async def test_an_unknown_server_is_told_to_the_model(open_house: OpenHouse) -> None:
    async with open_house() as house:
        told = await house.execute("use_mcp_tool", server_name="nope", tool_name="echo")
        assert (told.success, told.output) == (False, "There is no MCP server nope. The servers: none.")
        with pytest.raises(NotFound):
            await house.engine.mcp.restart(house.session_id, "nope")


async def test_a_session_s_server_runs_in_its_sandbox(open_house: OpenHouse) -> None:
    async with asyncio.timeout(PATIENCE_S), open_house() as house:
        await use(house, small=served_with(house))
        done = await house.execute("use_mcp_tool", server_name="small", tool_name="where")
        assert done.output == f"/workspaces/{house.session_id}"


async def test_the_operator_s_server_runs_outside(open_house: OpenHouse) -> None:
    mcp = McpSettings(servers={"all": EVERYTHING, "bare": McpServer(command="pwd")})
    async with asyncio.timeout(PATIENCE_S), open_house(mcp=mcp) as house:
        done = await house.execute(
            "use_mcp_tool", server_name="all", tool_name="echo", arguments={"message": "hello"}
        )
        assert done.output == "Echo: hello"
        with pytest.raises(McpFailure):
            await house.engine.mcp.call_tool(house.session_id, "bare", "any", {})


async def test_a_killed_server_is_started_again(open_house: OpenHouse) -> None:
    async with asyncio.timeout(PATIENCE_S), open_house(servers={"all": EVERYTHING}) as house:
        echo = {"server_name": "all", "tool_name": "echo", "arguments": {"message": "hello"}}
        assert (await house.execute("use_mcp_tool", **echo)).success
        assert kill(PROGRAM)
        while (state := await house.state("all")).error is None:
            await asyncio.sleep(0.01)
        assert state.status is McpStatus.FAILED and state.error.startswith("It ended by itself.")
        assert (await house.execute("use_mcp_tool", **echo)).success
        kinds = [each["type"] for each in await house.events()]
        assert kinds == ["mcp.started", "mcp.stopped", "mcp.started"]


async def test_a_server_that_dies_in_a_call_is_told_with_its_last_words(open_house: OpenHouse) -> None:
    async with asyncio.timeout(PATIENCE_S), open_house() as house:
        await use(house, small=served_with(house))
        done = await house.execute("use_mcp_tool", server_name="small", tool_name="die")
        assert not done.success
        while (await house.state("small")).error is None:
            await asyncio.sleep(0.01)
        assert "I am done for" in str((await house.state("small")).error)


async def test_a_server_that_has_just_failed_is_not_tried_at_once(open_house: OpenHouse) -> None:
    async with asyncio.timeout(PATIENCE_S), open_house(servers={"broken": BROKEN}) as house:
        state = await house.engine.mcp.restart(house.session_id, "broken")
        assert state.status is McpStatus.FAILED and "no library" in str(state.error)
        told = await house.execute("use_mcp_tool", server_name="broken", tool_name="any")
        assert "has just failed" in told.output and "no library" in told.output
        assert await house.events() == []


async def test_a_server_that_keeps_failing_stays_down_until_a_person_starts_it(
    open_house: OpenHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("roocode_server.engine.mcp.slot.START_PAUSE_S", 0.0)
    async with asyncio.timeout(PATIENCE_S), open_house(servers={"broken": BROKEN}) as house:
        for _ in range(MOST_FAILURES):
            told = await house.execute("use_mcp_tool", server_name="broken", tool_name="any")
            assert "broken cannot be used." in told.output
        told = await house.execute("use_mcp_tool", server_name="broken", tool_name="any")
        assert "broken failed 5 times and is not started again until mcp.restart." in told.output
        await house.engine.mcp.restart(house.session_id, "broken")
        told = await house.execute("use_mcp_tool", server_name="broken", tool_name="any")
        assert "broken cannot be used." in told.output


async def test_a_server_that_never_answers_is_given_up(open_house: OpenHouse) -> None:
    async with asyncio.timeout(PATIENCE_S), open_house(mcp=McpSettings(start_timeout_s=1)) as house:
        await use(house, silent=McpServer(command="sleep", args=["1000"]))
        told = await house.execute("use_mcp_tool", server_name="silent", tool_name="any")
        assert (told.success, told.output) == (
            False,
            "silent cannot be used. It did not answer within 1 s.",
        )


async def test_a_call_that_takes_too_long_is_given_up_and_the_server_lives_on(open_house: OpenHouse) -> None:
    async with asyncio.timeout(PATIENCE_S), open_house() as house:
        await use(house, small=served_with(house, timeout=1))
        told = await house.execute("use_mcp_tool", server_name="small", tool_name="hang")
        assert not told.success and "1" in told.output
        assert (await house.execute("use_mcp_tool", server_name="small", tool_name="where")).success
        assert len(await house.events()) == 1


async def test_a_long_answer_is_shortened(open_house: OpenHouse) -> None:
    async with asyncio.timeout(PATIENCE_S), open_house() as house:
        await use(house, small=served_with(house))
        done = await house.execute("use_mcp_tool", server_name="small", tool_name="flood")
        assert done.success and "characters left out here" in done.output and len(done.output) < 50_000


async def test_servers_end_with_their_session(open_house: OpenHouse) -> None:
    async with asyncio.timeout(PATIENCE_S), open_house() as house:
        await use(house, small=served_with(house))
        assert (await house.execute("use_mcp_tool", server_name="small", tool_name="where")).success
        await house.engine.sessions.delete(house.session_id)
        assert started("small.py") == []


async def test_servers_end_with_the_engine(open_house: OpenHouse) -> None:
    async with asyncio.timeout(PATIENCE_S), open_house() as house:
        await use(house, small=served_with(house))
        assert (await house.execute("use_mcp_tool", server_name="small", tool_name="where")).success
    assert started("small.py") == []


async def test_a_server_that_nobody_uses_is_ended(open_house: OpenHouse) -> None:
    async with asyncio.timeout(PATIENCE_S), open_house(mcp=McpSettings(idle_timeout_s=1)) as house:
        await use(house, small=served_with(house))
        assert (await house.execute("use_mcp_tool", server_name="small", tool_name="where")).success
        while (await house.state("small")).status is McpStatus.CONNECTED:
            await asyncio.sleep(0.05)
        assert (await house.state("small")).status is McpStatus.STOPPED


async def test_a_model_is_told_of_tools_and_their_arguments(open_house: OpenHouse) -> None:
    servers = {
        "all": EVERYTHING,
        "broken": McpServer(command="false"),
        "off": replace(EVERYTHING, disabled=True),
    }
    async with asyncio.timeout(PATIENCE_S), open_house(servers=servers) as house:
        told = await house.engine.mcp.describe(house.session_id)
        assert "- tool echo: " in told and '"message":{' in told
        assert "## broken\nIt cannot be used at the moment." in told
        assert "off" not in [line.removeprefix("## ") for line in told.splitlines()]


async def test_a_model_is_told_nothing_where_there_are_no_servers(open_house: OpenHouse) -> None:
    async with open_house() as house:
        assert await house.engine.mcp.describe(house.session_id) == ""


async def test_a_workspace_s_server_waits_for_a_call(open_house: OpenHouse) -> None:
    async with asyncio.timeout(PATIENCE_S), open_house() as house:
        house.program("small", SMALL)
        house.name_in_workspace(small={"command": "python3", "args": ["small.py"], "watchPaths": ["x"]})
        assert "Not started yet" in await house.engine.mcp.describe(house.session_id)
        assert (await house.execute("use_mcp_tool", server_name="small", tool_name="where")).success
        assert "- tool where" in await house.engine.mcp.describe(house.session_id)


async def test_a_workspace_s_server_needs_an_allowed_command(open_house: OpenHouse) -> None:
    async with open_house(allowed_commands=["git"]) as house:
        house.name_in_workspace(small={"command": "python3", "args": ["small.py"]})
        told = await house.execute("use_mcp_tool", server_name="small", tool_name="where")
        assert not told.success and "`python3 small.py` may not be run in this session" in told.output


async def test_a_broken_file_of_the_workspace_is_told(open_house: OpenHouse) -> None:
    async with open_house() as house:
        house.name_in_workspace(small={"command": 7})
        _, problem = await house.engine.mcp.states(house.session_id)
        assert problem == ".roo/mcp.json: 'small', command: Not a valid string."
        (house.folder / ".roo/mcp.json").write_bytes(b" " * 1_000_001)
        _, problem = await house.engine.mcp.states(house.session_id)
        assert problem == ".roo/mcp.json: larger than 1000000 bytes"


async def test_a_program_of_the_session_has_its_environment_which_nobody_is_shown(
    open_house: OpenHouse,
) -> None:
    secret = replace(EVERYTHING, env={"TOKEN": "first-value"})
    call = {"server_name": "all", "tool_name": "get-env", "arguments": {}}
    async with asyncio.timeout(PATIENCE_S), open_house(servers={"all": secret}) as house:
        assert "first-value" in (await house.execute("use_mcp_tool", **call)).output
        shown = (await house.engine.sessions.get(house.session_id)).config.mcp_servers["all"]
        assert shown.env == {"TOKEN": HIDDEN}
        more = replace(shown, env=shown.env | {"MORE": "second-value"})
        change = SessionConfigChange(mcp_servers={"all": more})
        await house.engine.sessions.update(SessionUpdate(session_id=house.session_id, config=change))
        output = (await house.execute("use_mcp_tool", **call)).output
        assert "first-value" in output and "second-value" in output


@asynccontextmanager
async def everything_over_http() -> AsyncIterator[str]:
    """Run the reference server on a free port; yields its URL."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        NODE, PROGRAM, "streamableHttp", env={"PORT": str(port), "PATH": "/usr/bin"}, cwd=MODULES,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    try:
        async for line in process.stderr:
            if str(port).encode() in line:
                break
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        process.kill()
        await process.communicate()


async def test_the_operator_s_server_is_reached_over_http(open_house: OpenHouse) -> None:
    async with asyncio.timeout(PATIENCE_S), everything_over_http() as url:
        mcp = McpSettings(servers={"far": McpServer(type="streamable-http", url=url)})
        async with open_house(mcp=mcp) as house:
            done = await house.execute(
                "use_mcp_tool", server_name="far", tool_name="echo", arguments={"message": "hello"}
            )
            assert done.output == "Echo: hello"


async def test_a_session_reaches_no_private_address(open_house: OpenHouse) -> None:
    far = McpServer(url="http://localhost:9/mcp")
    async with asyncio.timeout(PATIENCE_S), open_house(servers={"far": far}, network=True) as house:
        told = await house.execute("use_mcp_tool", server_name="far", tool_name="echo")
        assert not told.success and "which is not public" in told.output


async def test_a_session_without_network_reaches_no_server(open_house: OpenHouse) -> None:
    async with open_house(servers={"far": McpServer(url="https://example.org/mcp")}) as house:
        told = await house.execute("use_mcp_tool", server_name="far", tool_name="echo")
        assert not told.success and "this session does not have" in told.output


async def test_a_server_is_not_asked_for_what_it_does_not_have(open_house: OpenHouse) -> None:
    refusing = SMALL.replace(
        '"code": -32601, "message": "Method not found"', '"code": -32603, "message": "No"'
    )
    async with asyncio.timeout(PATIENCE_S), open_house() as house:
        await use(house, small=house.program("small", refusing))
        outcome = await house.execute("use_mcp_tool", server_name="small", tool_name="where")
        assert outcome.success


async def test_structured_content_is_told_beside_other_content(open_house: OpenHouse) -> None:
    plain = '[{"type": "text", "text": text}]'
    beside = SMALL.replace(plain, plain + ', "structuredContent": {"found": 7}')
    async with asyncio.timeout(PATIENCE_S), open_house() as house:
        await use(house, small=house.program("small", beside))
        outcome = await house.execute("use_mcp_tool", server_name="small", tool_name="where")
        assert outcome.success
        assert '{"found": 7}' in outcome.output
        assert "/" in outcome.output
