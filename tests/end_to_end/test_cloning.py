"""A workspace from a git repository, through both doors of a real server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.repositories import git_host
from tests.support.server import ServerProcess


@pytest.fixture
def server(start_server: Callable[..., ServerProcess]) -> ServerProcess:
    return start_server(files__repository_hosts="['127.0.0.1']")


def session(server: ServerProcess) -> str:
    made = server.curl("POST", "/api/v1/sessions", {"name": "cloned"})
    return str(made.body["session"]["id"])


async def test_curl_and_the_javascript_client_clone_alike(server: ServerProcess, tmp_path: Path) -> None:
    async with git_host(tmp_path / "host") as host:
        host.make("hello", {"README.md": "# hello\n"})
        by_curl, by_socket = session(server), session(server)
        url = f"{host.url}/hello.git"
        answer = await asyncio.to_thread(
            server.curl, "POST", f"/api/v1/sessions/{by_curl}/clone", {"url": url, "depth": 1}
        )
        told: dict[str, Any] = await asyncio.to_thread(server.node, "clone.mjs", by_socket, url)
    assert answer.status == 200, answer.body
    assert answer.body == told["answer"] and answer.body["branch"] == "main"
    assert [(event["files"], event["repository"]) for event in told["seen"]] == [(1, url)]
    content = server.curl("GET", f"/api/v1/sessions/{by_curl}/files/README.md").body["content"]
    assert content == told["content"] == "# hello\n"


async def test_who_follows_the_session_sees_how_far_a_clone_is(server: ServerProcess, tmp_path: Path) -> None:
    async with git_host(tmp_path / "host") as host:
        host.make("hello", {f"file-{number}.txt": f"{number}\n" for number in range(50)})
        url = f"{host.url}/hello.git"
        told = await asyncio.to_thread(server.node, "clone.mjs", session(server), url)
    steps = {step["step"] for step in told["steps"]}
    assert "Receiving objects" in steps
    assert all(0 <= step["percent"] <= 100 and step["repository"] == url for step in told["steps"])


async def test_a_repository_that_is_not_there_is_named(server: ServerProcess, tmp_path: Path) -> None:
    async with git_host(tmp_path / "host") as host:
        place = f"/api/v1/sessions/{session(server)}"
        url = f"{host.url}/nothing.git"
        answer = await asyncio.to_thread(server.curl, "POST", f"{place}/clone", {"url": url})
    assert (answer.status, answer.code) == (404, "RESOURCE_NOT_FOUND")
    assert server.curl("GET", f"{place}/files").body["total"] == 0


def test_a_session_without_the_network_is_told_what_to_do(server: ServerProcess) -> None:
    answer = server.curl(
        "POST", f"/api/v1/sessions/{session(server)}/clone", {"url": "https://example.org/a.git"}
    )
    assert (answer.status, answer.code) == (403, "PERMISSION_DENIED")
    assert "config.network" in answer.body["error"]["message"]
