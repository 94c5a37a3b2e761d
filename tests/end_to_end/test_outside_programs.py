"""Third-party programs that a task uses: an MCP server, and a browser."""

from __future__ import annotations

import base64
import functools
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.dialects.conftest import folder_setting, play, start, until
from tests.engine.mcp.conftest import NODE, PROGRAM
from tests.support.processes import started
from tests.support.server import ServerProcess

PAGE = "<!doctype html><title>Served</title><h1>Served</h1><script>console.log('it is shown')</script>"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """The address of a page."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "index.html").write_text(PAGE)
    handler = functools.partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{serving.server_port}/"
        serving.shutdown()
        thread.join()


def test_a_page_is_driven_and_its_picture_reaches_the_client(
    start_server: Callable[..., ServerProcess], site: str, tmp_path: Path
) -> None:
    server = start_server(
        browser__allow_private="true", providers__scripted__folders=folder_setting(tmp_path)
    )
    made = server.request("POST", "/api/v1/sessions", {"name": "Browsing", "config": {"network": True}})
    session_id = made.body["session"]["id"]
    outcome = play(
        server,
        {"connect": {"client": "test", "sessionId": session_id}},
        start(site, autoApprovalEnabled=True, alwaysAllowBrowser=True),
        until("taskIdle"),
    )
    assert outcome.errors == []
    says = [(told["message"].get("say"), told["message"]) for told in outcome.messages]
    results = [message for say, message in says if say == "browser_action_result"]
    actions = [json.loads(message["text"])["action"] for say, message in says if say == "browser_action"]
    assert actions == ["launch", "click", "close"]
    for message in results:
        [picture] = message["images"]
        assert base64.b64decode(picture.removeprefix("data:image/jpeg;base64,"))[:2] == b"\xff\xd8"
    first = json.loads(results[0]["text"])
    assert "it is shown" in first["logs"] and first["currentUrl"] == site


def test_a_server_of_tools_is_listed_called_killed_and_restarted(
    start_server: Callable[..., ServerProcess],
) -> None:
    served = {"all": {"command": NODE, "args": [PROGRAM, "stdio"]}}
    server = start_server(mcp__servers=json.dumps(served))
    session_id = server.request("POST", "/api/v1/sessions", {"name": "Tools"}).body["session"]["id"]
    place = f"/api/v1/sessions/{session_id}"

    def echo(word: str) -> dict[str, Any]:
        given = {"server_name": "all", "tool_name": "echo", "arguments": {"message": word}}
        answer = server.request("POST", f"{place}/tools/use_mcp_tool", {"parameters": given})
        assert answer.status == 200, answer.body
        return dict(answer.body["result"])

    def listed() -> dict[str, Any]:
        [state] = server.request("GET", f"{place}/mcp").body["servers"]
        return dict(state)

    assert listed()["status"] == "stopped"
    assert echo("one")["output"] == "Echo: one"
    assert listed()["status"] == "connected"
    assert "echo" in [tool["name"] for tool in listed()["tools"]]

    [before] = programs(server)
    before.kill()
    deadline = time.monotonic() + 30
    while listed()["status"] == "connected":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert echo("two")["output"] == "Echo: two"
    [after] = programs(server)
    assert after.pid != before.pid

    again = server.request("POST", f"{place}/mcp/all/restart", {})
    assert again.status == 200
    assert echo("three")["output"] == "Echo: three"
    [last] = programs(server)
    assert last.pid != after.pid
    types = [each["type"] for each in server.request("GET", f"{place}/events?limit=100").body["data"]]
    assert [each for each in types if each.startswith("mcp.")] == [
        *["mcp.started", "mcp.stopped"] * 2,
        "mcp.started",
    ]


def programs(server: ServerProcess) -> list[psutil.Process]:
    """Return the MCP servers that the server runs."""
    assert server.process is not None
    return started(PROGRAM, by=server.process.pid)
