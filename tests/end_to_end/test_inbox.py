"""One socket follows all of a person's sessions, and one list has everything that waits for them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.hostile.talking import connected
from tests.support.server import ServerProcess

PLAYBOOKS = Path(__file__).with_name("playbooks")
PASSWORD = "long enough for anybody"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    settings = {"ROOCODE_PROVIDERS__SCRIPTED__FOLDERS": f"[{PLAYBOOKS}]"}
    server = ServerProcess(tmp_path_factory.mktemp("server") / "data", settings)
    server.start()
    yield server
    server.end()


@pytest.fixture(scope="module")
def seen(server: ServerProcess) -> dict[str, Any]:
    entry = {"email": "guest@example.com", "password": PASSWORD}
    user = server.request("POST", "/api/v1/users", entry | {"name": "Guest"}).body["user"]["id"]
    token = server.request("POST", "/api/v1/auth/login", entry, key=None).body["tokens"]["accessToken"]
    return dict(server.node("inbox.mjs", token, user))


def told(entries: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(entry["kind"], entry["sessionName"]) for entry in entries]


def test_all_that_waits_is_listed_newest_first(seen: dict[str, Any]) -> None:
    assert told(seen["questions"]) == [("question", "Second"), ("question", "First")]
    first = seen["questions"][1]
    assert first["question"] == "Which colour?"
    assert first["suggestions"] == ["red", "blue"]
    assert first["taskInput"] == "asks, First"
    assert first["access"] == "owner"


def test_an_approval_is_listed_with_the_call_in_question(seen: dict[str, Any]) -> None:
    assert told(seen["asked"]) == [("approval", "First"), ("question", "Second")]
    assert seen["asked"][0]["approval"]["parameters"]["path"] == "colour.txt"


def test_what_was_answered_waits_no_more(seen: dict[str, Any]) -> None:
    assert told(seen["left"]) == [("question", "Second")]
    assert seen["shared"] == []


def test_a_guest_sees_what_they_may_answer(seen: dict[str, Any]) -> None:
    assert seen["watching"] == []
    assert told(seen["helping"]) == [("question", "First")]
    assert seen["helping"][0]["access"] == "collaborator"


def test_every_event_of_the_named_kinds_came_once_and_in_order(seen: dict[str, Any]) -> None:
    cursor = seen["following"].pop("cursor")
    assert cursor.partition(".")[0].isdigit()
    assert seen["following"] == {
        "following": True,
        "scope": "all",
        "types": ["session.*", "task.*", "approval.*"],
    }
    stored = [[event["type"], event["seq"]] for event in seen["log"]]
    assert seen["heard"] == stored
    assert seen["unfollowed"] == 0


def test_an_interrupted_task_waits_to_be_resumed(server: ServerProcess, seen: dict[str, Any]) -> None:
    server.kill()
    server.start()
    answer = server.request("GET", "/api/v1/inbox?scope=mine&limit=1")
    assert told(answer.body["data"]) == [("interrupted", "Renamed")]
    assert answer.body["pagination"]["total"] == 1


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        ({"types": []}, "types"),
        ({"types": ["nothing.*"]}, "types"),
        ({"scope": "everybody"}, "scope"),
        ({"types": ["*"] * 101}, "types"),
    ],
)
async def test_what_cannot_be_followed_is_refused(
    server: ServerProcess, request_: dict[str, Any], field: str
) -> None:
    async with connected(server, server.key) as client:
        error = (await client.call("event.follow", request_))["error"]
    assert error["code"] == "VALIDATION_ERROR"
    assert field in str(error["details"])
