"""Limits of requests: checked by the kind of each field, and reported by its name."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from roocode_server.models.error import ValidationFailed
from roocode_server.models.session import SessionCreate
from roocode_server.models.shape import Shape, value


@value
class Holder(Shape):
    """One field of each kind that callers fill with whatever they like."""

    name: str = ""
    count: int = 0
    names: list[str] | None = None
    by_name: dict[str, str] | None = None
    free: dict[str, Any] | None = None
    several: list[dict[str, Any]] | None = None
    anything: Any = None


def deep(depth: int) -> Any:
    content: Any = 1
    for _ in range(depth):
        content = [content]
    return content


@pytest.mark.parametrize(
    ("field", "content"),
    [
        ("name", "\ud800"),
        ("count", 2**63),
        ("count", "9" * 24),
        ("names", ["fine", "\udfff"]),
        ("byName", {"key": "\ud83d"}),
        ("byName", {"\ud83d": "content"}),
        ("free", {"v": deep(255)}),
        ("free", {"v": 10**24}),
        ("free", {"v": float("nan")}),
        ("several", [{"inner": {"\ud83d": 1}}]),
        ("anything", deep(300)),
        ("anything", deep(100_000)),
    ],
)
def test_what_cannot_be_stored_is_a_mistake_in_its_field(field: str, content: Any) -> None:
    with pytest.raises(ValidationFailed) as refused:
        Holder.load({field: content})
    assert refused.value.details["field"].partition(".")[0] == field
    orjson.dumps(refused.value.body("request-1"))


def test_what_can_be_stored_is_taken() -> None:
    taken = Holder.load({"name": "😀", "count": 2**63 - 1, "free": {"v": deep(150)}, "anything": [None, 2.5]})
    assert taken.name == "😀" and taken.free == {"v": deep(150)}


def test_a_session_cannot_be_named_half_an_emoji() -> None:
    with pytest.raises(ValidationFailed) as refused:
        SessionCreate.load({"name": "\ud83d"})
    assert refused.value.details["field"] == "name"


@pytest.mark.parametrize(
    "config",
    [
        {"agent": {"acp": {"command": ["x"], "environment": {f"V{n}": "1" for n in range(100_000)}}}},
        {"agent": {"acp": {"command": ["x"], "environment": {"V": "1" * 100_000}}}},
        {"allowedCommands": ["x" * 200_000]},
        {"autoApproval": {"allowedCommands": ["x"] * 1001}},
        {"autoApproval": {"deniedCommands": ["x" * 200_000]}},
    ],
)
def test_what_a_session_keeps_is_bounded(config: dict[str, Any]) -> None:
    with pytest.raises(ValidationFailed):
        SessionCreate.load({"name": "One", "config": config})
