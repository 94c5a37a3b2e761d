"""Webhooks of a real server survive the deaths of either side."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.end_to_end.deaths import Deaths, check
from tests.support.receiver import receiving
from tests.support.server import PROJECT, ServerProcess

S0 = {"secret": "webhook_secret", "events": ["task.completed", "task.failed"]}


async def test_each_event_arrives_in_order_though_server_and_receiver_are_killed(tmp_path: Path) -> None:
    course = await Deaths(tmp_path).run(kills=6, events=120)
    check(course)
    assert len(course.stored) >= 120


async def test_a_client_of_s0_is_told_of_the_end_of_its_task(
    start_server: Callable[..., ServerProcess],
) -> None:
    server = start_server(webhooks__allow_private_addresses="true")
    async with receiving() as receiver:
        made = server.request("POST", "/api/v1/webhooks", {"url": receiver.url, **S0})
        assert made.status == 201
        assert "webhook_secret" not in str(made.body)
        config = {"provider": "scripted", "model": "survey"}
        session = server.request("POST", "/api/v1/sessions", {"name": "Hooked", "config": config}).body[
            "session"
        ]
        path = f"/api/v1/sessions/{session['id']}/tasks"
        task = server.request("POST", path, {"input": "Look around"}).body["task"]
        [request] = await receiver.has_taken(1)
    assert request.event == "task.completed"
    assert request.payload["data"]["sessionId"] == session["id"]
    assert request.payload["data"]["taskId"] == task["id"]
    assert request.payload["data"]["result"]["summary"]
    assert "webhook_secret" not in server.log
    assert server.stop() == 0


def test_the_receiver_of_the_document_is_the_example() -> None:
    document = (PROJECT / "docs" / "webhooks.md").read_text()
    shown = document.partition("```python\n")[2].partition("```")[0]
    imported, code = shown.split("\n\n", 2)[0], shown.partition("WEBHOOK = ")[2]
    example = (PROJECT / "examples" / "webhook_receiver.py").read_text()
    assert imported in example
    assert code.strip() in example
