"""Changes that commands make, as the real client is told of them."""

from __future__ import annotations

from tests.support.server import ServerProcess


def test_a_client_is_told_what_commands_change(server: ServerProcess) -> None:
    told = server.node("watching.mjs")
    assert "stuck" not in told, told
    assert told["tool"]["result"]["success"], told["tool"]
    by_command = [event for event in told["seen"] if event.get("source") == "command"]
    first = [(event["type"], event["path"]) for event in by_command[:5]]
    assert first == [
        ("file.created", "/src"),
        ("file.created", "/src/a.txt"),
        ("file.modified", "/src/a.txt"),
        ("file.deleted", "/src"),
        ("file.created", "/b.txt"),
    ]
    assert "+two" in by_command[2]["changes"]["diff"]
    order = [event["type"] for event in told["seen"]]
    assert order.index("process.ended") > told["seen"].index(by_command[4])
    flood = [event for event in by_command if event["path"].startswith("/f")]
    sums = [event for event in told["seen"] if event["type"] == "workspace.changed"]
    assert len(flood) + sum(event["created"] for event in sums) == 1000 and len(flood) < 1000
    assert order.index("tool.completed") > order.index("workspace.changed")
