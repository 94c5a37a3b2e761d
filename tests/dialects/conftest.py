"""A server with playbooks for S2's clients, and scripts for the real JavaScript client."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.server import ServerProcess

PLAYBOOKS = {
    "whole": """
        match: [whole way]
        pace_ms: 1
        steps:
          - say: This text comes in several pieces, so that it is seen growing until it is complete.
            call: write_to_file
            with: {path: made.txt, content: hello}
          - call: read_file
            with: {path: none.txt}
            on_error: continue
          - call: ask_followup_question
            with: {question: Which is it, follow_up: [this, that]}
          - call: switch_mode
            with: {mode_slug: ask, reason: to look}
          - call: new_task
            with: {mode: code, message: a small errand}
          - call: attempt_completion
            with: {result: all done}
    """,
    "errand": """
        match: [small errand]
        steps:
          - call: attempt_completion
            with: {result: errand done}
    """,
    "careful": """
        match: [one file]
        steps:
          - call: write_to_file
            with: {path: "{{ input }}.txt", content: hello}
            on_error: continue
          - call: attempt_completion
            with: {result: "{{ messages | join }} ended"}
    """,
    "asking": """
        match: [question]
        steps:
          - call: ask_followup_question
            with: {question: Which is it, follow_up: [this, that]}
          - call: attempt_completion
            with: {result: ended}
    """,
    "delegating": """
        match: [hand over]
        steps:
          - call: new_task
            with: {mode: code, message: one file}
            on_error: continue
          - call: attempt_completion
            with: {result: ended}
    """,
    "serving": """
        match: [a server]
        steps:
          - call: execute_command
            with: {command: "echo listening; sleep 95959"}
            on_error: continue
          - call: attempt_completion
            with: {result: ended}
    """,
    "browsing": """
        match: ["http://"]
        steps:
          - call: browser_action
            with: {action: launch, url: "{{ input }}"}
          - call: browser_action
            with: {action: click, coordinate: "20,20"}
          - call: browser_action
            with: {action: close}
          - call: attempt_completion
            with: {result: seen}
    """,
    "slow": """
        match: [slow speech]
        pace_ms: 500
        steps:
          - say: One two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen.
            call: attempt_completion
            with: {result: ended}
    """,
}


@dataclass(frozen=True)
class Outcome:
    """A client's answers, and all events it received, as `[name, *arguments]`."""

    acks: list[Any]
    seen: list[list[Any]]
    saved: dict[str, Any]

    @property
    def errors(self) -> list[str]:
        return [ack["error"]["code"] for ack in self.acks if "error" in ack]

    def names(self, *, of: str | None = None) -> list[str]:
        """Return the names of the events in order; with `of`, only those with this first argument."""
        return [event[0] for event in self.seen if of is None or event[1] == of]

    @property
    def messages(self) -> list[dict[str, Any]]:
        return [event[1] for event in self.seen if event[0] == "message"]


def call(name: str, *arguments: Any, keep: str = "", part: str = "") -> dict[str, Any]:
    """Call a method; its result is stored under a name and inserted for `$name`."""
    return {"call": [name, *arguments], "as": keep, "part": part}


def until(event: str) -> dict[str, Any]:
    """Wait for an event, or for a message of some `ask`."""
    return {"until": event}


def start(text: str, **configuration: Any) -> dict[str, Any]:
    """Start a task with the playbook that the text names; its id is `$task`."""
    settings = {"apiProvider": "scripted", "apiModelId": "auto", **configuration}
    return call("startNewTask", {"text": text, "configuration": settings}, keep="task")


CONNECT: dict[str, Any] = {"connect": {"client": "test"}}


def play(server: ServerProcess, *script: dict[str, Any], transport: str = "websocket") -> Outcome:
    """Run a script on a new connection; it may begin with its own `connect`."""
    steps = script if "connect" in script[0] else (CONNECT, *script)
    told = server.node("extension.mjs", json.dumps(steps), transport)
    assert "stuck" not in told, told
    return Outcome(told["acks"], told["seen"], told["saved"])


def folder_setting(folder: Path) -> str:
    for name, content in PLAYBOOKS.items():
        lines = [line.removeprefix(" " * 8) for line in content.splitlines()]
        (folder / f"{name}.yaml").write_text(f"name: {name}\ndescription: A test's.\n" + "\n".join(lines))
    return json.dumps([str(folder)])


@pytest.fixture(scope="session")
def playbooks(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the setting with the folder of the playbooks."""
    return folder_setting(tmp_path_factory.mktemp("playbooks"))


@pytest.fixture(scope="session")
def host(tmp_path_factory: pytest.TempPathFactory, playbooks: str) -> Iterator[ServerProcess]:
    """A server shared by all tests of the dialect that do not change it."""
    settings = {"ROOCODE_PROVIDERS__SCRIPTED__FOLDERS": playbooks}
    running = ServerProcess(tmp_path_factory.mktemp("extension") / "data", settings).start()
    yield running
    running.end()


@pytest.fixture
def start_host(start_server: Callable[..., ServerProcess], playbooks: str) -> Callable[..., ServerProcess]:
    """Starts a server for a single test."""
    return lambda **settings: start_server(providers__scripted__folders=playbooks, **settings)
