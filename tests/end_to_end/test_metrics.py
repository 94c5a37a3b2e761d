"""`/metrics` of a real server, read as Prometheus does."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.server import ServerProcess


def samples(text: str) -> dict[tuple[str, ...], float]:
    """Samples by their names and the values of their labels, in the order of the labels' names."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_a_task_with_a_command_leaves_its_traces_in_the_metrics(server: ServerProcess) -> None:
    config = {"provider": "scripted", "allowedCommands": ["*"]}
    made = server.request("POST", "/api/v1/sessions", {"name": "One", "config": config}).body["session"]["id"]
    session = f"/api/v1/sessions/{made}"
    assert server.request("POST", f"{session}/shell", {"cmd": "echo one; exit 3"}).status == 200
    task = server.request("POST", f"{session}/tasks", {"input": "Say hello"}).body["task"]["id"]
    ended = server.request("GET", f"{session}/tasks/{task}?wait=50").body["task"]
    assert ended["status"] == "completed"
    answer = server.request("GET", "/metrics")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/plain")
    found = samples(answer.body)
    assert found["roocode_calls_total", "session.create", "201"] >= 1
    assert found["roocode_call_duration_seconds_count", "task.create"] >= 1
    assert found["roocode_commands_total", "failure"] >= 1
    assert found["roocode_model_requests_total", "success", "scripted"] >= 1
    assert found["roocode_events_appended_total",] >= 3
    assert found["roocode_database_commit_seconds_count",] >= 3
    assert found["roocode_sent_bytes_total",] > 0
    assert found["roocode_event_loop_lag_seconds_count",] >= 1
    for private in (made, task, "@", "user-", "/api/"):
        assert private not in answer.body


def test_every_metric_is_documented(server: ServerProcess) -> None:
    server.request("GET", "/api/v1/sessions/unknown")
    text = (Path(__file__).parents[2] / "docs" / "observability.md").read_text()
    families = text_string_to_metric_families(server.request("GET", "/metrics").body)
    ours = {family.name for family in families if family.name.startswith("roocode_")}
    assert len(ours) > 10
    assert {name for name in ours if f"`{name}" not in text} == set()


def test_a_program_of_this_machine_needs_no_token(server: ServerProcess) -> None:
    assert server.request("GET", "/metrics", key=None).status == 200


@pytest.mark.parametrize(
    "header",
    [
        "X-Forwarded-For: 203.0.113.7",
        "X-Forwarded-Host: roocode.example",
        "Forwarded: for=203.0.113.7",
        "Via: 1.1 proxy",
        "X-Real-IP: 203.0.113.7",
        "Sec-Fetch-Site: none",
        "Authorization: Bearer not-a-token",
    ],
)
def test_but_whoever_comes_through_a_proxy_or_a_browser_does(server: ServerProcess, header: str) -> None:
    refused = server.curl("GET", "/metrics", None, "-H", header, key=None)
    assert (refused.status, refused.code) == (401, "AUTHENTICATION_FAILED")


@pytest.mark.parametrize(
    "setting",
    [
        {"ROOCODE_MONITORING__LOOPBACK_METRICS": "false"},
        {"ROOCODE_SERVER__PUBLIC_URL": "http://127.0.0.1:1"},
        {"ROOCODE_SERVER__TRUSTED_PROXIES": '["10.0.0.0/8"]'},
    ],
    ids=["turned off", "a public URL", "a trusted proxy"],
)
def test_where_a_proxy_is_configured_everybody_needs_a_token(tmp_path: Path, setting: dict[str, str]) -> None:
    server = ServerProcess(tmp_path / "data", setting).start()
    try:
        assert server.request("GET", "/metrics", key=None).status == 401
        assert server.request("GET", "/metrics").status == 200
    finally:
        server.end()
