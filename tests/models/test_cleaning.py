"""Content of models, programs and callers that JSON or UTF-8 cannot represent."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roocode_server.models.cleaning import (
    MOST_NESTED_LEVELS,
    TOO_DEEP,
    TextPieces,
    cleaned,
    cleaned_text,
    flaw_of,
)

ANY_TEXT = st.text(st.characters())  # surrogates too
ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(ANY_TEXT, inner),
)


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth - 1):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("plain", "plain"),
        ("Grüße 😀", "Grüße 😀"),
        ("\ud83d\ude00", "😀"),
        ("a\ud83d", "a�"),
        ("\ude00\ud83d", "��"),
        ("name\udcff.txt", "name�.txt"),
        ("\ud83dx\ude00", "�x�"),
    ],
)
def test_halves_of_a_character_are_joined_or_replaced(text: str, clean: str) -> None:
    assert cleaned_text(text) == clean


@pytest.mark.parametrize(
    "number",
    [2**63, -(2**63) - 1, 10**24, 10**5000],
    ids=["just above", "just below", "24 digits", "5000 digits"],
)
def test_an_integer_beyond_64_bits_is_kept_as_text(number: int) -> None:
    assert flaw_of({"n": number}) is not None
    kept = cleaned({"n": number})["n"]
    assert isinstance(kept, str) and int(kept, 0) == number


def test_integers_of_64_bits_stay_numbers() -> None:
    assert cleaned([2**63 - 1, -(2**63), True]) == [2**63 - 1, -(2**63), True]


def test_what_is_nested_too_deeply_is_cut_with_a_note() -> None:
    assert flaw_of(nested(MOST_NESTED_LEVELS)) is None
    assert flaw_of(nested(MOST_NESTED_LEVELS + 1)) is not None
    assert TOO_DEEP.encode() not in orjson.dumps(nested(MOST_NESTED_LEVELS))
    for depth in (MOST_NESTED_LEVELS + 1, 300, 100_000):
        assert TOO_DEEP in orjson.dumps(cleaned(nested(depth))).decode()


def test_a_flaw_is_told_with_its_place() -> None:
    flaw = flaw_of({"arguments": {"lines": ["a", "b", "\ud83d"]}})
    assert flaw is not None and flaw.path == "arguments.lines.2"


def test_what_is_fit_is_handed_back_as_it_is() -> None:
    value = {"a": [1, 2.5, None, "😀", {"b": False}]}
    assert cleaned(value) is value


@given(ANYTHING)
def test_everything_can_be_encoded_once_it_is_cleaned(value: Any) -> None:
    clean = cleaned(value)
    assert flaw_of(clean) is None
    orjson.dumps(clean)


@given(st.text(), st.data())
def test_a_text_cut_between_any_of_its_halves_comes_out_whole(text: str, data: st.DataObject) -> None:
    units = text.encode("utf-16-le")
    pieces, start = TextPieces(), 0
    said = ""
    while start < len(units):
        stop = start + 2 * data.draw(st.integers(1, 3))
        said += pieces.add(units[start:stop].decode("utf-16-le", "surrogatepass"))
        start = stop
    assert said + pieces.end() == text


def test_a_half_that_waits_in_vain_is_replaced_at_the_end() -> None:
    pieces = TextPieces()
    assert (pieces.add("a\ud83d"), pieces.add(""), pieces.end(), pieces.end()) == ("a", "", "�", "")
