"""Parses a shell command line: what it would run, and what in it cannot be judged beforehand.

The grammar is bash's, and a line may be run by another `sh`, so whatever the two could interpret differently
is an objection, and so is every construct that is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import tree_sitter_bash
from tree_sitter import Language, Node, Parser

from roocode_server.engine.shell_lines import vocabulary as vocabulary
from roocode_server.engine.shell_lines.encoding import spell, unspell
from roocode_server.engine.shell_lines.heredocs import is_plain_here_document
from roocode_server.engine.shell_lines.words import Word, read_word, text_of

LONGEST_BYTES: Final = 8192
"""In bytes. Parsing time grows faster than the length, and hostile lines could take seconds."""

_LANGUAGE: Final = Language(tree_sitter_bash.language())

_NO_SUBSTITUTION: Final = re.compile(r"(?:\\.|[^\\`$]|\$(?![({\[]))*\\?", re.DOTALL)
_BARE_WORD: Final = re.compile(r"""(?:\\.|[^\\\s;&|()<>"'`])*""", re.DOTALL)
_ODD_CHARACTER: Final = re.compile(r"[^\S \t\n]|[\x00-\x08\x0e-\x1f\x7f\u200b\u2060\ufeff]")
_GAP: Final = re.compile(rb"(?:[ \t\n]|(?<=[ \t])\\\n)*")
_COMMENT_START: Final = re.compile(rb"(?:^|[^\\][ \t;&|()<>]|\n|^[ \t;&|()<>])$")


class InvalidCommand(ValueError):
    """The text is not a valid shell command line, or is too long."""


@dataclass(frozen=True, slots=True)
class SimpleCommand:
    """One program or builtin with its arguments; `words` is never empty."""

    words: tuple[Word, ...]
    source: str

    @property
    def is_static(self) -> bool:
        """Whether all of its words are known before it runs."""
        return all(word.is_static for word in self.words)


@dataclass(frozen=True, slots=True)
class Redirection:
    """A file that the shell itself opens for a command; `operator` is as written (`>`, `>>`, `<` …)."""

    operator: str
    target: Word


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a line may not run: the part at fault, and what is wrong with it."""

    command: str
    reason: str


@dataclass(frozen=True, slots=True)
class ShellLine:
    """The parsed line: its simple commands and redirections, at any depth.

    `objections` are the reasons not to trust these lists.
    """

    commands: Sequence[SimpleCommand]
    redirections: Sequence[Redirection]
    objections: Sequence[Refusal]


def read(line: str) -> ShellLine:
    """Parse a command line. Raises: InvalidCommand."""
    source = _encoded(line)
    root = Parser(_LANGUAGE).parse(source).root_node
    if root.has_error:
        raise InvalidCommand("The shell cannot parse this line; check for an unclosed quote or bracket.")
    reading = _Reading(source)
    reading.look_at(line)
    reading.walk(root)
    return ShellLine(tuple(reading.commands), tuple(reading.redirections), tuple(reading.objections))


def _encoded(line: str) -> bytes:
    if "\0" in line:
        raise InvalidCommand("A command line cannot contain a NUL character.")
    try:
        source = spell(line).encode()
    except UnicodeEncodeError:
        raise InvalidCommand("The line is not valid text: it has lone surrogates.") from None
    if len(source) > LONGEST_BYTES:
        raise InvalidCommand(
            f"The line is longer than {LONGEST_BYTES} bytes, of which a letter beyond ASCII counts as eight; "
            "put it into a file and run that."
        )
    return source


@dataclass
class _Reading:
    """One traversal of the syntax tree of a line."""

    source: bytes
    commands: list[SimpleCommand] = field(default_factory=list)
    redirections: list[Redirection] = field(default_factory=list)
    objections: list[Refusal] = field(default_factory=list)
    covered: int = 0
    here_documents: int = 0

    def look_at(self, line: str) -> None:
        """Check what the grammar does not: characters that only some shells take for blanks, and joined
        lines.
        """
        if odd := _ODD_CHARACTER.search(line):
            self._object(repr(odd.group()), "it contains a character that shells interpret differently")
        if re.search(r"(?<![ \t])\\\n", line) or ("\\\n" in line and "<<" in line):
            self._object("\\", "join lines with a backslash only after a blank, and not in a here-document")

    def walk(self, root: Node) -> None:
        """Visit every node in source order, at any depth."""
        pending = [root]
        while pending:
            node = pending.pop()
            self._visit(node)
            pending.extend(reversed(node.children))
        self._cover(len(self.source), len(self.source))

    def _visit(self, node: Node) -> None:
        self._skip_text(node)
        if node.child_count == 0:
            self._leaf(node)
        elif node.type in vocabulary.TEXTS:
            self._check_between(node)
        if node.type not in (vocabulary.KNOWN if node.is_named else vocabulary.TOKENS):
            self._object(text_of(node), f"`{node.type}` is interpreted differently by different shells")
        if node.type in vocabulary.COMMANDS:
            self._command(node)
        if node.is_named and node.type in _CHECKS:
            _CHECKS[node.type](self, node)

    def _command(self, node: Node) -> None:
        parts = [child for child in node.children if child.type not in vocabulary.BESIDE_WORDS]
        if node.type == "command":
            parts = [part for part in parts if part.type != "variable_assignment"]
        if not parts:
            return
        name = read_word(parts[0]) if parts[0].is_named else Word(text_of(parts[0]), is_static=True)
        command = SimpleCommand((name, *(read_word(part) for part in parts[1:])), text_of(node))
        self.commands.append(command)
        self._check_builtin(command)

    def _check_builtin(self, command: SimpleCommand) -> None:
        name, *arguments = command.words
        if name.text == "alias":
            self._object(command.source, "an alias changes what other commands are")
        if name.text not in vocabulary.ASSIGNING:
            return
        for argument in arguments:
            target = re.split(r"\+?=", argument.text)[0]
            if not argument.is_static and name.text != "printf":
                self._object(command.source, "which variable it sets is only known when it runs")
            elif vocabulary.DECIDES_WHAT_RUNS.fullmatch(target):
                self._object(command.source, f"setting {target} changes what runs")

    def _check_function_definition(self, node: Node) -> None:
        self._object(text_of(node), "a function may replace an allowed command")

    def _check_variable_assignment(self, node: Node) -> None:
        self._check_name(node, text_of(node.children[0]))

    def _check_for_statement(self, node: Node) -> None:
        for child in node.children:
            if child.type == "variable_name":
                self._check_name(node, text_of(child))

    def _check_name(self, node: Node, name: str) -> None:
        if vocabulary.DECIDES_WHAT_RUNS.fullmatch(name):
            self._object(text_of(node), f"setting {name} changes what runs")

    def _check_file_redirect(self, node: Node) -> None:
        targets = [child for child in node.named_children if child.type != "file_descriptor"]
        operator = next(child.type for child in node.children if not child.is_named)
        for target in targets[:1]:
            is_descriptor = operator.endswith("&") and target.type == "number"
            if target.type != "process_substitution" and not is_descriptor:
                self.redirections.append(Redirection(operator, read_word(target)))
        if len(targets) != 1:
            self._object(text_of(node), "put redirections after all arguments")
        elif any(child.type in (">&", "<&") for child in node.children) and targets[0].type != "number":
            self._object(text_of(node), "duplicate a file descriptor by a plain number")

    def _check_heredoc_redirect(self, node: Node) -> None:
        self.here_documents += 1
        if self.here_documents > 1 or not is_plain_here_document(node, self.source):
            self._object(text_of(node), "it is uncertain where this here-document ends")

    def _check_arithmetic_expansion(self, node: Node) -> None:
        if any(child.is_named and child.type not in vocabulary.ARITHMETIC for child in _below(node)):
            self._object(text_of(node), "arithmetic with variables can run commands that their values name")

    def _check_expansion(self, node: Node) -> None:
        tokens = {child.type for child in node.children if not child.is_named}
        quotes = any(child.type in ("string", "raw_string") for child in node.named_children)
        if quotes or not tokens <= vocabulary.EXPANSION_OPERATORS:
            self._object(
                text_of(node), "this form of expansion is interpreted differently by different shells"
            )

    def _check_command_substitution(self, node: Node) -> None:
        if text_of(node).startswith("`") and "\\" in text_of(node):
            self._object(text_of(node), "use $( ) instead of backquotes with a backslash in them")

    def _check_test_command(self, node: Node) -> None:
        tokens = {child.type for child in _below(node) if not child.is_named}
        if tokens & vocabulary.TEST_OPERATORS_THAT_DIVIDE:
            self._object(text_of(node), "quote the operators of a test")

    def _check_comment(self, node: Node) -> None:
        before = self.source[max(0, node.start_byte - 2) : node.start_byte]
        if before and not _COMMENT_START.search(before):
            self._object(text_of(node), "it is uncertain whether this is a comment")

    def _leaf(self, node: Node) -> None:
        self._cover(node.start_byte, node.end_byte)
        opaque = node.type in ("raw_string", "comment") or (
            node.type in ("heredoc_body", "heredoc_content") and _is_quoted(node)
        )
        if node.is_named and not opaque:
            self._check_text(text_of(node))
        if node.type in vocabulary.BARE and not _BARE_WORD.fullmatch(text_of(node)):
            self._object(text_of(node), "it is uncertain where this word ends")
        if node.type == "$" and not self._is_plain_dollar(node):
            self._object(
                text_of(node.parent or node),
                "a translated string is interpreted differently by different shells",
            )

    def _is_plain_dollar(self, node: Node) -> bool:
        inside = node.parent is not None and node.parent.type in ("simple_expansion", "string")
        return inside or self.source[node.end_byte : node.end_byte + 1] in (b"", b" ", b"\t", b"\n")

    def _cover(self, start: int, end: int) -> None:
        """Object to source that the grammar skipped and a shell would not."""
        gap = self.source[self.covered : start]
        if start > self.covered and not self._is_blank(gap, start):
            self._object(unspell(gap.decode(errors="replace")), "this part of the line was not understood")
        self.covered = max(self.covered, end)

    def _skip_text(self, node: Node) -> None:
        """Mark the text between the children of a string as covered; it is checked separately."""
        if node.parent is not None and node.parent.type in vocabulary.TEXTS:
            self.covered = max(self.covered, node.start_byte)
        before = node.prev_sibling
        if before is not None and before.type in vocabulary.TEXTS:
            self.covered = max(self.covered, before.end_byte)

    def _is_blank(self, gap: bytes, end: int) -> bool:
        match = _GAP.match(self.source, end - len(gap), end)
        return match is not None and match.end() == end

    def _check_between(self, node: Node) -> None:
        """Check the text between the children of a string or here-document, which has no nodes."""
        if _is_quoted(node):
            return
        edges = [node.start_byte, *(edge for child in node.children for edge in _edges(child)), node.end_byte]
        for start, end in zip(edges[::2], edges[1::2], strict=True):
            self._check_text(unspell(self.source[start:end].decode(errors="replace")))
        self.covered = max(self.covered, node.start_byte)

    def _check_text(self, text: str) -> None:
        if not _NO_SUBSTITUTION.fullmatch(text):
            self._object(text, "a substitution in it was not understood")

    def _object(self, command: str, reason: str) -> None:
        self.objections.append(Refusal(command, reason))


_CHECKS: Final[dict[str, Callable[[_Reading, Node], None]]] = {
    "function_definition": _Reading._check_function_definition,
    "variable_assignment": _Reading._check_variable_assignment,
    "for_statement": _Reading._check_for_statement,
    "file_redirect": _Reading._check_file_redirect,
    "heredoc_redirect": _Reading._check_heredoc_redirect,
    "arithmetic_expansion": _Reading._check_arithmetic_expansion,
    "expansion": _Reading._check_expansion,
    "command_substitution": _Reading._check_command_substitution,
    "test_command": _Reading._check_test_command,
    "comment": _Reading._check_comment,
}


def _edges(node: Node) -> tuple[int, int]:
    return node.start_byte, node.end_byte


def _below(node: Node) -> Iterator[Node]:
    pending = list(node.children)
    while pending:
        child = pending.pop()
        yield child
        pending.extend(child.children)


def _is_quoted(node: Node) -> bool:
    """Whether a here-document's body is literal, because its delimiter is quoted."""
    redirect = node
    while redirect.type != "heredoc_redirect":
        if redirect.parent is None:
            return False
        redirect = redirect.parent
    return any(
        child.type == "heredoc_start" and text_of(child)[:1] in ("'", '"') for child in redirect.children
    )
