"""Applies the blocks of a diff to a text, and explains which could not be applied.

Source: S2, `apply_diff`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from roocode_server.engine.tools.diff.blocks import Block, Lines
from roocode_server.engine.tools.diff.document import Document
from roocode_server.engine.tools.diff.indentation import reindented
from roocode_server.engine.tools.diff.matching import (
    COMPARING,
    Ambiguous,
    BlockSearch,
    MatchedLines,
    Missed,
    standing_at,
)
from roocode_server.engine.tools.diff.refusals import ambiguous, missed, same, same_without_numbers
from roocode_server.engine.tools.line_numbers import without_numbers

EXACT: Final = 1.0
"""The default similarity threshold: equal except for white space and typographic characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockApplied:
    """A block that was applied; `line` (from 1) is where its replacement begins in the new text."""

    number: int
    line: int
    added: int
    removed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockRefused:
    """A block that was not applied; `reason` tells its author how to correct it."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The new text, and the result of each block, ordered by number.

    The text is unchanged if none was applied.
    """

    text: str
    applied: tuple[BlockApplied, ...]
    refused: tuple[BlockRefused, ...]

    @classmethod
    def load(cls, raw: Mapping[str, Any]) -> Outcome:
        """Build an outcome from its JSON form."""
        return cls(
            text=raw["text"],
            applied=tuple(BlockApplied(**each) for each in raw["applied"]),
            refused=tuple(BlockRefused(**each) for each in raw["refused"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Variant:
    """A block in one of its readings: as written, or without the line numbers that were copied with it."""

    search: Lines
    replacement: Lines
    near: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Edit:
    """A replacement of lines, with indices into the document at the time of the edit."""

    number: int
    start: int
    removed: int
    added: int

    def move(self, index: int) -> int:
        """Return the index after this edit of a line that had `index` before it."""
        return index + self.added - self.removed if index >= self.start + self.removed else index


@dataclass(slots=True)
class _Application:
    """A document being changed, with the edits made so far, in order."""

    document: Document
    threshold: float
    comparing: int
    """How much work may go into comparing for each block; see `COMPARING`."""
    edits: list[_Edit] = field(default_factory=list)
    refused: list[BlockRefused] = field(default_factory=list)

    def apply(self, block: Block) -> None:
        if block.search == block.replacement:
            self.refused.append(BlockRefused(number=block.number, reason=same()))
            return
        variant, found = self._find(block)
        if isinstance(found, MatchedLines):
            self._replace(block.number, variant, found)
        else:
            self.refused.append(BlockRefused(number=block.number, reason=self._reason(variant, found)))

    def outcome(self) -> Outcome:
        applied = [self._applied(position, edit) for position, edit in enumerate(self.edits)]
        return Outcome(
            text=self.document.text(),
            applied=tuple(sorted(applied, key=lambda block: block.number)),
            refused=tuple(sorted(self.refused, key=lambda block: block.number)),
        )

    def _find(self, block: Block) -> tuple[_Variant, MatchedLines | Ambiguous | Missed]:
        as_written = _Variant(
            search=block.search, replacement=block.replacement, near=self._now_at(block.start_line)
        )
        numbered = self._without_numbers(block)
        if numbered is None:
            return as_written, self._search(as_written, self.threshold)
        literally = self._search(as_written, EXACT)
        if not isinstance(literally, Missed):
            return as_written, literally
        return numbered, self._search(numbered, self.threshold)

    def _without_numbers(self, block: Block) -> _Variant | None:
        search, replacement = without_numbers(block.search), without_numbers(block.replacement)
        if search is None:
            return None
        return _Variant(
            search=search.lines,
            replacement=replacement.lines if replacement else block.replacement,
            near=self._now_at(block.start_line or search.first),
        )

    def _now_at(self, line: int | None) -> int | None:
        """Return the present index of a line of the original text."""
        if line is None:
            return None
        index = line - 1
        for edit in self.edits:
            index = edit.move(index)
        return index

    def _search(self, variant: _Variant, threshold: float) -> MatchedLines | Ambiguous | Missed:
        search = BlockSearch(self.document.texts, variant.search, near=variant.near, comparing=self.comparing)
        return search.find(threshold=threshold)

    def _replace(self, number: int, variant: _Variant, found: MatchedLines) -> None:
        if variant.search == variant.replacement:
            self.refused.append(BlockRefused(number=number, reason=same_without_numbers()))
            return
        matched = self.document.lines[found.start : found.start + found.count]
        lines = reindented(
            variant.replacement, searched=variant.search, matched=matched, ending=self.document.ending
        )
        self.document = self.document.replaced(found.start, found.count, lines)
        self.edits.append(_Edit(number=number, start=found.start, removed=found.count, added=len(lines)))

    def _applied(self, position: int, edit: _Edit) -> BlockApplied:
        index = edit.start
        for later in self.edits[position + 1 :]:
            index = later.move(index)
        return BlockApplied(number=edit.number, line=index + 1, added=edit.added, removed=edit.removed)

    def _reason(self, variant: _Variant, failure: Ambiguous | Missed) -> str:
        texts = self.document.texts
        if isinstance(failure, Ambiguous):
            return ambiguous(failure)
        already = standing_at(texts, variant.replacement, failure.looked)
        return missed(failure, texts, threshold=self.threshold, already=already)


def apply(text: str, blocks: Sequence[Block], *, threshold: float = EXACT) -> Outcome:
    """Apply `blocks` to `text`: first those without a line number, then by line number.

    Each block sees the text as the previous blocks left it; line numbers refer to the original text and are
    adjusted. A block that does not match is refused and the others are still applied. Line endings, the final
    newline and a byte-order mark are preserved. `threshold` is the similarity required, from 0 to 1.
    """
    application = _Application(Document.parse(text), threshold, COMPARING // max(1, len(blocks)))
    for block in sorted(blocks, key=lambda block: block.start_line or 0):
        application.apply(block)
    return application.outcome()


def applied_in(text: str, blocks: Sequence[Block], threshold: float) -> dict[str, Any]:
    """As `apply`, in a form that JSON can represent."""
    return asdict(apply(text, blocks, threshold=threshold))
