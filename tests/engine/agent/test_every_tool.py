"""Every tool in one table: through a task and a direct call, successful and failing."""

# ruff: noqa: E501 - a table reads better wide

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from roocode_server.engine.tools.registry import DEFAULT_TOOLS
from roocode_server.models.error import AppError
from roocode_server.models.task import TaskStatus
from roocode_server.models.tool import ToolExecute
from tests.engine.agent.conftest import Agent, Answer, call, done
from tests.engine.mcp.test_servers import SMALL
from tests.engine.tools.test_generate_image import png
from tests.support.mock_models import MockModels

Make = Callable[..., Awaitable[Agent]]
PAGE = "<!doctype html><title>A page</title><script>console.log('hello from the page')</script>"
RESOURCES = """    elif asked["method"] == "resources/list":
        answer["result"] = {"resources": [{"uri": "small://greeting", "name": "greeting"}]}
    elif asked["method"] == "resources/read":
        answer["result"] = {"contents": [{"uri": asked["params"]["uri"], "text": "hello"}]}
    else:
"""
SERVER = SMALL.replace('"tools": {}}', '"tools": {}, "resources": {}}').replace("    else:\n", RESOURCES)
DIFF = "<<<<<<< SEARCH\none\n=======\nuno\n>>>>>>> REPLACE"


@dataclass(frozen=True)
class Row:
    """A tool: a call that does something, what it says, and a call that cannot be done, and why.

    `then` are what a subtask's model answers. A tool that belongs to a task is refused in a direct call.
    """

    tool: str
    good: dict[str, Any]
    says: str
    bad: dict[str, Any]
    why: str
    makes: str | None = None
    of_a_task: bool = False
    then: tuple[Answer, ...] = field(default=())


ROWS = [
    Row("execute_command", {"command": "echo hi"}, "hi", {"command": "exit 3"}, "Exit code 3"),
    Row("read_file", {"path": "a.txt"}, "one", {"path": "none.txt"}, "no file none.txt"),
    Row("write_to_file", {"path": "new.txt", "content": "x\n"}, "created", {"path": "src", "content": "x"}, "is a folder", makes="/new.txt"),
    Row("apply_diff", {"path": "a.txt", "diff": DIFF}, "1 of 1 blocks", {"path": "a.txt", "diff": "no blocks"}, "SEARCH"),
    Row("insert_content", {"path": "a.txt", "line": 0, "content": "z"}, "1 lines inserted", {"path": "a.txt", "line": 99, "content": "z"}, "has 2 lines"),
    Row("search_and_replace", {"path": "a.txt", "search": "two", "replace": "2"}, "1 replaced", {"path": "a.txt", "search": "nine", "replace": "9"}, "does not contain 'nine'"),
    Row("search_files", {"path": ".", "regex": "tw."}, "two", {"path": ".", "regex": "("}, "search failed"),
    Row("list_files", {"path": "."}, "a.txt", {"path": "none"}, "no folder none"),
    Row("list_code_definition_names", {"path": "src"}, "def f():", {"path": "a.txt"}, "supported languages"),
    Row("browser_action", {"action": "launch", "url": "{page}"}, "hello from the page", {"action": "click", "coordinate": "1,1"}, "launch"),
    Row("use_mcp_tool", {"server_name": "small", "tool_name": "where", "arguments": {}}, "/workspaces/", {"server_name": "none", "tool_name": "x"}, "none"),
    Row("access_mcp_resource", {"server_name": "small", "uri": "small://greeting"}, "hello", {"server_name": "none", "uri": "x://y"}, "none"),
    Row("ask_followup_question", {"question": "Which?", "follow_up": ["this"]}, "this", {}, "question", of_a_task=True),
    Row("attempt_completion", {"result": "all done"}, "all done", {}, "result"),
    Row("switch_mode", {"mode_slug": "ask", "reason": "r"}, "Ask mode", {"mode_slug": "none"}, "no mode `none`", of_a_task=True),
    Row("new_task", {"mode": "code", "message": "m"}, "part done", {"mode": "none", "message": "m"}, "no mode `none`", of_a_task=True, then=([done("part done")],)),
    Row("fetch_instructions", {"task": "create_mode"}, ".roomodes", {"task": "none"}, "task"),
    Row("codebase_search", {"query": "a function"}, "src/f.py", {"query": ""}, "query"),
    Row("update_todo_list", {"todos": "[ ] a"}, "1 items", {"todos": "a"}, "is not an item", of_a_task=True),
    Row("generate_image", {"prompt": "a square", "path": "s.png"}, "s.png", {"prompt": "a square", "path": "../s.png"}, "path", makes="/s.png"),
]  # fmt: skip


