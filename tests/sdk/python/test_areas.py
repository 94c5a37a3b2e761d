"""Files, workspaces, terminals, monitoring and webhooks through the client."""

from __future__ import annotations

import asyncio
import base64
import datetime
import json
import time
from pathlib import Path

import pytest
import standardwebhooks

from roocode import (
    AsyncRooCodeClient,
    ConnectionFailed,
    Event,
    NotFound,
    RooCodeClient,
    SignatureInvalid,
    webhooks,
)
from roocode.events import (
    LogWrittenEvent,
    SystemSampledEvent,
    TaskCompletedEvent,
    TerminalClosedEvent,
)
from roocode.wire import loaded_event


async def test_files_of_any_bytes_and_names_come_back_as_they_were(
    client: AsyncRooCodeClient, tmp_path: Path
) -> None:
    session = await client.sessions.create(name="Files")
    content = bytes(range(256)) * 4096
    (tmp_path / "here").write_bytes(content)
    entry = await client.files.upload(session.id, "/in a folder/50 % & ü?.bin", tmp_path / "here")
    assert (entry.name, entry.size) == ("50 % & ü?.bin", len(content))
    assert await client.files.read_bytes(session.id, entry.path) == content
    assert await client.files.download(session.id, entry.path, tmp_path / "back") == len(content)
    assert (tmp_path / "back").read_bytes() == content
    assert (await client.files.read(session.id, entry.path, encoding="base64")).size == len(content)


async def test_a_download_that_fails_leaves_nothing(client: AsyncRooCodeClient, tmp_path: Path) -> None:
    session = await client.sessions.create(name="Files")
    with pytest.raises(NotFound):
        await client.files.download(session.id, "/absent", tmp_path / "back")
    assert list(tmp_path.iterdir()) == []


async def test_a_download_touches_no_other_file(client: AsyncRooCodeClient, tmp_path: Path) -> None:
    session = await client.sessions.create(name="Files")
    await client.files.create(session.id, "/one.txt", "one")
    (tmp_path / "one.txt.part").write_text("mine")
    longest = tmp_path / ("ü" * 127)
    for target in (tmp_path / "one.txt", longest):
        await client.files.download(session.id, "/one.txt", target)
        assert target.read_text() == "one"
    assert (tmp_path / "one.txt.part").read_text() == "mine"
    assert len(list(tmp_path.iterdir())) == 3


async def test_lists_are_asked_for_in_a_query(client: AsyncRooCodeClient) -> None:
    for levels in (["info"], ["info", "error"], ("warning", "error", "info")):
        page = await client.logs.list(levels=levels, limit=5)  # type: ignore[arg-type]
        assert page.entries
        assert {entry.level for entry in page.entries} <= set(levels)


async def test_a_workspace_moves_to_another_session(client: AsyncRooCodeClient, tmp_path: Path) -> None:
    here, there = [await client.sessions.create(name="Move") for _ in range(2)]
    await client.files.create(here.id, "/src/one.txt", "one")
    assert await client.workspace.download(here.id, tmp_path / "all.tar.gz") > 0
    assert await client.workspace.upload(there.id, tmp_path / "all.tar.gz") == 1
    assert (await client.files.read(there.id, "/src/one.txt")).content == "one"
    found = await client.search.text(there.id, "one")
    assert [match.path for match in found.matches] == ["/src/one.txt"]


async def test_a_terminal_is_written_to_and_read(client: AsyncRooCodeClient) -> None:
    session = await client.sessions.create(name="Terminal")
    events = client.events.follow(session.id, after=0)
    terminal = await client.terminals.open(session.id)
    await client.terminals.input(session.id, terminal.id, "echo 4$((1+1))\n")
    while "42" not in (await client.terminals.get(session.id, terminal.id)).output:
        await asyncio.sleep(0.02)
    await client.terminals.input(session.id, terminal.id, "exit 3\n")
    async for event in events:
        if isinstance(event, TerminalClosedEvent):
            break
    assert event.exit_code == 3


async def test_the_machine_is_watched(client: AsyncRooCodeClient) -> None:
    seen: set[type[Event]] = set()
    async for event in client.monitoring.watch("resources", "logs"):
        seen.add(type(event))
        if isinstance(event, SystemSampledEvent):
            assert event.resources.memory_total > 0
        await client.monitoring.resources()
        if LogWrittenEvent in seen or SystemSampledEvent in seen:
            break
    assert seen <= {SystemSampledEvent, LogWrittenEvent}


