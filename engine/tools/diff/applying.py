"""Applies the blocks of a diff to a text, and says which could not be applied and why.

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
"""The similarity asked for unless configured: the same text but for white space and typographic signs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockApplied:
    """A block that was applied; `line` (from 1) is where its replacement begins in the new text."""

    number: int
    line: int
    added: int
    removed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockRefused:
    """A block that was not applied; `reason` tells the writer how to mend it."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The new text and what became of each block, by number. Where all are refused, the text is the old."""

    text: str
    applied: tuple[BlockApplied, ...]
    refused: tuple[BlockRefused, ...]

    @classmethod
    def load(cls, raw: Mapping[str, Any]) -> Outcome:
        """From what JSON has of one."""
        return cls(
            text=raw["text"],
            applied=tuple(BlockApplied(**each) for each in raw["applied"]),
            refused=tuple(BlockRefused(**each) for each in raw["refused"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Variant:
    """A block as it may be meant: as it stands, or without the line numbers that it was copied with."""

    search: Lines
    replacement: Lines
    near: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Edit:
    """Lines put in the place of others, at an index of the document as it was at that moment."""

    number: int
    start: int
    removed: int
    added: int

    def move(self, index: int) -> int:
        """Where a line that had `index` before this edit stands after it."""
        return index + self.added - self.removed if index >= self.start + self.removed else index


@dataclass(slots=True)
class _Application:
    """A document under change, with the edits made so far, in order."""

    document: Document
    threshold: float
    comparing: int
    """How much may be compared for each block."""
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
        """The index at which a line of the original text stands now."""
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
    """Apply `blocks` to `text`, those without a hint first, then by their start lines.

    Each block sees what those before it have done; hints mean lines of the original text and are moved
    along. A block that does not fit is refused and the others go on. Line endings, the final newline and a
    byte-order mark stay as they were. `threshold` is the similarity asked for, from 0 to 1.
    """
    application = _Application(Document.parse(text), threshold, COMPARING // max(1, len(blocks)))
    for block in sorted(blocks, key=lambda block: block.start_line or 0):
        application.apply(block)
    return application.outcome()


def applied_in(text: str, blocks: Sequence[Block], threshold: float) -> dict[str, Any]:
    """As `apply`, as JSON has it."""
    return asdict(apply(text, blocks, threshold=threshold))
