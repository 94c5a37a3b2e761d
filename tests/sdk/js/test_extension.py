"""`RooCodeAPI`: code for S2's API, over a server."""

from __future__ import annotations

import pytest

from tests.sdk.js.conftest import run_script
from tests.support.nightly import times
from tests.support.server import ServerProcess

CUTS = times(8, nightly=200)
TOKEN_USAGE = {"totalTokensIn", "totalTokensOut", "totalCost", "contextTokens"}


def test_code_for_the_extension_runs_with_another_import(server: ServerProcess) -> None:
    told = run_script(server, "extension")
    task = told["taskId"]
    assert told["none"]
    assert told["early"]["code"] == "RESOURCE_CONFLICT"
    assert told["doneId"] == task
    assert set(told["tokenUsage"]) >= TOKEN_USAGE
    assert told["toolUsage"]["execute_command"] == {"attempts": 2, "failures": 0}
    assert told["options"] == {"isSubtask": False}
    assert told["seen"][:2] == [["taskCreated", task], ["taskStarted", task]]
    assert told["seen"].count(["taskInteractive", task]) == 4
    assert {(of, kind) for of, _, kind in told["messages"]} == {(task, "number")}
    assert {action for _, action, _ in told["messages"]} == {"created", "updated"}
    assert told["stack"] == [task] and told["inHistory"] is True
    assert told["mode"] == "code"
    assert told["sessionId"] and told["lastSeq"] > 0
    assert told["closed"]["code"] == "CONNECTION_FAILED"


@pytest.mark.timeout(600)
def test_a_client_that_is_cut_off_often_has_each_event_once_and_in_order(
    server: ServerProcess,
) -> None:
    told = run_script(server, "extension_cuts", str(CUTS), timeout=550)
    assert told["cuts"] >= CUTS
    assert told["completed"] > 1
    assert told["seen"] == told["witnessed"]
