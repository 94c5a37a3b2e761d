"""Edits made at random are applied exactly, or refused with the text untouched."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.tools.diff.applying import apply
from engine.tools.diff.blocks import MalformedDiff, escaped, parse
from engine.tools.diff.document import Document

line = st.one_of(
    st.sampled_from(
        ["a", "b", "    a", "\ta", "", "  ", "1 | a", "2 | b", "=======", "<<<<<<< x", "it\u2019s"]
    ),
    st.text(st.characters(exclude_characters="\n\r", exclude_categories=["Cs"]), max_size=8),
)


@dataclass(frozen=True)
class Edit:
    """`count` lines from index `start` on become `new`."""

    start: int
    count: int
    new: list[str]


@st.composite
def files(draw: st.DrawFn) -> str:
    lines = draw(st.lists(line, min_size=1, max_size=25))
    endings = draw(st.lists(st.sampled_from(["\n", "\r\n"]), min_size=len(lines), max_size=len(lines)))
    if draw(st.booleans()):
        endings = [endings[0]] * len(lines)
    if lines[-1] and draw(st.booleans()):
        endings[-1] = ""
    mark = draw(st.sampled_from(["", "\ufeff"]))
    return mark + "".join(text + ending for text, ending in zip(lines, endings, strict=True))


@st.composite
def edits(draw: st.DrawFn, length: int, most: int) -> list[Edit]:
    """Edits that do not touch each other, in the order of the file."""
    made: list[Edit] = []
    start = 0
    while start < length and len(made) < most:
        start += draw(st.integers(0, 4))
        if start >= length:
            break
        count = draw(st.integers(1, min(4, length - start)))
        made.append(Edit(start, count, draw(st.lists(line, max_size=4))))
        start += count
    return made


def expected(text: str, changes: list[Edit]) -> str:
    """The same edits on lists of lines, from the last to the first."""
    document = Document.parse(text)
    lines = [(each.text, each.ending) for each in document.lines]
    last_ending = lines[-1][1]
    for edit in reversed(changes):
        touches_end = edit.start + edit.count == len(lines)
        lines[edit.start : edit.start + edit.count] = [(new, document.ending) for new in edit.new]
        if touches_end and lines and (lines[-1][0] or last_ending):
            lines[-1] = (lines[-1][0], last_ending)
    return document.mark + "".join(content + ending for content, ending in lines)


def written(text: str, edit: Edit, *, hinted: bool) -> str:
    searched = Document.parse(text).texts[edit.start : edit.start + edit.count]
    hint = f":start_line:{edit.start + 1}\n" if hinted else ""
    search = "".join(escaped(each) + "\n" for each in searched)
    replacement = "".join(escaped(each) + "\n" for each in edit.new)
    return f"<<<<<<< SEARCH\n{hint}-------\n{search}=======\n{replacement}>>>>>>> REPLACE\n"


def is_readable(diff: str) -> bool:
    """Not a blank search, nor a search equal to its replacement: those are refused when read."""
    try:
        return all(block.search != block.replacement for block in parse(diff))
    except MalformedDiff:
        return False


@settings(max_examples=500, deadline=None)
@given(st.data(), files())
def test_hinted_edits_are_applied_exactly_in_whatever_order_they_come(data: st.DataObject, text: str) -> None:
    drawn = data.draw(edits(len(Document.parse(text).lines), most=4))
    changes = [edit for edit in drawn if is_readable(written(text, edit, hinted=True))]
    blocks = data.draw(st.permutations([written(text, edit, hinted=True) for edit in changes]))
    assume(blocks)
    outcome = apply(text, parse("".join(blocks)))
    assert not outcome.refused
    assert outcome.text == expected(text, changes)


@settings(max_examples=500, deadline=None)
@given(st.data(), files())
def test_an_edit_without_a_hint_is_applied_exactly_or_refused(data: st.DataObject, text: str) -> None:
    changes = data.draw(edits(len(Document.parse(text).lines), most=1))
    diff = "".join(written(text, edit, hinted=False) for edit in changes)
    assume(is_readable(diff))
    outcome = apply(text, parse(diff))
    assert outcome.text == (text if outcome.refused else expected(text, changes))


@settings(max_examples=500, deadline=None)
@given(files(), st.lists(line, min_size=1, max_size=4), st.lists(line, max_size=4), st.integers(0, 30))
def test_any_block_changes_one_place_alone_or_nothing(
    text: str, search: list[str], new: list[str], hint: int
) -> None:
    diff = "\n".join(["<<<<<<< SEARCH", f":start_line:{hint}", "-------", *map(escaped, search), "======="])
    try:
        parsed = parse("\n".join([diff, *map(escaped, new), ">>>>>>> REPLACE"]))
    except MalformedDiff:
        return
    outcome = apply(text, parsed, threshold=0.6)
    if outcome.refused:
        assert outcome.text == text
        return
    (done,) = outcome.applied
    before, after = Document.parse(text), Document.parse(outcome.text)
    start = done.line - 1
    assert after.texts[:start] == before.texts[:start]
    assert after.texts[start + done.added :] == before.texts[start + done.removed :]


@settings(max_examples=500, deadline=None)
@given(st.text())
def test_a_document_gives_back_any_text(text: str) -> None:
    assert Document.parse(text).text() == text
