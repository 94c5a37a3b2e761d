"""`roocode usage` and `rules`: what an account has used and decided, with a real server."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from roocode.commands.usage import cost_words
from roocode.models import UsageSums
from tests.support.command_line import CommandLine
from tests.support.mock_models import MockModels
from tests.support.server import ServerProcess

WRITE = ("--provider", "scripted", "--model", "write-and-run")
DO_IT = ("--provider", "scripted", "--model", "do-it")


def test_usage_is_summed_up_by_what_is_named(command_line: CommandLine) -> None:
    session = command_line.succeed("sessions", "create", *WRITE).strip()
    assert command_line.json("usage", "-s", session) == {
        "data": [],
        "total": {
            "requests": 0,
            "tokensIn": 0,
            "tokensOut": 0,
            "cacheReads": 0,
            "cacheWrites": 0,
            "cost": 0.0,
            "unpricedRequests": 0,
        },
    }
    unused = command_line.run("usage", "-s", session)
    assert (unused.returncode, unused.stdout) == (0, "")
    assert unused.stderr == "Nothing was used in that time\n"
    command_line.succeed("run", "-s", session, "--yes", "Write a program")
    used = command_line.json("usage", "--by", "session", "--by", "model", "-s", session)
    [row] = used["data"]
    assert (row["sessionId"], row["provider"], row["model"]) == (session, "scripted", "write-and-run")
    assert row["requests"] == used["total"]["requests"] > 0
    shown = command_line.run("usage", "--by", "model", "-s", session)
    requests = row["requests"]
    tokens = f"{row['tokensIn']}\t{row['tokensOut']}"
    assert shown.stdout == f"scripted/write-and-run\t{requests}\t{tokens}\t\n"
    assert shown.stderr.startswith(f"Together: {requests} requests, ")
    assert "$" not in shown.stderr


def test_a_cost_that_is_not_known_is_not_told_as_nothing() -> None:
    told = {
        (0.0, 0): "",
        (0.0, 3): "?",
        (0.25, 0): "0.2500",
        (0.25, 1): "0.2500 + ?",
    }
    for (cost, unpriced), words in told.items():
        assert cost_words(UsageSums(requests=3, cost=cost, unpriced_requests=unpriced)) == words


def test_requests_without_a_known_price_are_counted_below_the_table(
    start_server: Callable[..., ServerProcess], mock_models: MockModels, tmp_path: Path
) -> None:
    server = start_server()
    done = {"name": "attempt_completion", "arguments": {"result": "Done."}}
    mock_models.say({"toolCalls": [done], "usage": {"prompt_tokens": 70, "completion_tokens": 5}})
    profile = {"name": "ours", "provider": "openai", "model": "a-model-of-ours"}
    address = {"baseUrl": f"{mock_models.url}/v1", "apiKey": mock_models.key}
    assert server.request("POST", "/api/v1/profiles", profile | address).status == 201
    ours = CommandLine(tmp_path, {"ROOCODE_URL": server.url, "ROOCODE_KEY": server.key})
    ours.succeed("run", "--yes", "Say that it is done")
    shown = ours.run("usage", "--by", "model")
    assert shown.stdout == "openai/a-model-of-ours\t1\t70\t5\t?\n"
    assert shown.stderr.endswith("The price of 1 of the requests is not known\n")


def test_usage_is_told_in_a_terminal_with_heads_and_of_these_days_alone(command_line: CommandLine) -> None:
    command_line.succeed("run", *WRITE, "--yes", "Write a program")
    today = datetime.datetime.now(datetime.UTC).date()
    long_ago = command_line.json("usage", "--until", str(today - datetime.timedelta(days=2)))
    assert long_ago["data"] == []
    with command_line.in_terminal("usage", "--by", "day", "--by", "user", "--since", "2026-01-01") as person:
        assert person.code() == 0
    assert "DAY         USER" in person.seen
    assert "TOKENS OUT" in person.seen


@pytest.mark.parametrize("wrong", [("--since", "yesterday"), ("--by", "week"), ("--until", "2026-02-30")])
def test_a_day_or_group_that_there_is_not_is_wrong_usage(
    command_line: CommandLine, wrong: tuple[str, str]
) -> None:
    refused = command_line.run("usage", *wrong)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert wrong[1] in refused.stderr


def test_standing_rules_are_listed_in_words_and_taken_back(
    command_line: CommandLine, playing_server: ServerProcess
) -> None:
    none = command_line.run("rules")
    assert (none.returncode, none.stdout) == (0, "")
    assert none.stderr.startswith("There is none: ")
    assert command_line.json("rules") == []
    task = command_line.succeed("run", *DO_IT, "--detach", "cat none").strip()
    shown = command_line.wait_until_it_asks(task)
    session = f"/api/v1/sessions/{shown['sessionId']}"
    [asked] = playing_server.request("GET", f"{session}/approvals?status=pending").body["data"]
    body = {"action": "approve", "remember": "always"}
    answered = playing_server.request("POST", f"{session}/approvals/{asked['id']}", body)
    assert answered.status == 200, answered.body
    [rule] = command_line.json("rules")
    listed = command_line.succeed("rules")
    assert listed.startswith(f"{rule['id']}\talways\t")
    assert rule["rule"]["command"] in listed
    gone = command_line.run("rules", "delete", rule["id"])
    assert (gone.returncode, gone.stdout) == (0, "")
    assert gone.stderr == f"Taken back: {rule['id']}\n"
    assert json.loads(command_line.succeed("rules", "--json")) == []
    refused = command_line.run("rules", "delete", rule["id"])
    assert refused.returncode == 1
    assert refused.stderr.startswith("Error: ")
    assert command_line.run("rules", "delete").returncode == 2
    command_line.run("tasks", "cancel", task)
