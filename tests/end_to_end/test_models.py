"""A task over each protocol of language models: the real server, the real client, a mock of the model."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psutil
import pytest

from tests.dialects.conftest import Outcome, call, play, until
from tests.support.mock_models import MockModels
from tests.support.server import ServerProcess, SharedServerProcess

LOOK: dict[str, Any] = {
    "content": "I look at the folder twice, and that takes more than one piece of text to say.",
    "toolCalls": [
        {"name": "list_files", "arguments": {"path": "."}},
        {"name": "list_files", "arguments": {"path": ".", "recursive": True}},
    ],
    "usage": {"input_tokens": 1200, "output_tokens": 70},
}
DONE: dict[str, Any] = {
    "toolCalls": [{"name": "attempt_completion", "arguments": {"result": "Looked twice."}}],
    "usage": {"input_tokens": 1500, "output_tokens": 20},
}


@dataclass(frozen=True)
class Protocol:
    """A protocol, a model that is asked in it, and where its requests go."""

    provider: str
    model: str
    path: str
    suffix: str = ""
    setting: str = "auto"

    def profile(self, mock: MockModels) -> dict[str, Any]:
        """The user's profile, as S2's clients make it."""
        return {
            "apiProvider": self.provider,
            "apiModelId": self.model,
            "apiKey": mock.key,
            "baseUrl": mock.url + self.suffix,
        }


PROTOCOLS = {
    "anthropic": Protocol("anthropic", "claude-haiku-4-5", "/v1/messages"),
    "openai chat": Protocol("openai", "gpt-5-mini", "/v1/chat/completions", "/v1", "chat"),
    "openai responses": Protocol("openai", "gpt-5-mini", "/v1/responses", "/v1", "responses"),
    "gemini": Protocol("gemini", "gemini-2.5-pro", "gemini-2.5-pro:streamGenerateContent"),
}
pytestmark = pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=PROTOCOLS.keys())


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Protocol], ServerProcess]]:
    """A server for each protocol: to import a vendor's library takes a second of processor time."""
    running: dict[Protocol, ServerProcess] = {}

    def serving(protocol: Protocol) -> ServerProcess:
        if protocol not in running:
            settings = {
                "ROOCODE_AGENT__RETRY_DELAY_S": "0.01",
                "ROOCODE_PROVIDERS__OPENAI__PROTOCOL": protocol.setting,
            }
            folder = tmp_path_factory.mktemp("models") / "data"
            running[protocol] = SharedServerProcess(folder, settings).start()
        return running[protocol]

    yield serving
    for each in running.values():
        each.end()


@pytest.fixture
def server(
    servers: Callable[[Protocol], ServerProcess], protocol: Protocol, monkeypatch: pytest.MonkeyPatch
) -> ServerProcess:
    """Its server; loopback is reached without a proxy."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
    return servers(protocol)


def work(server: ServerProcess, protocol: Protocol, mock: MockModels, *then: dict[str, Any]) -> Outcome:
    """Give a task to the model by way of the user's own profile."""
    given = {"text": "Look around.", "configuration": {"apiProvider": "auto", "apiModelId": "auto"}}
    return play(
        server,
        call("createProfile", f"mine {secrets.token_hex(4)}", protocol.profile(mock)),
        call("startNewTask", given, keep="task"),
        *then,
        call("getSession", keep="session", part="sessionId"),
        {"namespace": "/", "call": ["event.list", {"sessionId": "$session", "limit": 200}]},
    )


def events(outcome: Outcome, kind: str) -> list[dict[str, Any]]:
    return [each for each in outcome.acks[-1]["data"] if each["type"] == kind]


def in_order(mock: MockModels, *answers: dict[str, Any]) -> None:
    """Give these answers, one a request; each has the response and the options of its fixture."""
    for number, answer in enumerate(answers):
        response = answer.pop("response")
        mock.say(response, match={"sequenceIndex": number}, **answer)


