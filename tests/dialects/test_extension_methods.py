"""S2's methods: what each does, what it refuses, and that a declared operation does it."""

from __future__ import annotations

from typing import Any

import pytest

from roocode_server.engine.engine import Engine
from roocode_server.handlers.dialects.extension.adapter import METHODS
from roocode_server.handlers.registry import AREAS
from tests.dialects.conftest import call, play, start, until
from tests.dialects.test_extension_hostile import EXTENSION
from tests.end_to_end.hostile.talking import talking
from tests.support.server import ServerProcess

OPERATIONS = {declared.name for area in AREAS for declared in area(Engine.__new__(Engine)).operations()}
S2_METHODS = {"startNewTask", "sendMessage", "pressPrimaryButton", "pressSecondaryButton"}
BESIDE = {
    *("resumeTask", "isTaskInHistory", "getCurrentTaskStack", "clearCurrentTask", "cancelCurrentTask"),
    *("isReady", "getConfiguration", "setConfiguration", "getProfiles", "getProfileEntry", "createProfile"),
    *("updateProfile", "upsertProfile", "deleteProfile", "getActiveProfile", "setActiveProfile"),
}
OURS = {"getSession"}
NO_TASK = "task-00000000000000000000"


def test_the_methods_are_those_of_s2_and_one_to_return_by() -> None:
    assert set(METHODS) == S2_METHODS | BESIDE | OURS


@pytest.mark.parametrize("name", METHODS)
def test_a_method_is_done_by_declared_operations(name: str) -> None:
    assert METHODS[name].operations
    assert set(METHODS[name].operations) <= OPERATIONS


@pytest.mark.parametrize(
    ("steps", "code", "told"),
    [
        ([call("startNewTask")], "VALIDATION_ERROR", "options"),
        ([call("startNewTask", {"configuration": {}})], "VALIDATION_ERROR", "options.text"),
        ([call("startNewTask", {"text": ""})], "VALIDATION_ERROR", "options.text"),
        ([call("startNewTask", {"text": "x", "images": ["x"]})], "VALIDATION_ERROR", "options.images.0"),
        ([call("startNewTask", {"text": "x", "tab": 1})], "VALIDATION_ERROR", "options.tab"),
        ([start("x", mode="none")], "VALIDATION_ERROR", "options.configuration.mode"),
        ([start("x", writeDelayMs="soon")], "VALIDATION_ERROR", "options.configuration.writeDelayMs"),
        ([start("x", modelTemperature=7)], "VALIDATION_ERROR", "options.configuration.modelTemperature"),
        ([start("x", diffEnabled=7)], "VALIDATION_ERROR", "options.configuration.diffEnabled"),
        ([call("sendMessage")], "VALIDATION_ERROR", "text"),
        ([call("sendMessage", 1)], "VALIDATION_ERROR", "text"),
        ([call("sendMessage", "x", [], "y")], "VALIDATION_ERROR", ""),
        ([call("sendMessage", "x")], "RESOURCE_CONFLICT", None),
        ([call("pressPrimaryButton")], "RESOURCE_CONFLICT", None),
        ([call("pressPrimaryButton", 1)], "VALIDATION_ERROR", ""),
        ([call("pressSecondaryButton")], "RESOURCE_CONFLICT", None),
        ([call("clearCurrentTask")], "RESOURCE_CONFLICT", None),
        ([call("cancelCurrentTask")], "RESOURCE_CONFLICT", None),
        ([call("resumeTask", NO_TASK)], "RESOURCE_CONFLICT", None),
        ([call("getConfiguration"), call("resumeTask", NO_TASK)], "RESOURCE_NOT_FOUND", None),
        ([call("resumeTask")], "VALIDATION_ERROR", "taskId"),
        ([call("isTaskInHistory")], "VALIDATION_ERROR", "taskId"),
        ([call("getSession")], "RESOURCE_CONFLICT", None),
        ([call("setConfiguration")], "VALIDATION_ERROR", "values"),
        ([call("setConfiguration", {"diffEnabled": True})], "VALIDATION_ERROR", "values.diffEnabled"),
        ([call("setConfiguration", {"apiProvider": 7})], "VALIDATION_ERROR", "values.apiProvider"),
        ([call("createProfile", "p")], "VALIDATION_ERROR", "profile.apiProvider"),
        ([call("createProfile", "p", {"colour": "red"})], "VALIDATION_ERROR", "profile.colour"),
        ([call("updateProfile", "none", {})], "RESOURCE_NOT_FOUND", None),
        ([call("deleteProfile", "none")], "RESOURCE_NOT_FOUND", None),
        ([call("setActiveProfile", "none")], "RESOURCE_NOT_FOUND", None),
        ([call("noSuchMethod")], "UNKNOWN_OPERATION", None),
        ([call("task.create", {"input": "x"})], "UNKNOWN_OPERATION", None),
    ],
)
async def test_a_call_that_cannot_be_done_is_refused_with_the_reason(
    host: ServerProcess, steps: list[dict[str, Any]], code: str, told: str | None
) -> None:
    async with talking(host) as client:
        await client.connect(host.key, EXTENSION, client="test")
        for step in steps:
            answer = await client.call(*step["call"], namespace=EXTENSION)
    refusal = answer["error"]
    assert refusal["code"] == code
    if told is not None:
        assert refusal["details"]["field"] == told


