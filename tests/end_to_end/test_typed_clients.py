"""S4's and S1's clients, written from their documents alone, in Node and in a browser's page."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.browser import Page
from tests.support.server import PROJECT, ServerProcess

Start = Callable[..., ServerProcess]

CLIENT = (PROJECT / "tests/end_to_end/clients/opencode_client.mjs").read_text().replace("export ", "")
DOCUMENT: str = next(
    "\n".join(each["javascript"])
    for each in json.loads((PROJECT / "tests/dialects/opencode_examples.json").read_text())
    if "javascript" in each
)
"""The document's own example of a client."""


def assert_automated(seen: list[dict[str, Any]]) -> None:
    """What S4's client has seen of its two tasks."""
    types = [each["type"] for each in seen]
    assert types[0] == "connection_established"
    changes = [
        (each["task_id"], each["old_status"], each["new_status"])
        for each in seen
        if each["type"] == "task_status_update"
    ]
    assert changes == [
        (task_id, *change)
        for task_id in ("task_1", "task_2")
        for change in (("pending", "running"), ("running", "completed"))
    ]
    errors = [each["code"] for each in seen if each["type"] == "error"]
    assert errors == ["TASK_NOT_FOUND"]
    listed = next(each for each in seen if each["type"] == "task_list")
    assert [each["id"] for each in listed["tasks"]] == ["task_2", "task_1"]


def assert_heard(heard: list[dict[str, Any]]) -> None:
    """What S1's client has heard."""
    events = [each["event"] for each in heard]
    assert events[0] == "session.created"
    assert {"task.created", "task.started"} < set(events) and events[-1] == "task.completed"
    assert all(each["data"]["type"] == each["event"] for each in heard)


def test_the_clients_of_the_documents_work_in_node(start_server: Start) -> None:
    told = start_server(auth__mode="open").node("opencode.mjs", DOCUMENT)
    assert told["said"] == ["Connected to OpenCode API"]
    assert told["first"]["type"] == "connection_established"
    assert_automated(told["seen"])
    assert_heard(told["heard"])


async def test_the_clients_of_the_documents_work_in_a_browser(start_server: Start, page: Page) -> None:
    server = start_server(auth__mode="open")
    port = server.url.rpartition(":")[2]
    address = f"ws://localhost:{port}/ws"
    await page.open(f"http://localhost:{port}/")
    await page.until("document.readyState === 'complete'")
    lines = DOCUMENT.replace("localhost:8080", f"localhost:{port}")
    first = await page.evaluate(f"new Promise((handleMessage) => {{ {lines} }})")
    assert first["type"] == "connection_established"
    assert_automated(await page.evaluate(f"{{ {CLIENT} automate(WebSocket, '{address}') }}"))
    start = (
        "async () => {"
        "const post = (path, body) => fetch(path, { method: 'POST', body: JSON.stringify(body),"
        "headers: { 'Content-Type': 'application/json' } }).then((answer) => answer.json());"
        "const { session } = await post('/api/v1/sessions', { name: 'Heard' });"
        "await post(`/api/v1/sessions/${session.id}/tasks`, { input: 'survey' }); }"
    )
    heard = await page.evaluate(f"{{ {CLIENT} listen(WebSocket, '{address}', 'task.completed', {start}) }}")
    assert_heard(heard)


async def test_a_page_of_this_server_uses_the_login_of_its_person(server: ServerProcess, page: Page) -> None:
    await page.open(server.url)
    await page.log_in(server.admin)
    await page.shows("New session")
    address = f"{server.url.replace('http', 'ws')}/ws"
    first = await page.evaluate(
        "new Promise((resolve, reject) => {"
        f"const ws = new WebSocket('{address}');"
        "ws.onmessage = ({ data }) => { ws.close(); resolve(JSON.parse(data)); }; ws.onerror = reject; })"
    )
    assert first["type"] == "connection_established"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_a_page_of_another_origin_is_kept_out_though_nobody_needs_credentials(
    start_server: Start, page: Page, host: str
) -> None:
    server = start_server(auth__mode="open")
    port = server.url.rpartition(":")[2]
    if host == "127.0.0.1":
        await page.call("Page.setBypassCSP", enabled=True)  # the server refuses, not the page's own policy
        await page.open(f"http://127.0.0.1:{port}/")  # another origin than localhost, and an allowed host
        await page.until("document.readyState === 'complete'")
    outcome = await page.evaluate(
        "new Promise((resolve) => {"
        f"const ws = new WebSocket('ws://localhost:{port}/ws');"
        "ws.onmessage = () => resolve('let in'); ws.onerror = () => resolve('kept out'); })"
    )
    assert outcome == "kept out"
