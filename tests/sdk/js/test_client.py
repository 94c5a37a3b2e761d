"""The JavaScript SDK in Node, against a real server."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.sdk.js.conftest import run_script
from tests.support.nightly import times
from tests.support.receiver import receiving
from tests.support.server import ServerProcess

CUTS = times(40, nightly=200)
SOME_CUTS = times(10, nightly=50)
MOST_WAITING = times(100, nightly=1000)
"""How many events the client keeps for a reader who is slow."""
SLOWLY_READ = times(250, nightly=2500)
AT_ONCE = times(150, nightly=600)
"""More than those, in one session and in each of two."""
SECRETS = ("webhook_secret", None)
WITHOUT_ANSWER = {"hasRequestId": False}


def test_a_task_is_told_waited_for_iterated_and_ended(server: ServerProcess) -> None:
    told = run_script(server, "tasks")
    callbacks = told["told"]
    assert callbacks["approvals"] == ["write_to_file", "execute_command", "apply_diff", "execute_command"]
    progress = [number for number, _ in callbacks["progress"]]
    assert progress == sorted(progress) and progress[0] < progress[-1]
    assert callbacks["completed"]["filesCreated"] == ["/primes.py"]
    assert callbacks["types"][0] == "task.created" and callbacks["types"][-1] == "task.completed"
    assert told["iterated"] == list(range(told["iterated"][0], told["iterated"][-1] + 1))
    assert told["isPlain"]
    assert callbacks["failed"] == "MODEL_UNKNOWN"
    assert callbacks["own"] == "mine"
    assert told["statuses"] == ["completed", "completed", "failed", "failed", "cancelled", "cancelled"]
    assert told["retryCount"] == 1
    assert told["turn"] == 2
    assert told["impatient"]["code"] == "TIMEOUT"
    assert told["aborted"] == {"name": "Error", **WITHOUT_ANSWER}
    assert told["page"] == [2, 4]
    assert len(told["all"]) == len(set(told["all"])) == 4


def test_every_area_does_what_its_names_say(server: ServerProcess) -> None:
    told = run_script(server, "surface")
    path = "/src/grüße & more.txt"
    assert told["files"] == {
        "name": "grüße & more.txt",
        "read": "one\ntwo\n",
        "stale": "RESOURCE_CONFLICT",
        "listed": [path],
        "outside": {"name": "RooCodeError", "code": "VALIDATION_ERROR", **WITHOUT_ANSWER},
        "renamed": "/b.txt",
    }
    assert told["bytes"] == {"back": [0, 255, 10, 13], "part": [255, 10]}
    assert told["archive"] == 3
    assert told["copies"] == ["Moved", "Copied", "three\n"]
    assert told["search"] == {"text": ["/b.txt"], "files": 2}
    assert told["tools"] == 20 and told["tool"] is True
    assert told["shell"] == "hello"
    assert told["processes"] == [True] and told["stopped"] == "stopped"
    assert told["terminal"] and told["modes"] and told["workspace"]
    assert told["restored"] == "three\n"
    assert told["health"] == "healthy" and told["watched"] == "system.sampled"
    assert told["webhook"] == ["whsec_", 1]
    assert told["raw"] == ["session"]
    assert told["profile"] == "admin@localhost"
    assert told["last"] == "session.deleted"


def test_a_refusal_is_an_error_with_the_server_s_code_and_request_id(server: ServerProcess) -> None:
    told = run_script(server, "surface")
    for name, code, status in (
        ("denied", "PERMISSION_DENIED", 403),
        ("revoked", "AUTHENTICATION_FAILED", 401),
        ("missing", "RESOURCE_NOT_FOUND", 404),
        ("invalid", "VALIDATION_ERROR", 400),
        ("deaf", "RESOURCE_NOT_FOUND", 404),
    ):
        assert told[name] == {"name": "RooCodeError", "code": code, "status": status, "hasRequestId": True}
    several, unknown, missing = told["reasons"]
    wrong = "RooCodeError: Invalid request data: "
    assert several == f"{wrong}name: Not a valid string; config.mode: Not a valid string"
    assert unknown.startswith(f"{wrong}config.provider: No such provider. There are: auto, anthropic, ")
    assert missing == "RooCodeError: No such session"


@pytest.mark.timeout(600)
def test_a_client_that_is_cut_off_often_has_each_event_once_and_in_order(
    server: ServerProcess,
) -> None:
    told = run_script(server, "cuts", str(CUTS), timeout=550)
    assert told["cuts"] >= CUTS
    alternating = [("away", "back")[number % 2] for number in range(len(told["changes"]))]
    assert told["changes"] == alternating != []
    assert told["seen"] == list(range(1, told["last"] + 1))
    assert told["lastSeq"] == told["last"]
    assert told["last"] > CUTS


@pytest.mark.timeout(600)
def test_all_sessions_are_one_stream_that_is_cut_off_and_resumed(server: ServerProcess) -> None:
    told = run_script(server, "all_cuts", str(SOME_CUTS), str(MOST_WAITING), str(AT_ONCE), timeout=550)
    assert told["cuts"] >= SOME_CUTS
    for session_id in told["sessions"]:
        numbers = [seq for each, seq, _ in told["seen"] if each == session_id]
        assert numbers == list(range(1, len(numbers) + 1))
        assert len(numbers) > AT_ONCE
    positions = [int(cursor.partition(".")[0]) for *_, cursor in told["seen"]]
    assert positions == sorted(set(positions))


def test_a_slow_reader_and_a_second_one_miss_nothing(server: ServerProcess) -> None:
    told = run_script(server, "slow", str(SLOWLY_READ), str(MOST_WAITING))
    assert told["head"] > SLOWLY_READ
    assert told["all"] == list(range(1, told["head"] + 1))
    assert told["half"] == list(range(told["middle"] + 1, told["head"] + 1))
    wrong = "RangeError: mostWaiting has to be at least 1, and is"
    assert told["refused"] == [f"{wrong} 0", f"{wrong} NaN"]


def test_a_bot_answers_what_waits_and_what_comes_up_each_once(fresh_server: ServerProcess) -> None:
    told = run_script(fresh_server, "bot")
    assert told["statuses"] == ["completed", "completed"]
    ids = [approval for _, _, approval in told["asked"]]
    assert len(ids) == len(set(ids)) == 8
    assert told["failure"] == "undecided"


def test_an_expired_token_is_renewed_for_calls_and_for_streams(
    start_server: Callable[..., ServerProcess],
) -> None:
    server = start_server(auth__access_token_s="2")
    told = run_script(server, "renewing", server.admin["email"], server.admin["password"])
    assert told["before"]["code"] == told["after"]["code"] == "AUTHENTICATION_FAILED"
    assert told["tokens"] >= 4
    assert told["seen"] == list(range(1, len(told["seen"]) + 1))


def test_only_what_is_safe_is_repeated(server: ServerProcess) -> None:
    told = run_script(server, "repeats")
    once, thrice = 1, 3

    def times(case: str) -> dict[str, Any]:
        return {name: (each["code"], each["times"]) for name, each in told[case].items()}

    def unanswered(code: str) -> dict[str, Any]:
        return {"get": (code, thrice), "change": (code, once), "create": (code, thrice)}

    assert times("broken") == unanswered("CONNECTION_FAILED")
    assert times("overload") == unanswered("SERVER_OVERLOAD")
    assert times("limit") == dict.fromkeys(("get", "change"), ("RATE_LIMIT_EXCEEDED", thrice))
    assert told["longLimit"]["times"] == once
    assert times("defect") == dict.fromkeys(("get", "create"), ("INTERNAL_ERROR", once))
    assert times("gateway") == {"get": ("BAD_GATEWAY", thrice), "change": ("BAD_GATEWAY", once)}
    assert (told["nonsense"]["code"], told["nonsense"]["times"]) == ("UNEXPECTED_ANSWER", once)
    assert told["silent"]["code"] == "TIMEOUT"
    assert told["aborted"]["name"] == "AbortError"
    assert told["inUse"] == {
        "code": "IDEMPOTENCY_KEY_IN_USE",
        "times": thrice,
        "keys": 1,
        "first": ["POST", '"mine"'],
    }
    for case in ("broken", "overload"):
        assert told[case]["create"]["keys"] == 1
        assert told[case]["create"]["first"][1] is not None
        assert told[case]["change"]["first"][1] is None


def test_a_create_whose_answer_is_lost_creates_once(fresh_server: ServerProcess) -> None:
    told = run_script(fresh_server, "keyed")
    assert told["lost"] >= 4
    assert told["sessions"] == 1
    assert told["processes"] == [True]
    assert told["isSame"]


@pytest.mark.parametrize("secret", SECRETS)
async def test_a_webhook_s_request_is_verified(
    start_server: Callable[..., ServerProcess], secret: str | None
) -> None:
    server = start_server(webhooks__allow_private_addresses="true")
    async with receiving() as receiver:
        hook = {"url": receiver.url, "events": ["session.updated"], "secret": secret}
        made = server.request("POST", "/api/v1/webhooks", {k: v for k, v in hook.items() if v}).body
        session_id = server.open_session()
        server.request("PUT", f"/api/v1/sessions/{session_id}", {"name": "Größe"})
        [request] = await receiver.has_taken(1)
    given = {
        "body": request.body,
        "headers": request.headers,
        "secret": secret or made["secret"],
    }
    told = run_script(server, "webhook", json.dumps(given))
    assert told["payload"] == told["asBytes"] == json.loads(request.body)
    for name in ("other", "changed", "late", "bare"):
        assert told[name] == {"name": "RooCodeError", "code": "SIGNATURE_INVALID", **WITHOUT_ANSWER}
