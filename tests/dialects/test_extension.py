"""S2's events, in name, arguments and order, as the real JavaScript client receives them for real tasks."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tests.dialects.conftest import Outcome, call, play, start, until
from tests.support.server import ServerProcess

SUBTASKS = {"autoApprovalEnabled": True, "alwaysAllowModeSwitch": True, "alwaysAllowSubtasks": True}
WHOLE = (
    start("the whole way", **SUBTASKS),
    until("taskInteractive"),
    call("pressPrimaryButton"),
    until("taskInteractive"),
    call("sendMessage", "that"),
    until("taskIdle"),
    call("getSession", keep="session", part="sessionId"),
)
USAGE = {
    "totalTokensIn": 0,
    "totalTokensOut": 0,
    "totalCacheWrites": 0,
    "totalCacheReads": 0,
    "totalCost": 0,
    "contextTokens": 0,
}
ONCE = {"attempts": 1, "failures": 0}
TOOLS = {
    "write_to_file": ONCE,
    "read_file": {"attempts": 1, "failures": 1},
    "ask_followup_question": ONCE,
    "switch_mode": ONCE,
    "new_task": ONCE,
    "attempt_completion": ONCE,
}
MISSING = "There is no file none.txt. list_files shows what there is."
COURSE = [
    ["taskCreated", "PARENT"],
    ["taskStarted", "PARENT"],
    ["taskFocused", "PARENT"],
    ["taskInteractive", "PARENT"],
    ["taskAskResponded", "PARENT"],
    ["taskActive", "PARENT"],
    ["taskToolFailed", "PARENT", "read_file", MISSING],
    ["taskInteractive", "PARENT"],
    ["taskUserMessage", "PARENT"],
    ["taskAskResponded", "PARENT"],
    ["taskActive", "PARENT"],
    ["taskModeSwitched", "PARENT", "ask"],
    ["modeChanged", "ask"],
    ["taskCreated", "CHILD"],
    ["taskSpawned", "PARENT", "CHILD"],
    ["taskDelegated", "PARENT", "CHILD"],
    ["taskPaused", "PARENT"],
    ["taskUnfocused", "PARENT"],
    ["taskStarted", "CHILD"],
    ["taskFocused", "CHILD"],
    ["taskUnfocused", "CHILD"],
    ["taskCompleted", "CHILD", USAGE, {"attempt_completion": ONCE}, {"isSubtask": True}],
    ["taskDelegationCompleted", "PARENT", "CHILD", "errand done"],
    ["taskUnpaused", "PARENT"],
    ["taskDelegationResumed", "PARENT", "CHILD"],
    ["taskFocused", "PARENT"],
    ["taskUnfocused", "PARENT"],
    ["taskCompleted", "PARENT", USAGE, TOOLS, {"isSubtask": False}],
    ["taskIdle", "PARENT"],
]
"""The events of a task with a subtask from beginning to end, without messages and usage."""
OFTEN = ("message", "taskTokenUsageUpdated")
S2_EVENTS = {
    "taskCreated taskStarted taskCompleted taskAborted taskFocused taskUnfocused taskActive taskInteractive",
    "taskResumable taskIdle taskPaused taskUnpaused taskSpawned message taskModeSwitched taskAskResponded",
    "taskToolFailed taskTokenUsageUpdated",
}


@pytest.fixture(scope="module", params=["websocket", "polling"])
def whole(request: pytest.FixtureRequest, host: ServerProcess) -> Outcome:
    """Run it over each transport."""
    outcome = play(host, *WHOLE, transport=request.param)
    outcome.saved["transport"] = request.param
    return outcome


def renamed(outcome: Outcome) -> list[list[Any]]:
    """Return the events with the ids of the two tasks replaced by names."""
    spawned = next(event for event in outcome.seen if event[0] == "taskSpawned")
    names = {spawned[1]: "PARENT", spawned[2]: "CHILD"}
    return [[names.get(one, one) if isinstance(one, str) else one for one in event] for event in outcome.seen]


def test_the_events_of_a_task_have_their_arguments_and_their_order(whole: Outcome) -> None:
    assert whole.errors == []
    assert [event for event in renamed(whole) if event[0] not in OFTEN] == COURSE


def test_usage_is_told_after_each_answer_of_the_model(whole: Outcome) -> None:
    told = [event for event in renamed(whole) if event[0] == "taskTokenUsageUpdated"]
    assert [event[1] for event in told] == ["PARENT"] * 5 + ["CHILD", "PARENT"]
    assert all(event[2] == USAGE for event in told)
    assert told[-1][3] == {name: used for name, used in TOOLS.items() if name != "attempt_completion"}


def test_a_message_grows_under_one_ts_and_is_complete_at_last(whole: Outcome) -> None:
    spoken = [told for told in whole.messages if "several pieces" in told["message"]["text"]]
    ts = spoken[0]["message"]["ts"]
    course = [told for told in whole.messages if told["message"]["ts"] == ts]
    texts = [told["message"]["text"] for told in course]
    assert len(course) > (3 if whole.saved["transport"] == "websocket" else 0)  # slow polls miss pieces
    assert [told["action"] for told in course] == ["created"] + ["updated"] * (len(course) - 1)
    assert [told["message"]["partial"] for told in course] == [True] * (len(course) - 1) + [False]
    assert all(later.startswith(earlier) for earlier, later in itertools.pairwise(texts))


def test_asks_and_says_have_s2s_kinds(whole: Outcome) -> None:
    complete = [told["message"] for told in whole.messages if not told["message"]["partial"]]
    asked = [message["ask"] for message in complete if message["type"] == "ask"]
    said = [message["say"] for message in complete if message["type"] == "say"]
    assert asked == ["tool", "followup"]
    assert {"text", "api_req_started", "tool", "user_feedback", "subtask_result", "completion_result"} == set(
        said
    )


def test_a_message_is_told_before_the_task_waits_for_its_answer(whole: Outcome) -> None:
    events = [event for event in whole.seen if event[0] != "taskTokenUsageUpdated"]
    before = [events[at - 1] for at, event in enumerate(events) if event[0] == "taskInteractive"]
    assert [event[1]["message"]["ask"] for event in before] == ["tool", "followup"]


def test_who_comes_later_is_told_the_same_in_order_and_each_message_once(
    host: ServerProcess, whole: Outcome
) -> None:
    back = {"connect": {"sessionId": whole.saved["session"], "lastSeq": 0}}
    later = play(host, back, until("taskIdle"))
    live = [event for event in whole.seen if event[0] != "message" or not event[1]["message"]["partial"]]
    assert [as_new(event) for event in live] == later.seen


def as_new(event: list[Any]) -> list[Any]:
    """Return a complete message, as sent to a client that did not see it grow."""
    return ["message", {**event[1], "action": "created"}] if event[0] == "message" else event


def test_who_returns_with_a_seq_is_told_what_came_after_it(host: ServerProcess) -> None:
    outcome = play(
        host,
        start("one file"),
        until("taskInteractive"),
        call("getSession", keep="session", part="sessionId"),
        call("getSession", keep="seq", part="lastSeq"),
        {"leave": True},
        {
            "namespace": "/",
            "call": ["task.update", {"sessionId": "$session", "taskId": "$task", "action": "approve"}],
        },
        {"connect": {"sessionId": "$session", "lastSeq": "$seq"}},
        until("taskIdle"),
    )
    names = [name for name in outcome.names() if name not in OFTEN]
    assert names == [
        *("taskCreated", "taskStarted", "taskFocused", "taskInteractive"),
        *("taskAskResponded", "taskActive", "taskUnfocused", "taskCompleted", "taskIdle"),
    ]


def test_where_to_resume_is_known_before_the_first_event(host: ServerProcess) -> None:
    outcome = play(
        host,
        start("one file"),
        until("taskInteractive"),
        call("getSession", keep="session", part="sessionId"),
        call("getSession", keep="seq", part="lastSeq"),
        {"leave": True},
        {"connect": {"sessionId": "$session", "lastSeq": "$seq"}},
        call("getSession", keep="after", part="lastSeq"),
        {"leave": True},
        {"connect": {"sessionId": "$session"}},
        call("getSession", keep="without", part="lastSeq"),
        {"leave": True},
        {"connect": {"sessionId": "$session", "lastSeq": 0}},
        *[call("getSession", keep="whole", part="lastSeq")] * 60,
    )
    saved = outcome.saved
    assert saved["seq"] > 0
    assert saved["after"] == saved["without"] == saved["whole"] == saved["seq"]


def test_a_new_tab_begins_a_session_of_its_own_to_resume(host: ServerProcess) -> None:
    outcome = play(
        host,
        *[start("one file"), until("taskInteractive")] * 2,
        call("getSession", keep="first"),
        call("startNewTask", {"text": "one file", "configuration": {}, "newTab": True}),
        call("getSession", keep="second"),
    )
    first, second = outcome.saved["first"], outcome.saved["second"]
    assert first["sessionId"] != second["sessionId"]
    assert 0 <= second["lastSeq"] < first["lastSeq"]


def test_a_cancelled_task_loses_the_focus_and_is_aborted(host: ServerProcess) -> None:
    outcome = play(
        host, start("one file"), until("taskInteractive"), call("cancelCurrentTask"), until("taskUnfocused")
    )
    told = ["taskInteractive", "taskAborted", "taskResumable", "taskUnfocused"]
    assert outcome.names(of=outcome.saved["task"])[-4:] == told


def test_a_failed_task_says_why_and_is_aborted(host: ServerProcess) -> None:
    outcome = play(host, start("anything", apiModelId="no-such-playbook"), until("taskAborted"))
    assert outcome.names(of=outcome.saved["task"])[-2:] == ["taskUnfocused", "taskAborted"]
    assert outcome.messages[-1]["message"]["say"] == "error"


def test_what_a_cancelled_task_was_saying_is_told_as_complete(host: ServerProcess) -> None:
    outcome = play(
        host,
        start("slow speech"),
        until("message"),
        until("message"),
        call("cancelCurrentTask"),
        until("taskAborted"),
    )
    *_, growing, last = outcome.messages
    assert growing["message"]["partial"]
    assert last == {**growing, "action": "updated", "message": {**growing["message"], "partial": False}}


def test_a_stop_of_the_server_leaves_a_task_resumable_and_a_press_resumes_it(start_host: Any) -> None:
    server = start_host(approvals__edit="always")
    first = play(server, start("a question"), until("taskInteractive"), call("getSession", keep="s"))
    server.stop()
    server.start()
    back = {"connect": {"sessionId": first.saved["s"]["sessionId"], "lastSeq": first.saved["s"]["lastSeq"]}}
    outcome = play(
        server,
        back,
        until("taskResumable"),
        call("getCurrentTaskStack"),
        call("pressPrimaryButton"),
        until("taskInteractive"),
        call("sendMessage", "this"),
        until("taskIdle"),
    )
    assert outcome.errors == []
    assert outcome.acks[0]["result"] == [first.saved["task"]]
    assert [name for name in outcome.names() if name not in OFTEN] == [
        *("taskResumable", "taskUnfocused", "taskActive", "taskFocused", "taskInteractive"),
        *("taskUserMessage", "taskAskResponded", "taskActive", "taskUnfocused", "taskCompleted", "taskIdle"),
    ]


def test_a_limit_that_is_reached_makes_the_task_idle_until_a_press(host: ServerProcess) -> None:
    outcome = play(
        host,
        start("one file", autoApprovalEnabled=True, alwaysAllowWrite=True, allowedMaxRequests=1),
        until("taskIdle"),
        call("pressPrimaryButton"),
        until("taskActive"),
        until("taskCompleted"),
    )
    asks = [told["message"]["ask"] for told in outcome.messages if told["message"]["type"] == "ask"]
    assert asks == ["auto_approval_max_req_reached"]
    assert outcome.errors == []


def test_every_event_of_s2_is_driven_here(whole: Outcome) -> None:
    driven = {*whole.names(), "taskAborted", "taskResumable"}
    assert {name for names in S2_EVENTS for name in names.split()} <= driven


def test_a_request_that_fails_for_good_is_asked_about_and_tried_again_or_given_up(start_host: Any) -> None:
    server = start_host(providers__openai__base_url="http://127.0.0.1:9/v1", agent__request_attempts="1")
    outcome = play(
        server,
        start("anything", apiProvider="openai", apiModelId="m"),
        until("taskIdle"),
        call("pressPrimaryButton"),
        until("taskIdle"),
        call("pressSecondaryButton"),
        until("taskAborted"),
    )
    names = outcome.names(of=outcome.saved["task"])
    assert names.count("taskIdle") == 2
    assert names.count("taskAskResponded") == 2
    asked = [each["message"] for each in outcome.messages if each["message"].get("ask") == "api_req_failed"]
    assert len({each["ts"] for each in asked}) == 2
    assert outcome.messages[-1]["message"]["say"] == "error"


def test_a_new_task_is_focused_once_the_old_one_is_told_as_aborted(host: ServerProcess) -> None:
    outcome = play(
        host, start("one file"), until("taskInteractive"), start("one file"), until("taskInteractive")
    )
    told = [(name, task) for name, task, *_ in outcome.seen if name in ("taskFocused", "taskAborted")]
    old, new = outcome.acks[0]["result"], outcome.acks[1]["result"]
    assert told == [("taskFocused", old), ("taskAborted", old), ("taskFocused", new)]


def test_a_restart_repeats_nothing_of_how_a_subtask_began(start_host: Any) -> None:
    server = start_host()
    first = play(
        server,
        start("hand over", autoApprovalEnabled=True, alwaysAllowSubtasks=True),
        until("taskSpawned"),
        until("taskInteractive"),
        call("getSession", keep="session", part="sessionId"),
    )
    server.stop()
    server.start()
    outcome = play(
        server,
        {"connect": {"sessionId": first.saved["session"], "lastSeq": 0}},
        call("pressPrimaryButton"),
        until("taskDelegationResumed"),
        until("taskIdle"),
    )
    assert outcome.errors == []
    assert [outcome.names().count(name) for name in ("taskSpawned", "taskDelegated", "taskPaused")] == [
        1,
        1,
        1,
    ]
