"""The structure that readers rely on: unique names, packages without import cycles, sources with names."""

from __future__ import annotations

import ast
import collections
import functools
import graphlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.server import PROJECT

NAME = "roocode_server"
PACKAGES = ("models", "engine", "handlers", "server")
SOURCES = (PROJECT / "docs" / "sources.md").read_text()
GUIDES = {
    path: (PROJECT / path).read_text()
    for path in ("docs/sources.md", "docs/glossary.md", "docs/architecture.md", "CONTRIBUTING.md")
}
NAMED = sorted(
    {(guide, path) for guide, text in GUIDES.items() for path in re.findall(r"`([a-z]+/[\w/.]*)`", text)}
)
SCRIPTS = sorted(
    str(path.relative_to(PROJECT))
    for pattern in (
        "static/dashboard/**/*.js",
        "static/pages/*.js",
        "tests/end_to_end/clients/*.mjs",
        "bench/peers/*.cjs",
    )
    for path in PROJECT.glob(pattern)
)
MOST_COLUMNS = 110
LEAST_DOCUMENTED = 0.9
EXEMPT = (".migrations.", ".demo_project.")
ENGINE = f"{NAME}.engine."
CITED = re.compile(r'\b(S[0-4]), "([^"]+)"')


@functools.cache
def modules() -> dict[str, ast.Module]:
    """All modules of the product, by their names; parsed when they are needed, which takes seconds."""
    return {
        ".".join((NAME, *path.relative_to(PROJECT).with_suffix("").parts)): ast.parse(path.read_text())
        for package in PACKAGES
        for path in sorted((PROJECT / package).rglob("*.py"))
    }


def room(module: str) -> str:
    """Return the folder of the engine that a module belongs to."""
    return ".".join(module.split(".")[:3])


def imported(tree: ast.Module) -> Iterator[str]:
    """Yield what a module imports, including imports only for type hints."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from [f"{node.module}.{name.name}" for name in node.names] + [node.module]
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


def public(
    tree: ast.Module | ast.ClassDef,
) -> Iterator[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    """The public classes and functions of a module, and the public methods of those classes."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.name[0] != "_":
            yield node
            if isinstance(node, ast.ClassDef):
                yield from public(node)


def constants(tree: ast.Module) -> Iterator[str]:
    """The public constants that a module defines."""
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        for target in targets:
            if isinstance(target, ast.Name) and re.fullmatch("[A-Z][A-Z0-9_]+", target.id):
                yield target.id


def test_a_class_name_finds_one_class() -> None:
    found = collections.defaultdict(list)
    for module, tree in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                found[node.name].append(module)
    assert {name: places for name, places in found.items() if len(places) > 1} == {}


def test_a_public_constants_name_finds_one_constant() -> None:
    found = collections.defaultdict(list)
    for module, tree in modules().items():
        if not any(part in module for part in EXEMPT):
            for name in constants(tree):
                found[name].append(module)
    assert {name: places for name, places in found.items() if len(places) > 1} == {}


def test_nothing_lies_loose_in_the_engine() -> None:
    assert {path.name for path in (PROJECT / "engine").glob("*.py")} == {"__init__.py", "engine.py"}


def test_the_engines_rooms_import_each_other_in_no_circle() -> None:
    arrows: dict[str, set[str]] = {}
    for module, tree in modules().items():
        if module.startswith(ENGINE):
            arrows.setdefault(room(module), set()).update(
                room(name) for name in imported(tree) if name in modules() and name.startswith(ENGINE)
            )
    for here, there in arrows.items():
        there.discard(here)
    list(graphlib.TopologicalSorter(arrows).static_order())  # raises CycleError


def cited() -> set[tuple[str, str]]:
    files = [path for package in (*PACKAGES, "bench", "tests") for path in (PROJECT / package).rglob("*.py")]
    return {each for path in files if path != Path(__file__) for each in CITED.findall(path.read_text())}


@pytest.mark.parametrize(("document", "section"), sorted(cited()))
def test_a_section_that_is_cited_is_named_among_the_sources(document: str, section: str) -> None:
    [named] = re.findall(rf"^- {document}: (.*)\.$", SOURCES, re.MULTILINE)
    assert section in named.split("; ")


@pytest.mark.parametrize(("guide", "path"), NAMED)
def test_what_a_guide_for_readers_of_the_code_names_exists(guide: str, path: str) -> None:
    assert (PROJECT / path).exists()


@pytest.mark.parametrize("script", SCRIPTS)
def test_no_line_of_a_script_is_long_not_even_in_a_template(script: str) -> None:
    lines = (PROJECT / script).read_text().splitlines()
    assert [number for number, line in enumerate(lines, 1) if len(line) > MOST_COLUMNS] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_what_is_public_is_documented(package: str) -> None:
    documented = {
        f"{module}:{node.lineno} {node.name}": ast.get_docstring(node) is not None
        for module, tree in modules().items()
        if module.startswith(f"{NAME}.{package}.") and not any(part in module for part in EXEMPT)
        for node in public(tree)
    }
    missing = [name for name, has_docstring in documented.items() if not has_docstring]
    assert len(missing) <= (1 - LEAST_DOCUMENTED) * len(documented), missing
