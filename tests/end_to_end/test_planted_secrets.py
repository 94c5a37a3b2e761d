"""Secrets that callers send are in no log, trace, figure or audit entry, whatever becomes of their calls."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.test_tracing import Collector, ended, serving
from tests.support.server import ServerProcess

MARK = "planted"


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    yield made
    made.close()


class Planting:
    """Makes secrets that can be told apart, and remembers them."""

    def __init__(self) -> None:
        self.secrets: list[str] = []

    def secret(self, name: str) -> str:
        self.secrets.append(f"{MARK}-{name}-7f3a9c")
        return self.secrets[-1]

    def found_in(self, content: str | bytes) -> list[str]:
        text = content if isinstance(content, str) else content.decode(errors="replace")
        return [secret for secret in self.secrets if secret in text]


def plant_in_calls(server: ServerProcess, planting: Planting) -> str:
    """Send a secret wherever one belongs, in calls that succeed and in calls that fail; a task's path."""
    secret, request = planting.secret, server.request
    config = {
        "provider": "scripted",
        "model": "survey",
        "customInstructions": secret("instructions"),
        "mcpServers": {"none": {"command": "none", "env": {"KEY": secret("mcp-env")}}},
    }
    made = request("POST", "/api/v1/sessions", {"name": "Secrets", "config": config})
    assert made.status == 201, made.body
    agent = {"acp": {"command": ["none"], "environment": {"TOKEN": secret("agent-environment")}}}
    request("POST", "/api/v1/sessions", {"name": "Agent", "config": {"agent": agent}})
    place = f"/api/v1/sessions/{made.body['session']['id']}"
    task = request("POST", f"{place}/tasks", {"input": f"Look at {secret('prompt')}"}).body["task"]["id"]
    request("POST", f"{place}/shell", {"cmd": f"echo {secret('command')}; exit 3"})
    request("POST", f"{place}/processes", {"command": f"echo {secret('process')}"})
    request("POST", f"{place}/tools/execute_command", {"parameters": {"command": f"false {secret('tool')}"}})
    request(
        "POST", f"{place}/tools/write_to_file", {"parameters": {"path": "a", "content": secret("content")}}
    )
    request("POST", f"{place}/files/secret.txt", {"content": secret("file")})
    request("POST", f"{place}/clone", {"url": f"https://me:{secret('clone')}@127.0.0.1:1/a.git"})
    request("POST", "/api/v1/auth/login", {"email": "none@example.com", "password": secret("password")})
    request("POST", "/api/v1/auth/refresh", {"refreshToken": secret("refresh")})
    request("POST", "/api/v1/auth/accept", {"invitation": secret("invitation"), "password": secret("chosen")})
    request("GET", f"/api/v1/sessions?token={secret('query-token')}", key=None)
    request("GET", "/api/v1/sessions", key=secret("bearer"))
    profile = {"name": "mine", "provider": "openai", "apiKey": secret("profile-key"), "activate": False}
    assert request("POST", "/api/v1/profiles", profile).status == 201
    request(
        "POST", "/api/v1/profiles", {**profile, "name": "bad", "baseUrl": f"https://a:{secret('base')}@b/v1"}
    )
    hook = {"url": f"http://a:{secret('hook-url')}@127.0.0.1:1/", "events": ["*"], "secret": secret("hook")}
    request("POST", "/api/v1/webhooks", hook)
    quiet = {"url": "http://127.0.0.1:1/", "events": ["*"], "secret": secret("hook-signing")}
    request("POST", "/api/v1/webhooks", quiet)
    request("POST", f"{place}/files/{secret('path')}/../..", {"content": 3})
    return f"{place}/tasks/{task}"


def call_on_a_raw_socket(server: ServerProcess, secret: str) -> None:
    """Ask for a WebSocket with a token that is none."""
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        head = f"GET /ws?token={secret} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\n"
        head += f"Connection: Upgrade\r\nSec-WebSocket-Key: {'A' * 22}==\r\nSec-WebSocket-Version: 13\r\n"
        connection.sendall(f"{head}Sec-WebSocket-Protocol: bearer.{secret}\r\n\r\n".encode())
        connection.recv(1000)


def test_no_log_trace_figure_or_audit_entry_has_a_secret(
    collector: Collector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planting = Planting()
    monkeypatch.setenv("OPENAI_API_KEY", planting.secret("provider-key"))
    server = serving(collector, tmp_path, ROOCODE_LOGGING__LEVEL="debug")
    try:
        task = plant_in_calls(server, planting)
        call_on_a_raw_socket(server, planting.secret("socket-token"))
        ended(server, task)
        collector.wait_for("task")
        logs = server.request("GET", "/api/v1/system/logs?limit=1000").body
        audit = server.request("GET", "/api/v1/audit?limit=100").body
        metrics = server.request("GET", "/metrics", key=None).body
        assert logs["entries"] and audit["data"]
        assert {
            place: planting.found_in(str(told))
            for place, told in {"log.list": logs, "audit.list": audit, "metrics": metrics}.items()
        } == {"log.list": [], "audit.list": [], "metrics": []}
    finally:
        server.stop()
    stored = sorted((server.data_dir / "logs").iterdir())
    assert any(file.stat().st_size for file in stored)
    assert [secret for file in stored for secret in planting.found_in(file.read_bytes())] == []
    assert planting.found_in(server.log) == []
    assert planting.found_in(str(collector.spans)) == []