def test_a_refused_start_leaves_the_task_under_way_alone(host: ServerProcess) -> None:
    outcome = play(
        host,
        start("one file"),
        until("taskInteractive"),
        call("startNewTask", {"text": "x", "images": ["nonsense"]}),
        call("getCurrentTaskStack"),
    )
    assert outcome.errors == ["VALIDATION_ERROR"]
    assert outcome.acks[-1]["result"] == [outcome.saved["task"]]


def test_a_new_task_takes_the_place_of_the_one_under_way(host: ServerProcess) -> None:
    outcome = play(
        host,
        start("one file"),
        until("taskInteractive"),
        call("startNewTask", {"text": "small errand"}, keep="second"),
        until("taskIdle"),
    )
    second = [event for event in outcome.seen if event[0] == "taskCompleted"]
    assert [event[1] for event in second] == [outcome.saved["second"]]
    assert outcome.names(of=outcome.saved["task"])[-1] == "taskAborted"


def test_a_new_tab_leaves_the_task_under_way_alone_and_is_followed_too(host: ServerProcess) -> None:
    outcome = play(
        host,
        start("one file"),
        until("taskInteractive"),
        call("getSession", keep="one", part="sessionId"),
        call("startNewTask", {"text": "small errand", "newTab": True}, keep="second"),
        until("taskIdle"),
        call("getSession", keep="two", part="sessionId"),
    )
    assert outcome.saved["one"] != outcome.saved["two"]
    assert outcome.names(of=outcome.saved["task"])[-1] == "taskInteractive"
    assert outcome.names(of=outcome.saved["second"])[-1] == "taskIdle"


def test_the_primary_button_saves_an_edit(host: ServerProcess) -> None:
    outcome = play(
        host,
        start("one file"),
        until("taskInteractive"),
        call("pressPrimaryButton"),
        until("taskIdle"),
        call("getSession", keep="session", part="sessionId"),
        {"namespace": "/", "call": ["file.read", {"sessionId": "$session", "path": "one file.txt"}]},
    )
    assert outcome.acks[-1]["content"] == "hello"


def test_the_secondary_button_rejects_an_edit(host: ServerProcess) -> None:
    outcome = play(
        host,
        start("one file"),
        until("taskInteractive"),
        call("pressSecondaryButton"),
        until("taskIdle"),
        call("getSession", keep="session", part="sessionId"),
        {"namespace": "/", "call": ["file.read", {"sessionId": "$session", "path": "one file.txt"}]},
    )
    assert outcome.errors == ["RESOURCE_NOT_FOUND"]


def test_a_message_rejects_what_waits_and_is_heard(host: ServerProcess) -> None:
    outcome = play(
        host,
        start("one file"),
        until("taskInteractive"),
        call("sendMessage", "rather not"),
        until("taskIdle"),
    )
    last = [told["message"]["text"] for told in outcome.messages][-1]
    assert last == "rather not ended"


