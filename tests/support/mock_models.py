"""A mock server for the protocols of language models, with answers set by the test: aimock.

It is a third-party Node program (installed by `npm ci`), so that the adapters meet a server that was not
written with them. It refuses every key except `KEY`, and answers 404 if no fixture matches.
"""

from __future__ import annotations

import collections
import http.client
import json
import os
import re
import subprocess
import threading
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).resolve().parents[2] / "node_modules/@copilotkit/aimock/dist/cli.js"
KEY = "a-key-that-opens-the-mock"
LISTENING = re.compile(r"listening on (http://\S+)")


@dataclass(frozen=True)
class SentRequest:
    """A request as the mock received it."""

    path: str
    headers: dict[str, str] = field(repr=False)
    body: dict[str, Any]
    """The request as aimock parsed it: every protocol in the shape of OpenAI's chat completions."""


class MockModels:
    """The running mock. `url` is its URL without a path; `key` is the only key it accepts."""

    key = KEY

    def __init__(self, url: str) -> None:
        self.url = url

    def say(self, response: dict[str, Any], /, match: dict[str, Any] | None = None, **options: Any) -> None:
        """Answer matching requests with this (all, without `match`); the first matching fixture wins.

        `options` are those of a fixture in addition to its response: `latency` (ms between chunks),
        `chunkSize`, `truncateAfterChunks`, `disconnectAfterMs`, `chaos`.
        """
        self.ask("POST", "fixtures", {"fixtures": [{"match": match or {}, "response": response, **options}]})

    def fail(self, status: int, message: str, *, retry_after: float | None = None) -> None:
        """Answer every request with an error."""
        waiting = {} if retry_after is None else {"retryAfter": retry_after}
        self.say({"error": {"message": message, "type": "mocked"}, "status": status, **waiting})

    def requests(self) -> list[SentRequest]:
        """Return the requests since the test began, oldest first."""
        return [
            SentRequest(path=entry["path"], headers=entry["headers"], body=entry["body"])
            for entry in self.ask("GET", "journal")
        ]

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Call the mock's control API and return its answer."""
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(self.url).netloc, timeout=20)
        try:
            content = None if body is None else json.dumps(body)
            headers = {"Authorization": f"Bearer {KEY}"}
            connection.request(method, f"/__aimock/{path}", content, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        assert answer.status == 200, text
        return json.loads(text)


@pytest.fixture(scope="session")
def mock_models_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockModels]:
    """One process for all tests of a worker."""
    fixtures = tmp_path_factory.mktemp("models") / "none.json"
    fixtures.write_text('{"fixtures": []}')
    process = subprocess.Popen(
        ["node", str(PROGRAM), "--port", "0", "--fixtures", str(fixtures)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "AIMOCK_API_KEYS": KEY},
    )
    assert process.stdout is not None
    said: list[str] = []
    url = None
    for line in process.stdout:
        said.append(line)
        if (found := LISTENING.search(line)) is not None:
            url = found[1]
            break
    assert url is not None, "".join(said)
    reading = threading.Thread(target=collections.deque, args=(process.stdout, 0), daemon=True)
    reading.start()
    yield MockModels(url)
    process.kill()
    process.wait()
    reading.join()
    process.stdout.close()


@pytest.fixture
def mock_models(mock_models_process: MockModels, monkeypatch: pytest.MonkeyPatch) -> MockModels:
    """The mock, without fixtures or recorded requests; loopback is reached without a proxy."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
    mock_models_process.ask("POST", "reset")
    return mock_models_process
