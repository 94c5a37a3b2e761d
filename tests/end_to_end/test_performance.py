"""The performance of a real server, as its callers are told of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import socketio

from tests.support.server import ServerProcess

PATH = "/api/v1/system/performance?timeRange="


def test_calls_through_every_door_are_counted(server: ServerProcess) -> None:
    before = server.request("GET", PATH + "24h").body["throughput"]["totalRequests"]
    made = server.request("POST", "/api/v1/sessions", {"name": "One"}).body["session"]["id"]
    assert server.request("GET", f"/api/sessions/{made}").status == 200
    assert server.request("PUT", f"/api/v1/sessions/{made}/files/raw?path=a.txt", b"text").status == 201
    with socketio.SimpleClient() as client:
        client.connect(server.url, auth={"token": server.key})
        assert client.call("session.get", {"sessionId": made})["session"]["id"] == made
    told = within_a_second(server, "24h", at_least=before + 5)
    by_name = {each["operation"]: each for each in told["operations"]}
    assert by_name["session.create"]["requests"] >= 1
    assert by_name["session.get"]["requests"] >= 2
    assert by_name["file.upload"]["requests"] >= 1
    assert told["throughput"]["bytesPerSecond"] > 0
    times = told["responseTimes"]
    assert 0 < times["min"] <= times["average"] <= times["max"]
    assert times["p95"] <= times["p99"] <= times["max"]


def test_refusals_are_counted_by_their_code(server: ServerProcess) -> None:
    assert server.request("GET", "/api/v1/sessions/unknown").status == 404
    told = within_a_second(server, "5m", at_least=1)
    assert told["errorRates"]["errorsByType"]["RESOURCE_NOT_FOUND"] >= 1
    assert 0 < told["errorRates"]["errorRatePercent"] <= 100


def test_a_range_that_is_not_kept_is_refused(server: ServerProcess) -> None:
    refused = server.request("GET", PATH + "7d")
    assert (refused.status, refused.code) == (400, "VALIDATION_ERROR")


def test_a_summary_names_no_user_and_no_session(server: ServerProcess) -> None:
    session = server.request("POST", "/api/v1/sessions", {"name": "Hers"}).body["session"]["id"]
    server.request("GET", f"/api/v1/sessions/{session}")

    server.roocode(
        "user", "add", "reader@example.com", "--password", "long enough for anybody", "--role", "viewer"
    )
    key = server.roocode("key", "create", "reader@example.com").strip()
    answer = server.request("GET", PATH + "1h", key=key)
    assert answer.status == 200
    assert session not in str(answer.body)
    assert "@" not in str(answer.body)


def within_a_second(server: ServerProcess, time_range: str, at_least: int) -> dict[str, Any]:
    """The performance, once the summary of a moment ago is no longer told."""
    while True:
        told: dict[str, Any] = server.request("GET", PATH + time_range).body
        if told["throughput"]["totalRequests"] >= at_least:
            return told
        time.sleep(0.05)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    started = ServerProcess(tmp_path_factory.mktemp("performance") / "data").start()
    yield started
    started.end()
