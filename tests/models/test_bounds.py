"""What a schema checks before doing any work, and how many mistakes it reports."""

from __future__ import annotations

from typing import Any

import pytest

from roocode_server.models.error import ValidationFailed
from roocode_server.models.login import Login
from roocode_server.models.session import SessionCreate, SessionList
from roocode_server.models.task import TaskCreate
from roocode_server.models.tool import ToolExecute

DEEP: Any = []
for _ in range(250):
    DEEP = [DEEP]

MANY = dict.fromkeys(map(str, range(100_000)), "")
TOO_MUCH = [
    (Login, {f"x{number}": 1 for number in range(100_000)}, "email"),
    (SessionCreate, {"config": {"allowedCommands": [1] * 100_000}}, "config.allowedCommands"),
    (SessionCreate, {"config": {"approvals": [{"decision": 7}] * 20_000}}, "config.approvals"),
    (SessionCreate, {"config": {"autoApproval": {"deniedCommands": [1] * 100_000}}}, None),
    (SessionCreate, {"config": {"agent": {"acp": {"command": ["x"], "environment": MANY}}}}, None),
    (TaskCreate, {"sessionId": "s", "input": "x", "images": [1] * 100_000}, "images"),
    (ToolExecute, {"sessionId": "s", "toolName": "x", "parameters": MANY}, "parameters"),
    (ToolExecute, {"sessionId": "s", "toolName": "x", "parameters": {"v": [0] * 100_000}}, None),
    (ToolExecute, {"sessionId": "s", "toolName": "x", "parameters": {"v": DEEP}}, "parameters"),
]


@pytest.mark.parametrize(("shape", "raw", "field"), TOO_MUCH)
def test_too_much_is_refused_by_its_length_with_a_few_mistakes(
    shape: Any, raw: Any, field: str | None
) -> None:
    with pytest.raises(ValidationFailed) as refused:
        shape.load(raw)
    told = refused.value.details.get("fields", [refused.value.details])
    assert len(told) <= 20
    assert field is None or field in [each["field"] for each in told]


def test_a_hundred_wrong_items_are_told_up_to_the_twentieth() -> None:
    with pytest.raises(ValidationFailed) as refused:
        SessionCreate.load({"config": {"allowedCommands": ["ls", *[1] * 100]}})
    told = [each["field"] for each in refused.value.details["fields"]]
    assert told == [f"config.allowedCommands.{index}" for index in range(1, 21)]


def test_a_name_of_a_megabyte_is_not_repeated_to_who_sent_it() -> None:
    with pytest.raises(ValidationFailed) as refused:
        Login.load({"x" * 1_000_000: 1, "email": "a@b.example", "password": "p"})
    assert refused.value.details["field"] == "x" * 100


@pytest.mark.parametrize(
    ("shape", "raw", "field"),
    [
        (SessionList, {"limit": "100"}, "limit"),
        (SessionList, {"limit": True}, "limit"),
        (SessionCreate, {"config": {"network": "true"}}, "config.network"),
        (SessionCreate, {"config": {"network": 1}}, "config.network"),
        (SessionCreate, {"config": {"temperature": "0.5"}}, "config.temperature"),
    ],
)
def test_a_text_is_neither_a_number_nor_a_truth_in_json(shape: Any, raw: Any, field: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        shape.load(raw)
    assert refused.value.details["field"] == field


def test_the_texts_of_a_query_say_numbers_and_truths() -> None:
    assert SessionList.read_texts({"limit": "100", "offset": "x"}) == {"limit": 100, "offset": "x"}