def test_a_question_has_no_buttons(host: ServerProcess) -> None:
    outcome = play(
        host,
        start("a question"),
        until("taskInteractive"),
        call("pressPrimaryButton"),
        call("pressSecondaryButton"),
    )
    assert outcome.errors == ["RESOURCE_CONFLICT"] * 2
    assert "sendMessage" in outcome.acks[-1]["error"]["message"]


def test_a_task_at_work_has_no_buttons(host: ServerProcess) -> None:
    outcome = play(
        host,
        start("slow speech"),
        until("taskFocused"),
        call("pressPrimaryButton"),
        call("pressSecondaryButton"),
        call("cancelCurrentTask"),
    )
    assert outcome.errors == ["RESOURCE_CONFLICT"] * 2


RUNS = {"autoApprovalEnabled": True, "alwaysAllowExecute": True, "allowedCommands": ["*"]}


@pytest.mark.parametrize(
    ("press", "told"),
    [
        ("pressPrimaryButton", "goes on in the background"),
        ("pressSecondaryButton", "a person ended it"),
    ],
)
def test_a_command_that_takes_long_goes_on_or_is_killed_by_a_press(
    host: ServerProcess, press: str, told: str
) -> None:
    outcome = play(
        host,
        start("a server", **RUNS),
        until("command_output"),
        call(press),
        until("taskIdle"),
        call("getSession", keep="session", part="sessionId"),
        {"namespace": "/", "call": ["event.list", {"sessionId": "$session", "limit": 100}]},
    )
    assert outcome.errors == []
    [done, _] = [each for each in outcome.acks[-1]["data"] if each["type"] == "tool.completed"]
    assert told in done["result"]["output"]
    shown = [told for told in outcome.messages if told["message"].get("say") == "command_output"]
    assert [(each["action"], each["message"]["partial"]) for each in shown] == [
        ("created", True),
        ("updated", False),
    ]
    assert {each["message"]["text"] for each in shown} == {"listening\n"}
    assert "taskInteractive" not in outcome.names()


def test_after_a_completed_task_the_primary_button_makes_ready_for_a_new_one_once(
    host: ServerProcess,
) -> None:
    outcome = play(
        host,
        start("small errand"),
        until("taskIdle"),
        call("pressSecondaryButton"),
        call("getCurrentTaskStack"),
        call("pressPrimaryButton"),
        call("getCurrentTaskStack"),
        call("pressPrimaryButton"),
        call("clearCurrentTask"),
    )
    assert outcome.errors == ["RESOURCE_CONFLICT"] * 3
    assert [ack["result"] for ack in outcome.acks if "result" in ack] == [
        outcome.saved["task"],
        [outcome.saved["task"]],
        None,
        [],
    ]


def test_a_limit_that_is_reached_ends_the_task_by_the_secondary_button(host: ServerProcess) -> None:
    settings = {"autoApprovalEnabled": True, "alwaysAllowWrite": True, "allowedMaxRequests": 1}
    outcome = play(
        host,
        start("one file", **settings),
        until("taskIdle"),
        call("pressSecondaryButton"),
        until("taskAborted"),
    )
    assert outcome.errors == []


HANDED_OVER = (
    start("hand over", autoApprovalEnabled=True, alwaysAllowSubtasks=True),
    until("taskSpawned"),
    until("taskInteractive"),
)


def test_the_stack_has_the_current_task_last_and_the_buttons_are_its(host: ServerProcess) -> None:
    outcome = play(
        host, *HANDED_OVER, call("getCurrentTaskStack"), call("pressPrimaryButton"), until("taskIdle")
    )
    [spawned] = [event for event in outcome.seen if event[0] == "taskSpawned"]
    assert outcome.acks[1]["result"] == spawned[1:]
    assert outcome.errors == []


def test_a_subtask_that_is_cleared_hands_back_to_its_parent(host: ServerProcess) -> None:
    outcome = play(host, *HANDED_OVER, call("clearCurrentTask"), until("taskIdle"))
    [spawned] = [event for event in outcome.seen if event[0] == "taskSpawned"]
    assert outcome.names(of=spawned[2])[-2:] == ["taskUnfocused", "taskAborted"]
    assert outcome.names(of=spawned[1])[-2:] == ["taskCompleted", "taskIdle"]
    assert "taskDelegationCompleted" not in outcome.names()


