"""Stored fields become what marshmallow makes of them, only sooner."""

from __future__ import annotations

import datetime
import enum
from dataclasses import field
from typing import Any

import marshmallow
import pytest

from roocode_server.engine.storage.revival import revivals
from roocode_server.models.shape import Shape, StoredSchema, limited, schema_of, value


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@value
class Leaf(Shape):
    name: str
    weight: float = 0.5
    colour: Colour | None = None


@value
class Branch(Shape):
    leaf: Leaf | None = None
    cut_at: datetime.datetime | None = None
    is_green: bool = False


@value
class Tree(Shape):
    leaf: Leaf | None = None
    leaves: list[Leaf] = field(default_factory=list)
    by_name: dict[str, Leaf] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    colours: list[Colour] = field(default_factory=list)
    planted_at: datetime.datetime | None = None
    anything: Any = None
    label: str = field(default="", metadata=limited(longest=3))
    height: int = 0
    is_green: bool = False
    branch: Branch | None = None


MOMENT = datetime.datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=datetime.UTC)
LEAF = {"name": "oak", "weight": 2.5, "colour": "red"}
STORED: list[tuple[str, Any]] = [
    ("leaf", LEAF),
    ("leaf", {"name": "by default"}),
    ("leaf", {"name": "a whole number", "weight": 2}),
    ("leaf", {"name": "numbers as texts", "weight": "2.5"}),
    ("leaves", [LEAF, {"name": "elm"}]),
    ("leaves", []),
    ("by_name", {"first": LEAF}),
    ("counts", {"a": 1, "b": 2}),
    ("counts", {"a": "7"}),
    ("colours", ["blue", "red"]),
    ("planted_at", "2026-01-02T03:04:05.678Z"),
    ("anything", {"deep": [1, None, {"a": True}]}),
    ("anything", ["a", 1]),
    ("label", "longer than anybody may write today"),
    ("branch", {"leaf": LEAF, "cut_at": "2026-01-02T03:04:05Z", "is_green": True}),
]
WRONG: list[tuple[str, Any]] = [
    ("leaf", {"weight": 1.5}),
    ("leaf", {"name": "oak", "unknown": 1}),
    ("leaf", {"name": 7}),
    ("leaf", {"name": "oak", "colour": "green"}),
    ("leaf", ["oak"]),
    ("leaves", [LEAF, {}]),
    ("leaves", LEAF),
    ("counts", {"a": "many"}),
    ("colours", ["green"]),
    ("planted_at", "yesterday"),
]


@pytest.mark.parametrize(("name", "stored"), STORED)
def test_a_field_is_what_marshmallow_makes_of_it(name: str, stored: Any) -> None:
    expected = schema_of(Tree, StoredSchema).fields[name].deserialize(stored)
    made = revivals(Tree)[name](stored)
    assert made == expected and type(made) is type(expected)


@pytest.mark.parametrize(("name", "stored"), STORED)
def test_it_is_stored_as_marshmallow_dumps_it(name: str, stored: Any) -> None:
    field = schema_of(Tree, StoredSchema).fields[name]
    tree = Tree(**{name: field.deserialize(stored)})
    assert tree.dump_stored()[name] == field.serialize(name, tree)


@pytest.mark.parametrize(("name", "stored"), WRONG)
def test_what_no_server_has_stored_is_refused(name: str, stored: Any) -> None:
    with pytest.raises(marshmallow.ValidationError):
        revivals(Tree)[name](stored)


@pytest.mark.parametrize(
    ("name", "content"),
    [("leaf", None), ("planted_at", MOMENT), ("height", 7), ("is_green", True), ("label", "as it is")],
)
def test_what_the_driver_has_converted_stays(name: str, content: Any) -> None:
    assert revivals(Tree)[name](content) is content
