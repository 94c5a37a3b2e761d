"""Definitions in source files (classes, functions, methods, types), found with tree-sitter grammars."""

from __future__ import annotations

import functools
import importlib
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Final

from tree_sitter import Language, Node, Parser

DEFINITION_LINE_CHARACTERS: Final = 200
MOST_DEFINITIONS: Final = 1000
"""The most definitions of one file; the list says so if there are more."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """A grammar's package and function, and the types of nodes that are definitions."""

    package: str
    kinds: frozenset[str]
    function: str = "language"


@dataclass(frozen=True, slots=True)
class CodeDefinition:
    """A definition: lines `start` to `end`, counted from 1; the line that names it; how deeply it is
    nested.
    """

    start: int
    end: int
    text: str
    depth: int


_JAVASCRIPT: Final = frozenset(
    {
        "class_declaration",
        "function_declaration",
        "generator_function_declaration",
        "method_definition",
    }
)
_TYPESCRIPT: Final = _JAVASCRIPT | {
    "abstract_class_declaration",
    "abstract_method_signature",
    "enum_declaration",
    "function_signature",
    "interface_declaration",
    "internal_module",
    "method_signature",
    "type_alias_declaration",
}
_C: Final = frozenset(
    {"function_definition", "struct_specifier", "enum_specifier", "union_specifier", "type_definition"}
)

GRAMMARS: Final[Mapping[str, Grammar]] = {
    "python": Grammar("tree_sitter_python", frozenset({"class_definition", "function_definition"})),
    "javascript": Grammar("tree_sitter_javascript", _JAVASCRIPT),
    "typescript": Grammar("tree_sitter_typescript", _TYPESCRIPT, "language_typescript"),
    "tsx": Grammar("tree_sitter_typescript", _TYPESCRIPT, "language_tsx"),
    "go": Grammar(
        "tree_sitter_go", frozenset({"function_declaration", "method_declaration", "type_spec", "type_alias"})
    ),
    "rust": Grammar(
        "tree_sitter_rust",
        frozenset(
            {
                "function_item",
                "struct_item",
                "enum_item",
                "trait_item",
                "impl_item",
                "mod_item",
                "type_item",
                "union_item",
                "macro_definition",
                "function_signature_item",
            }
        ),
    ),
    "java": Grammar(
        "tree_sitter_java",
        frozenset(
            {
                "class_declaration",
                "interface_declaration",
                "enum_declaration",
                "record_declaration",
                "annotation_type_declaration",
                "method_declaration",
                "constructor_declaration",
            }
        ),
    ),
    "c": Grammar("tree_sitter_c", _C),
    "cpp": Grammar("tree_sitter_cpp", _C | {"class_specifier", "namespace_definition", "concept_definition"}),
    "c_sharp": Grammar(
        "tree_sitter_c_sharp",
        frozenset(
            {
                "namespace_declaration",
                "class_declaration",
                "interface_declaration",
                "struct_declaration",
                "enum_declaration",
                "record_declaration",
                "delegate_declaration",
                "method_declaration",
                "constructor_declaration",
                "property_declaration",
            }
        ),
    ),
    "ruby": Grammar("tree_sitter_ruby", frozenset({"class", "module", "method", "singleton_method"})),
    "php": Grammar(
        "tree_sitter_php",
        frozenset(
            {
                "namespace_definition",
                "class_declaration",
                "interface_declaration",
                "trait_declaration",
                "enum_declaration",
                "function_definition",
                "method_declaration",
            }
        ),
        "language_php",
    ),
}

LANGUAGES_BY_SUFFIX: Final[Mapping[str, str]] = {
    ".py": "python",
    ".pyi": "python",
    ".js": "javascript",
    ".mjs": "javascript",
    ".cjs": "javascript",
    ".jsx": "javascript",
    ".ts": "typescript",
    ".mts": "typescript",
    ".cts": "typescript",
    ".tsx": "tsx",
    ".go": "go",
    ".rs": "rust",
    ".java": "java",
    ".c": "c",
    ".h": "c",
    ".cc": "cpp",
    ".cpp": "cpp",
    ".cxx": "cpp",
    ".hh": "cpp",
    ".hpp": "cpp",
    ".cs": "c_sharp",
    ".rb": "ruby",
    ".php": "php",
}