def test_a_task_that_is_stopped_takes_its_subtasks_with_it_and_goes_on_with_a_message(
    host: ServerProcess,
) -> None:
    outcome = play(
        host,
        *HANDED_OVER,
        call("cancelCurrentTask"),
        call("getCurrentTaskStack"),
        call("cancelCurrentTask"),
        call("sendMessage", "leave that"),
        until("taskActive"),
    )
    assert len(outcome.acks[2]["result"]) == 2
    assert outcome.errors == []
    [spawned] = [event for event in outcome.seen if event[0] == "taskSpawned"]
    for task_id in spawned[1:]:
        names = outcome.names(of=task_id)
        assert names.index("taskAborted") + 1 == names.index("taskResumable")


def test_a_completed_task_goes_on_with_a_message(host: ServerProcess) -> None:
    outcome = play(
        host,
        start("small errand"),
        until("taskIdle"),
        call("sendMessage", "now also this"),
        until("taskUserMessage"),
        until("taskActive"),
        until("taskIdle"),
        call("getCurrentTaskStack"),
    )
    assert outcome.errors == []
    names = outcome.names(of=outcome.saved["task"])
    assert names.count("taskCompleted") == 2
    assert outcome.acks[-1]["result"] == [outcome.saved["task"]]


def test_a_task_of_the_history_is_taken_up_and_goes_on_with_a_message(host: ServerProcess) -> None:
    outcome = play(
        host,
        start("a question"),
        until("taskInteractive"),
        call("clearCurrentTask"),
        until("taskAborted"),
        call("sendMessage", "nobody is there"),
        call("resumeTask", "$task"),
        call("getCurrentTaskStack"),
        call("pressPrimaryButton"),
        call("sendMessage", "put away"),
        call("resumeTask", "$task"),
        call("sendMessage", "go on"),
        until("taskActive"),
        until("taskInteractive"),
        call("resumeTask", "$task"),
    )
    assert outcome.errors == ["RESOURCE_CONFLICT"] * 3
    assert [outcome.saved["task"]] in [ack.get("result") for ack in outcome.acks]


def test_a_last_word_is_kept_when_the_task_is_cleared(host: ServerProcess) -> None:
    outcome = play(
        host,
        start("a question"),
        until("taskInteractive"),
        call("clearCurrentTask", "enough"),
        until("taskAborted"),
    )
    assert "enough" in [told["message"]["text"] for told in outcome.messages]


def test_the_history_has_the_tasks_of_the_session(host: ServerProcess) -> None:
    outcome = play(
        host,
        call("isTaskInHistory", NO_TASK),
        start("small errand"),
        until("taskIdle"),
        call("isTaskInHistory", "$task"),
        call("isTaskInHistory", NO_TASK),
    )
    assert [ack.get("result") for ack in outcome.acks[:1] + outcome.acks[2:4]] == [False, True, False]
    assert outcome.errors == []


def test_settings_are_kept_in_the_session_and_read_back(host: ServerProcess) -> None:
    given = {
        "mode": "architect",
        "customInstructions": "Be brief.",
        "apiProvider": "scripted",
        "apiModelId": "errand",
        "modelTemperature": 0.5,
        "autoApprovalEnabled": True,
        "alwaysAllowExecute": True,
        "allowedCommands": ["git log"],
        "deniedCommands": ["git push"],
        "allowedMaxRequests": 7,
    }
    outcome = play(
        host,
        call("setConfiguration", given),
        call("setConfiguration", {"alwaysAllowWrite": True, "apiModelId": None}),
        call("getConfiguration"),
        until("modeChanged"),
    )
    found = outcome.acks[-1]["result"]
    assert {name: found[name] for name in given} == given | {"apiModelId": "auto"}  # null takes it back
    assert found["alwaysAllowWrite"] is True
    assert found["alwaysAllowReadOnly"] is False
    assert [event for event in outcome.seen if event[0] == "modeChanged"] == [["modeChanged", "architect"]]


