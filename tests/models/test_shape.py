"""A shape is declared once: it is loaded from the wire, described as JSON Schema, and dumped unchanged."""

from __future__ import annotations

import datetime
import enum
from dataclasses import field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from roocode_server.models.error import ValidationFailed
from roocode_server.models.shape import PlainShape, Shape, camel_case, described, limited, one_of, value


class Colour(enum.StrEnum):
    RED = "red"


@value
class Part(Shape):
    part_name: str


@value
class Whole(Shape):
    """One field of each kind."""

    made_at: datetime.datetime
    colour: Colour
    size_mb: int = field(default=1, metadata=described("How large", **limited(least=1, most=10)))
    kind: str = field(default="a", metadata=one_of("a", "b"))
    parts: list[Part] = field(default_factory=list)
    by_name: dict[str, Part] = field(default_factory=dict)
    note: str | None = None


@value
class Parameters(PlainShape):
    file_pattern: str
    depth: int = 1


WIRE: dict[str, Any] = {
    "madeAt": "2026-01-02T03:04:05.678Z",
    "colour": "red",
    "sizeMB": 2,
    "kind": "b",
    "parts": [{"partName": "one"}],
    "byName": {"x": {"partName": "two"}},
}


def mistakes(shape: type[Shape], raw: object) -> dict[str, str]:
    with pytest.raises(ValidationFailed) as refusal:
        shape.load(raw)
    details = refusal.value.details
    return {each["field"]: each["reason"] for each in details.get("fields", [details])}


def test_what_is_loaded_is_dumped_as_it_came() -> None:
    assert Whole.load(WIRE).dump() == WIRE


def test_what_is_loaded_has_pythons_types() -> None:
    loaded = Whole.load(WIRE)
    assert loaded.made_at == datetime.datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=datetime.UTC)
    assert (loaded.colour, loaded.parts, loaded.by_name["x"].part_name) == (
        Colour.RED,
        [Part(part_name="one")],
        "two",
    )


def test_what_is_left_out_has_its_default_and_none_is_not_dumped() -> None:
    dumped = Whole.load({"madeAt": WIRE["madeAt"], "colour": "red"}).dump()
    assert dumped == {**WIRE, "sizeMB": 1, "kind": "a", "parts": [], "byName": {}}


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"sizeMB": 11}, "sizeMB"),
        ({"sizeMB": "2"}, "sizeMB"),
        ({"sizeMB": 1.5}, "sizeMB"),
        ({"kind": "c"}, "kind"),
        ({"colour": "RED"}, "colour"),
        ({"madeAt": "yesterday"}, "madeAt"),
        ({"parts": [{"partName": "one"}, {}]}, "parts.1.partName"),
        ({"byName": {"x": {"partName": 1}}}, "byName.x.partName"),
        ({"size_mb": 2}, "size_mb"),
        ({"unknown": 1}, "unknown"),
    ],
)
def test_a_mistake_is_told_by_its_field(change: dict[str, Any], name: str) -> None:
    assert list(mistakes(Whole, {**WIRE, **change})) == [name]


def test_every_mistake_is_told_at_once() -> None:
    assert set(mistakes(Whole, {"sizeMB": 0, "kind": "c"})) == {"madeAt", "colour", "sizeMB", "kind"}


@pytest.mark.parametrize("raw", [None, [], "text", 1])
def test_what_is_no_object_is_no_shape(raw: object) -> None:
    assert mistakes(Whole, raw) == {"": "Expected an object."}


def test_a_plain_shape_keeps_pythons_names_and_takes_a_number_that_is_written_as_text() -> None:
    assert Parameters.load({"file_pattern": "*.py", "depth": "3"}).dump() == {
        "file_pattern": "*.py",
        "depth": 3,
    }


def test_a_query_says_in_texts_what_json_says_in_types() -> None:
    texts = Whole.read_texts({"sizeMB": "3", "kind": "b", "unknown": "x"})
    assert texts == {"sizeMB": 3, "kind": "b", "unknown": "x"}


def test_the_json_schema_has_the_wires_names_bounds_and_words() -> None:
    schema = Whole.json_schema()
    assert schema["properties"]["sizeMB"] == {
        "type": "integer",
        "minimum": 1,
        "maximum": 10,
        "default": 1,
        "description": "How large",
    }
    assert sorted(schema["required"]) == ["colour", "madeAt"]


def test_a_shape_is_frozen() -> None:
    with pytest.raises(AttributeError):
        Part(part_name="one").part_name = "two"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "wire"), [("path", "path"), ("session_id", "sessionId"), ("max_disk_mb", "maxDiskMB")]
)
def test_names_of_the_wire(name: str, wire: str) -> None:
    assert camel_case(name) == wire


@given(
    some.lists(some.text(some.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20))
)
def test_any_text_survives_the_way_there_and_back(texts: list[str]) -> None:
    raw = {**WIRE, "parts": [{"partName": text} for text in texts]}
    assert Whole.load(Whole.load(raw).dump()).dump() == raw