_BODIES: Final = frozenset({"arrow_function", "function_expression", "generator_function", "class"})
_HOLDERS: Final[Mapping[str, str]] = {
    "variable_declarator": "value",
    "field_definition": "value",
    "public_field_definition": "value",
    "export_statement": "value",
    "assignment_expression": "right",
}
"""JavaScript nodes that are definitions if this field of theirs holds a function or class."""
_WRAPPERS: Final = frozenset({b"memo", b"forwardRef"})
_AROUND: Final = frozenset({"as_expression", "satisfies_expression", "parenthesized_expression"})
_EXPORTED: Final = re.compile(rb"(?:module\.)?exports\b|[\w$.]+\.prototype\.")
_NEED_A_BODY: Final = frozenset({"struct_specifier", "enum_specifier", "union_specifier", "class_specifier"})


def language_of(path: str) -> str | None:
    """Return the language for a path's extension, or None if there is no grammar for it."""
    return LANGUAGES_BY_SUFFIX.get(posixpath.splitext(path)[1].lower())


def definitions(language: str, source: bytes) -> list[CodeDefinition]:
    """Return the definitions in a source file, in order. Slow for long files: call it in a worker process."""
    tree = _parser(language).parse(source)
    lines = source.decode(errors="replace").split("\n")
    return list(_found(tree.root_node, GRAMMARS[language].kinds, lines))


def definitions_in(language: str, source: bytes) -> list[dict[str, object]]:
    """As `definitions`, in a form that JSON can represent."""
    return [asdict(each) for each in definitions(language, source)]


@functools.cache
def _language(name: str) -> Language:
    grammar = GRAMMARS[name]
    return Language(getattr(importlib.import_module(grammar.package), grammar.function)())


def _parser(name: str) -> Parser:
    return Parser(_language(name))


def _found(root: Node, kinds: frozenset[str], lines: list[str]) -> Iterator[CodeDefinition]:
    """Walk the syntax tree without recursion: sources may be nested deeper than Python's stack."""
    waiting = [(root, 0)]
    count = 0
    while waiting and count < MOST_DEFINITIONS:
        node, depth = waiting.pop()
        if _defines(node, kinds):
            yield _definition(node, depth, lines)
            count += 1
            depth += 1
        waiting += [(child, depth) for child in reversed(node.named_children)]


def _defines(node: Node, kinds: frozenset[str]) -> bool:
    if node.type in _HOLDERS:
        return _holds(node)
    if node.type not in kinds:
        return False
    return node.type not in _NEED_A_BODY or node.child_by_field_name("body") is not None


def _holds(node: Node) -> bool:
    """Whether the node holds a function or class, directly or in a component wrapper: `memo(() => …)`.

    Calls of unknown functions count as wrappers if the name begins with a capital letter, as components do.
    """
    value = node.child_by_field_name(_HOLDERS[node.type])
    name = node.child_by_field_name("name")
    is_capital = name is None or (name.text or b"")[:1].isupper()
    if node.type == "assignment_expression":
        left = node.child_by_field_name("left")
        if left is None or not _EXPORTED.match(left.text or b""):
            return False
    while value is not None:
        if value.type in _BODIES:
            return True
        if value.type in _AROUND:
            value = _first(value)
            continue
        callee, given = (value.child_by_field_name(part) for part in ("function", "arguments"))
        if value.type != "call_expression" or callee is None or given is None:
            return False
        if (callee.text or b"").rpartition(b".")[2] in _WRAPPERS:
            return True
        value = _first(given) if is_capital else None
    return False


def _first(node: Node) -> Node | None:
    return node.named_children[0] if node.named_child_count else None


def _definition(node: Node, depth: int, lines: list[str]) -> CodeDefinition:
    named = node.child_by_field_name("name") or node.child_by_field_name("declarator") or node
    line = lines[named.start_point.row].strip()
    return CodeDefinition(
        start=node.start_point.row + 1,
        end=node.end_point.row + 1,
        text=line[:DEFINITION_LINE_CHARACTERS],
        depth=depth,
    )
