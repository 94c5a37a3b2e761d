"""Traces of a real server, as a collector receives them over OTLP."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import socketio
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from tests.support.server import ServerProcess

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TRACEPARENT = f"00-{TRACE}-{PARENT}-01"
UNATTENDED = {"ROOCODE_APPROVALS__EDIT": "always", "ROOCODE_APPROVALS__COMMAND": "always"}


class Collector:
    """Receives traces, and keeps their spans."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self._arrived = threading.Condition()
        collector = self

        class Receiver(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                collector.take(ExportTraceServiceRequest.FromString(body))
                self.send_response(200)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1/traces"
        self._serving = threading.Thread(target=self._server.serve_forever)
        self._serving.start()

    def take(self, request: ExportTraceServiceRequest) -> None:
        with self._arrived:
            for resource in request.resource_spans:
                for scope in resource.scope_spans:
                    self.spans.extend(scope.spans)
            self._arrived.notify_all()

    def wait_for(self, *names: str) -> list[Span]:
        """All spans, once there is one of each of these names."""
        with self._arrived:
            while not set(names) <= {span.name for span in self.spans}:
                assert self._arrived.wait(60), [span.name for span in self.spans]
            return list(self.spans)

    def close(self) -> None:
        self._server.shutdown()
        self._serving.join()
        self._server.server_close()


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    yield made
    made.close()


def serving(collector: Collector, folder: Path, **settings: str) -> ServerProcess:
    return ServerProcess(folder / "data", {"ROOCODE_TRACING__ENDPOINT": collector.url, **settings}).start()


def new_task(server: ServerProcess, playbook: str) -> str:
    """Create a task within the trace of the caller; return its path."""
    config = {"provider": "scripted", "model": playbook}
    made = server.request("POST", "/api/v1/sessions", {"name": "One", "config": config}).body["session"]["id"]
    path = f"/api/v1/sessions/{made}/tasks"
    task = server.curl("POST", path, {"input": "Go"}, "-H", f"traceparent: {TRACEPARENT}").body["task"]["id"]
    return f"{path}/{task}"


def ended(server: ServerProcess, task: str) -> str:
    return str(server.request("GET", f"{task}?wait=50").body["task"]["status"])


def path_of(span: Span, spans: list[Span]) -> list[str]:
    """The names of a span and of all above it, up to the caller's."""
    by_id = {each.span_id: each for each in spans}
    names = [span.name]
    while span.parent_span_id in by_id:
        span = by_id[span.parent_span_id]
        names.append(span.name)
    assert span.parent_span_id.hex() == PARENT
    return names


def test_one_trace_leads_from_a_call_to_the_commands_of_its_task(
    collector: Collector, tmp_path: Path
) -> None:
    server = serving(collector, tmp_path, **UNATTENDED)
    try:
        task = new_task(server, "write-and-run")
        assert ended(server, task) == "completed"
        everything = collector.wait_for("task.create", "task", "command", "execute_tool write_to_file")
        spans = [span for span in everything if span.trace_id.hex() == TRACE]
        named = {span.name: span for span in spans}
        way = ["agent.step", "task", "task.create"]
        assert path_of(named["command"], spans) == ["command", "execute_tool execute_command", *way]
        assert path_of(named["execute_tool write_to_file"], spans) == ["execute_tool write_to_file", *way]
        assert path_of(named["chat write-and-run"], spans) == ["chat write-and-run", *way]
        facts = {fact.key: fact.value for fact in named["chat write-and-run"].attributes}
        assert facts["gen_ai.provider.name"].string_value == "scripted"
        others = {span.name for span in everything if span.trace_id.hex() != TRACE}
        assert "session.create" in others
        assert "admin" not in str(everything)
    finally:
        server.end()


def test_a_task_stays_in_its_trace_after_the_server_was_killed(collector: Collector, tmp_path: Path) -> None:
    server = serving(collector, tmp_path)
    try:
        task = new_task(server, "write-and-run")
        while server.request("GET", task).body["task"]["activity"] != "interactive":
            pass
        server.kill()
        collector.spans.clear()
        server.start()
        while (found := server.request("GET", task).body["task"])["status"] in ("pending", "running"):
            if found["activity"] == "interactive" or found["activity"] == "resumable":
                server.request("PUT", task, {"action": "approve"})
        assert found["status"] == "completed"
        spans = collector.wait_for("task", "command")
        for name in ("task", "agent.step", "command"):
            assert {span.trace_id.hex() for span in spans if span.name == name} == {TRACE}
    finally:
        server.end()


def test_calls_of_a_socket_belong_to_the_trace_of_its_handshake(collector: Collector, tmp_path: Path) -> None:
    server = serving(collector, tmp_path)
    try:
        with socketio.SimpleClient() as client:
            client.connect(server.url, auth={"token": server.key}, headers={"traceparent": TRACEPARENT})
            client.call("session.get", {"sessionId": "unknown"})
        [span] = [span for span in collector.wait_for("session.get") if span.name == "session.get"]
        assert (span.trace_id.hex(), span.parent_span_id.hex()) == (TRACE, PARENT)
        assert (span.status.code, span.status.message) == (Status.STATUS_CODE_ERROR, "RESOURCE_NOT_FOUND")
    finally:
        server.end()


@pytest.mark.parametrize("header", ["nonsense", "00-0-0-01", f"00-{'0' * 32}-{PARENT}-01", "x" * 5000])
def test_a_malformed_traceparent_begins_a_trace_of_its_own(
    collector: Collector, tmp_path: Path, header: str
) -> None:
    server = serving(collector, tmp_path)
    try:
        assert server.curl("GET", "/api/v1/sessions", None, "-H", f"traceparent: {header}").status == 200
        [span] = [span for span in collector.wait_for("session.list") if span.name == "session.list"]
        assert not span.parent_span_id
    finally:
        server.end()


def test_a_collector_that_is_not_there_delays_neither_calls_nor_the_end(tmp_path: Path) -> None:
    server = ServerProcess(
        tmp_path / "data", {"ROOCODE_TRACING__ENDPOINT": "http://127.0.0.1:1/v1/traces"}
    ).start()
    try:
        for _ in range(5):
            assert server.request("GET", "/api/v1/sessions").status == 200
        assert server.stop() == 0
    finally:
        server.end()