def test_a_task_streams_calls_tools_in_parallel_and_outlives_what_breaks(
    server: ServerProcess, protocol: Protocol, mock_models: MockModels
) -> None:
    busy = {"error": {"message": "slow down", "type": "mocked"}, "status": 429, "retryAfter": 0.1}
    broken = {"error": {"message": "oh no", "type": "mocked"}, "status": 500}
    in_order(
        mock_models,
        {"response": busy},
        {"response": broken},
        {"response": LOOK, "chunkSize": 10, "truncateAfterChunks": 4},
        {"response": LOOK, "chunkSize": 10},
        {"response": DONE, "chunkSize": 10},
    )
    outcome = work(server, protocol, mock_models, until("taskCompleted"))
    assert outcome.errors == []
    assert all(protocol.path in request.path for request in mock_models.requests())

    retries = [each["error"]["code"] for each in events(outcome, "task.retrying")]
    assert retries == ["RATE_LIMITED", "MODEL_OVERLOADED", "CONNECTION_BROKEN"]

    spoken = [told for told in outcome.messages if told["message"].get("say") == "text"]
    spoken = [told for told in spoken if LOOK["content"].startswith(told["message"]["text"])]
    whole = [told for told in spoken if told["message"]["text"] == LOOK["content"]][-1]
    growing = [told for told in spoken if told["message"]["ts"] == whole["message"]["ts"]]
    assert [told["action"] for told in growing] == ["created", *["updated"] * (len(growing) - 1)]
    assert len(growing) > 3 and growing[-1]["message"]["partial"] is False

    results = [told for told in outcome.messages if told["message"].get("say") == "completion_result"]
    assert len({told["message"]["ts"] for told in results}) == 1
    assert [told["message"]["partial"] for told in results] == [*[True] * (len(results) - 1), False]
    assert results[-1]["message"]["text"] == "Looked twice." and len(results) > 1

    calls = [(each["toolName"], each["result"]["success"]) for each in events(outcome, "tool.completed")]
    assert calls == [("list_files", True), ("list_files", True), ("attempt_completion", True)]
    assert len({each["callId"] for each in events(outcome, "tool.completed")}) == 3
    sent = mock_models.requests()[-1].body["messages"]
    assert len([message for message in sent if message["role"] == "tool"]) == 2

    usage = outcome.seen[outcome.names().index("taskCompleted")][2]
    assert (usage["totalTokensIn"], usage["totalTokensOut"]) == (1200 + 1500, 70 + 20)
    assert usage["contextTokens"] == 1500 + 20


def test_a_task_is_cancelled_in_the_middle_of_a_stream(
    server: ServerProcess, protocol: Protocol, mock_models: MockModels
) -> None:
    mock_models.say({"content": "word " * 2000}, chunkSize=5, latency=100)
    outcome = work(
        server,
        protocol,
        mock_models,
        until("message"),
        until("message"),
        until("message"),
        call("cancelCurrentTask"),
        until("taskUnfocused"),
    )
    assert outcome.errors == []
    [last] = [told for told in outcome.messages if told["message"].get("say") == "text"][-1:]
    assert last["message"]["partial"] is False and len(last["message"]["text"]) < 10_000
    assert outcome.names()[-3:] == ["taskAborted", "taskResumable", "taskUnfocused"]
    port = int(mock_models.url.rpartition(":")[2])
    deadline = time.monotonic() + 30
    while connections_to(server, port):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def connections_to(server: ServerProcess, port: int) -> list[Any]:
    """The server's connections to the model."""
    assert server.process is not None
    found = psutil.Process(server.process.pid).net_connections("tcp")
    return [each for each in found if each.raddr and each.raddr.port == port and each.status == "ESTABLISHED"]


def test_a_model_that_nobody_knows_fails_the_task_with_its_name(
    server: ServerProcess, protocol: Protocol, mock_models: MockModels
) -> None:
    mock_models.say({"content": "Yes."}, match={"model": "another"})
    given_up = (until("taskIdle"), call("pressSecondaryButton"), until("taskAborted"))
    outcome = work(server, protocol, mock_models, *given_up)
    [failed] = events(outcome, "task.failed")
    assert failed["error"]["code"] == "MODEL_UNKNOWN"
    assert protocol.model in failed["error"]["message"]