def test_settings_that_are_not_known_here_are_named_and_the_others_taken(host: ServerProcess) -> None:
    more = {"rateLimitSeconds": 3, "terminalOutputLineLimit": 500}
    outcome = play(
        host,
        start("small errand", fuzzyMatchThreshold=0.9, **more),
        call("setConfiguration", {"colour": "red", "modelTemperature": 0.5}),
        call("getConfiguration"),
        until("taskIdle"),
    )
    assert outcome.errors == []
    started, changed, found = outcome.acks
    assert started["ignored"] == list(more)
    assert changed == {"result": None, "ignored": ["colour"]}
    assert found["result"]["fuzzyMatchThreshold"] == 0.9
    assert found["result"]["modelTemperature"] == 0.5


def test_a_start_that_is_refused_leaves_no_configuration_behind(host: ServerProcess) -> None:
    outcome = play(
        host,
        start("small errand", mode="zzz"),
        call("getConfiguration"),
        start("small errand", mode="zzz", modelTemperature=0.5),
        start("small errand", newTab=True, mode="zzz"),
        call("getConfiguration"),
        start("small errand"),
        until("taskIdle"),
    )
    assert outcome.errors == ["VALIDATION_ERROR"] * 3
    before, after = [ack["result"] for ack in outcome.acks if isinstance(ack.get("result"), dict)]
    assert before == after
    assert before["mode"] == "code"
    assert "taskCompleted" in outcome.names()


def test_what_belongs_to_a_task_is_given_with_it(host: ServerProcess) -> None:
    outcome = play(
        host,
        start("small errand", enableCheckpoints=True, diffEnabled=False),
        call("getSession", keep="session", part="sessionId"),
        {"namespace": "/", "call": ["task.get", {"sessionId": "$session", "taskId": "$task"}]},
    )
    config = outcome.acks[-1]["task"]["config"]
    assert config == {"enableDiff": False, "enableCheckpoints": True, "askOnFailure": True}


def test_the_server_says_that_it_is_ready(host: ServerProcess) -> None:
    assert play(host, call("isReady")).acks == [{"result": True}]


def test_profiles_are_made_changed_chosen_and_deleted_by_name(host: ServerProcess) -> None:
    entry = {"apiProvider": "scripted", "apiModelId": "errand"}
    outcome = play(
        host,
        call("createProfile", "one", entry, keep="one"),
        call("createProfile", "one", entry),
        call("upsertProfile", "two", {**entry, "apiKey": "secret"}, False, keep="two"),
        call("getProfiles"),
        call("getActiveProfile"),
        call("getProfileEntry", "two"),
        call("setActiveProfile", "two"),
        call("upsertProfile", "one", {"apiModelId": "whole"}, False),
        call("updateProfile", "two", {"apiModelId": "whole"}),
        call("getProfileEntry", "one"),
        call("getActiveProfile"),
        call("deleteProfile", "one"),
        call("deleteProfile", "two"),
        call("getProfileEntry", "one"),
        call("getActiveProfile"),
    )
    one, two = outcome.saved["one"], outcome.saved["two"]
    assert outcome.errors == ["RESOURCE_CONFLICT"]
    assert [ack["result"] for ack in outcome.acks if "result" in ack] == [
        one,
        two,
        ["one", "two"],
        "one",
        {"id": two, "name": "two", **entry, "hasKey": True},
        two,
        one,
        two,
        {"id": one, "name": "one", "apiProvider": "scripted", "apiModelId": "whole", "hasKey": False},
        "two",
        None,
        None,
        None,
        None,
    ]


def test_a_connection_for_a_session_works_in_it(host: ServerProcess) -> None:
    made = host.request("POST", "/api/v1/sessions", {"name": "x", "config": {"mode": "ask"}}).body["session"]
    outcome = play(host, {"connect": {"sessionId": made["id"]}}, call("getConfiguration"), call("getSession"))
    assert outcome.acks[0]["result"]["mode"] == "ask"
    assert outcome.acks[1]["result"]["sessionId"] == made["id"]