def test_every_second_thing_is_there_for_the_blocking_client_too(
    blocking: RooCodeClient, tmp_path: Path
) -> None:
    session = blocking.sessions.create(name="Blocking")
    blocking.files.write_bytes(session.id, "/one.txt", b"one")
    process = blocking.processes.start(session.id, "sleep 60")
    assert process.pid in [each.pid for each in blocking.processes.list(session.id)]
    assert blocking.processes.stop(session.id, process.pid, force=True).pid == process.pid
    saved = blocking.checkpoints.create(session.id, reason="kept")
    assert saved is not None
    blocking.files.delete(session.id, "/one.txt")
    blocking.checkpoints.restore(session.id, saved.id)
    assert blocking.files.read_bytes(session.id, "/one.txt") == b"one"
    assert [each.id for each in blocking.checkpoints.each(session.id)][:1] != []


def delivery(secret: str, body: bytes, *, age_s: float = 0) -> dict[str, str]:
    """The headers of a genuine request, signed by the reference implementation."""
    raw = secret.encode() if not secret.startswith("whsec_") else secret
    moment = datetime.datetime.fromtimestamp(time.time() - age_s, datetime.UTC)
    signature = standardwebhooks.Webhook(raw).sign("session-1-17-aa", moment, body.decode())
    return {
        "Webhook-Id": "session-1-17-aa",
        "Webhook-Timestamp": str(int(moment.timestamp())),
        "Webhook-Signature": f"v1,b3RoZXI= {signature}",
    }


BODY = json.dumps(
    {
        "event": "task.completed",
        "timestamp": "2026-11-23T10:15:00.123Z",
        "data": {
            "id": "session-1.17.aa", "sessionId": "session-1", "taskId": "task-1", "seq": 17, "input": "x",
            "result": {"summary": "Done"}, "usage": {}, "toolUsage": {}, "isSubtask": False,
        },
    }
).encode()  # fmt: skip
SECRETS = ["webhook_secret", "whsec_" + base64.b64encode(b"s" * 32).decode()]


@pytest.mark.parametrize("secret", SECRETS)
def test_a_webhook_that_is_genuine_brings_its_event(secret: str) -> None:
    found = webhooks.verify(secret, delivery(secret, BODY), BODY)
    assert found.id == "session-1-17-aa"
    assert isinstance(found.event, TaskCompletedEvent)
    assert (found.event.seq, found.event.result.summary) == (17, "Done")


@pytest.mark.parametrize(
    ("secret", "age_s", "body"),
    [
        ("another_secret", 0, BODY),
        ("webhook_secret", 301, BODY),
        ("webhook_secret", -301, BODY),
        ("webhook_secret", 0, BODY.replace(b"17", b"18")),
        ("whsec_%", 0, BODY),
    ],
)
def test_a_webhook_that_is_not_is_refused(secret: str, age_s: float, body: bytes) -> None:
    with pytest.raises(SignatureInvalid):
        webhooks.verify(secret, delivery("webhook_secret", BODY, age_s=age_s), body)


def test_a_webhook_without_its_headers_is_refused() -> None:
    with pytest.raises(SignatureInvalid, match="webhook-id"):
        webhooks.verify("webhook_secret", {}, BODY)


def test_an_event_of_a_newer_server_is_an_event() -> None:
    raw = {"id": "a.1.b", "type": "task.dreamt", "timestamp": "2026-11-23T10:15:00Z", "seq": 1, "depth": 2}
    event = loaded_event(raw)
    assert type(event) is Event
    assert (event.type, event.raw["depth"]) == ("task.dreamt", 2)


async def test_a_client_that_is_closed_ends_its_readers(client: AsyncRooCodeClient) -> None:
    session = await client.sessions.create(name="Closed")
    reader = client.events.follow(session.id, after=0)
    await anext(reader)
    waiting = asyncio.ensure_future(anext(reader))
    await asyncio.sleep(0)
    await client.close()
    with pytest.raises(ConnectionFailed, match="closed"):
        await waiting