@pytest.fixture
async def page() -> AsyncIterator[str]:
    """Serve a page; yields its URL."""

    async def serve(_: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    app = web.Application()
    app.router.add_get("/", serve)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    await runner.cleanup()


@pytest.fixture
async def working(make_agent: Make, mock_models: MockModels, monkeypatch: pytest.MonkeyPatch) -> Agent:
    """An engine with everything that the tools need."""
    monkeypatch.setenv("OPENAI_API_KEY", mock_models.key)
    mock_models.say({"image": {"b64Json": base64.b64encode(png()).decode()}})
    config = {
        "network": True,
        "mcpServers": {"small": {"command": "python3", "args": ["small.py"]}},
        "resourceLimits": {"maxMemoryMB": 2048},
        "autoApproval": {
            "autoApprovalEnabled": True,
            "alwaysAllowFollowupQuestions": True,
            "followupAutoApproveTimeoutMs": 1,
        },
        "approvals": [{"decision": "always"}],
    }
    images = {"base_url": f"{mock_models.url}/v1"}
    agent = await make_agent(
        {"mistake_limit": 0}, config, browser={"allow_private": True}, providers={"images": images}
    )
    agent.write("a.txt", "one\ntwo\n")
    agent.write("src/f.py", "def f():\n    pass\n")
    agent.write("small.py", SERVER)
    return agent


def filled(arguments: dict[str, Any], page: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(json.dumps(arguments).replace("{page}", page))
    return loaded


def named(row: Row) -> str:
    return row.tool


def test_every_tool_has_its_row(agent: Agent) -> None:
    tools = set(agent.engine.tools._tools.tools)
    assert {row.tool for row in ROWS} == tools
    assert {tool.name for tool in DEFAULT_TOOLS} <= tools


@pytest.mark.parametrize("row", ROWS, ids=named)
async def test_a_task_uses_it(working: Agent, page: str, row: Row) -> None:
    answers: list[Answer] = [[call(row.tool, "good", **filled(row.good, page))], *row.then, [done()]]
    if row.tool == "attempt_completion":
        answers = answers[:1]
    task = await working.run(*answers)
    assert task.status is TaskStatus.COMPLETED, task.error
    completed = [each for each in await working.events("tool.completed") if each["callId"] == "good"]
    assert [each["result"]["success"] for each in completed] == [True], completed
    assert row.says in completed[0]["result"]["output"]
    assert task.tool_usage[row.tool].failures == 0
    assert task.result is not None
    if row.makes:
        assert row.makes in task.result.files_created


@pytest.mark.parametrize("row", ROWS, ids=named)
async def test_a_task_survives_its_failure(working: Agent, page: str, row: Row) -> None:
    task = await working.run([call(row.tool, "bad", **filled(row.bad, page))], [done()])
    assert task.status is TaskStatus.COMPLETED, task.error
    [failed] = await working.events("tool.failed")
    assert failed["toolName"] == row.tool
    assert row.why in working.model.requests[-1].turns[-1].text
    assert task.tool_usage[row.tool].failures == 1


@pytest.mark.parametrize("row", ROWS, ids=named)
async def test_a_direct_call_does_the_same(working: Agent, page: str, row: Row) -> None:
    request = ToolExecute(
        session_id=working.session_id, tool_name=row.tool, parameters=filled(row.good, page)
    )
    result = (await working.engine.tools.execute(request)).result
    assert result.success is not row.of_a_task
    assert ("task" if row.of_a_task else row.says) in result.output


@pytest.mark.parametrize("row", [row for row in ROWS if not row.of_a_task], ids=named)
async def test_a_direct_call_fails_for_the_same_reason(working: Agent, page: str, row: Row) -> None:
    request = ToolExecute(session_id=working.session_id, tool_name=row.tool, parameters=filled(row.bad, page))
    try:
        told = (await working.engine.tools.execute(request)).result
    except AppError as refusal:
        assert row.why in json.dumps([refusal.message, refusal.details])
    else:
        assert not told.success
        assert row.why in told.output
