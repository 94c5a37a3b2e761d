"""Edits made at random are applied exactly, or refused with the text untouched."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from roocode_server.engine.tools.diff.applying import apply
from roocode_server.engine.tools.diff.blocks import MalformedDiff, escaped, parse
from roocode_server.engine.tools.diff.document import Document
from tests.support.nightly import times

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
        if touches_end and lines and (edit.new or not last_ending) and (lines[-1][0] or last_ending):
            lines[-1] = (lines[-1][0], last_ending)
    return document.mark + "".join(content + ending for content, ending in lines)


def in_its_endings(text: str, original: str) -> str:
    """The text; where the lines of the original end in both ways, without telling them apart: a line that
    stays keeps its own, and of lines that are alike any may have stayed.
    """
    is_mixed = len({each.ending for each in Document.parse(original).lines if each.ending}) > 1
    return text.replace("\r\n", "\n") if is_mixed else text


def written(text: str, edit: Edit, *, hinted: bool) -> str:
    searched = Document.parse(text).texts[edit.start : edit.start + edit.count]
    hint = f":start_line:{edit.start + 1}\n" if hinted else ""
    search = "".join(escaped(each) + "\n" for each in searched)
    replacement = "".join(escaped(each) + "\n" for each in edit.new)
    return f"<<<<<<< SEARCH\n{hint}-------\n{search}=======\n{replacement}>>>>>>> REPLACE\n"


def is_readable(diff: str) -> bool:
    """Avoid blank searches, and searches equal to their replacement, which are refused when parsed."""
    try:
        return all(block.search != block.replacement for block in parse(diff))
    except MalformedDiff:
        return False


@settings(max_examples=times(200, nightly=500), deadline=None)
@given(st.data(), files())
def test_hinted_edits_are_applied_exactly_in_whatever_order_they_come(data: st.DataObject, text: str) -> None:
    drawn = data.draw(edits(len(Document.parse(text).lines), most=4))
    changes = [edit for edit in drawn if is_readable(written(text, edit, hinted=True))]
    blocks = data.draw(st.permutations([written(text, edit, hinted=True) for edit in changes]))
    assume(blocks)
    outcome = apply(text, parse("".join(blocks)))
    assert not outcome.refused
    assert in_its_endings(outcome.text, text) == in_its_endings(expected(text, changes), text)


@settings(max_examples=times(200, nightly=500), deadline=None)
@given(st.data(), files())
def test_an_edit_without_a_hint_is_applied_exactly_or_refused(data: st.DataObject, text: str) -> None:
    changes = data.draw(edits(len(Document.parse(text).lines), most=1))
    diff = "".join(written(text, edit, hinted=False) for edit in changes)
    assume(is_readable(diff))
    outcome = apply(text, parse(diff))
    wanted = text if outcome.refused else expected(text, changes)
    assert in_its_endings(outcome.text, text) == in_its_endings(wanted, text)


@settings(max_examples=times(200, nightly=500), deadline=None)
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
    kept, whole = before.lines[:start], "".join(each.text + each.ending for each in before.lines[:start])
    if done.added or start + done.removed < len(before.lines) or before.lines[-1].ending:
        assert after.lines[:start] == kept
    else:  # the last line is gone, and the file ends without a line break as before
        assert outcome.text == before.mark + whole.removesuffix(
            kept[-1].ending if kept and kept[-1].text else ""
        )
    assert after.lines[start + done.added :] == before.lines[start + done.removed :]


@settings(max_examples=times(200, nightly=500), deadline=None)
@given(st.text())
def test_a_document_gives_back_any_text(text: str) -> None:
    assert Document.parse(text).text() == text


INDENTS = st.sampled_from(["", " ", "  ", "    ", "\t", "\t\t", "\u00a0"])
WORDS = st.sampled_from(
    ["caf\u00e9", "cafe\u0301", "\u201csay\u201d", "it\u2019s", "a\u2014b", "x  y", "a\fb", "="]
)


@dataclass(frozen=True)
class Meant:
    """A line of a file, and how the writer of a diff has it: alike, but for what tolerance passes over."""

    text: str
    written: str


@st.composite
def meant_lines(draw: st.DrawFn) -> list[Meant]:
    """Lines of which no two are alike."""
    made = []
    for number in range(draw(st.integers(1, 12))):
        content = f"{draw(WORDS)} line {number}"
        text = draw(INDENTS) + content + draw(st.sampled_from(["", " ", "  ", "\t"]))
        plain = " ".join(unicodedata.normalize("NFC", content).translate(PLAIN).split())
        made.append(Meant(text, draw(st.sampled_from([text, draw(INDENTS) + plain]))))
    return made


PLAIN = str.maketrans({"\u201c": '"', "\u201d": '"', "\u2019": "'", "\u2014": "-"})


@settings(max_examples=times(200, nightly=500), deadline=None)
@given(st.data(), meant_lines(), st.sampled_from(["", "\ufeff"]))
def test_what_a_tolerant_block_shares_with_its_replacement_and_all_outside_of_it_stays_as_it_is(
    data: st.DataObject, lines: list[Meant], mark: str
) -> None:
    endings = [data.draw(st.sampled_from(["\n", "\r\n"])) for _ in lines]
    endings[-1] = data.draw(st.sampled_from(["\n", "\r\n", ""]))
    first = data.draw(st.integers(0, len(lines) - 1))
    last = data.draw(st.integers(first, len(lines) - 1))
    changed = [data.draw(st.booleans()) for _ in range(first, last + 1)]
    searched = [each.written for each in lines[first : last + 1]]
    replacement = [
        f"new {number}" if is_changed else line
        for number, (line, is_changed) in enumerate(zip(searched, changed, strict=True))
    ]
    assume(any(changed))
    before = [mark, *(each.text + ending for each, ending in zip(lines, endings, strict=True))]
    block = [
        "<<<<<<< SEARCH",
        *map(escaped, searched),
        "=======",
        *map(escaped, replacement),
        ">>>>>>> REPLACE",
    ]
    outcome = apply("".join(before), parse("\n".join(block)))
    assert not outcome.refused
    after = Document.parse(outcome.text)
    assert after.mark == mark
    whole = [line.text + line.ending for line in after.lines]
    assert len(whole) == len(lines)
    for number, (was, line) in enumerate(zip(before[1:], whole, strict=True)):
        if not first <= number <= last or not changed[number - first]:
            assert line == was
        else:
            assert line.strip() == f"new {number - first}"


@settings(max_examples=times(150, nightly=300), deadline=None)
@given(st.data(), meant_lines())
def test_an_exact_block_always_applies_to_the_letter(data: st.DataObject, lines: list[Meant]) -> None:
    first = data.draw(st.integers(0, len(lines) - 1))
    last = data.draw(st.integers(first, len(lines) - 1))
    texts = [each.text for each in lines]
    replacement = data.draw(st.lists(line, max_size=4).filter(lambda new: new != texts[first : last + 1]))
    assume("" not in replacement[-1:])
    new = Edit(first, last + 1 - first, replacement)
    text = "".join(f"{each}\n" for each in texts)
    assume(is_readable(written(text, new, hinted=False)))
    outcome = apply(text, parse(written(text, new, hinted=False)))
    assert not outcome.refused
    assert outcome.text == expected(text, [new])
