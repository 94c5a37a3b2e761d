"""`list_code_definition_names`: each language by its grammar."""

# ruff: noqa: E501 - a table reads better wide
from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roocode_server.engine.tools.definitions import GRAMMARS, MOST_DEFINITIONS, definitions, language_of
from tests.engine.tools.conftest import Context

SOURCES = {
    "a.py": ("class A:\n    def b(self):\n        pass\n\n\nasync def c():\n    pass\n", "1--3 | class A: 2--3 |   def b(self): 6--7 | async def c():"),
    "a.js": ("class A {\n  b() {}\n}\nfunction c() {}\nconst d = (x) => x;\nlet e = 1;\n", "1--3 | class A { 2--2 |   b() {} 4--4 | function c() {} 5--5 | const d = (x) => x;"),
    "a.ts": ("interface A { b(): void }\ntype C = string;\nenum D { X }\nexport function e(): void {}\n", "1--1 | interface A { b(): void } 1--1 |   interface A { b(): void } 2--2 | type C = string; 3--3 | enum D { X } 4--4 | export function e(): void {}"),
    "a.tsx": ("const A = () => <p>hi</p>;\nexport class B extends C<D> {}\n", "1--1 | const A = () => <p>hi</p>; 2--2 | export class B extends C<D> {}"),
    "a.go": ("package a\n\ntype B struct{}\n\nfunc (b B) C() {}\n\nfunc D() {}\n", "3--3 | type B struct{} 5--5 | func (b B) C() {} 7--7 | func D() {}"),
    "a.rs": ("struct A;\nimpl A {\n    fn b(&self) {}\n}\ntrait C {}\nenum D { X }\n", "1--1 | struct A; 2--4 | impl A { 3--3 |   fn b(&self) {} 5--5 | trait C {} 6--6 | enum D { X }"),
    "A.java": ("class A {\n  A() {}\n  void b() {}\n}\ninterface C {}\n", "1--4 | class A { 2--2 |   A() {} 3--3 |   void b() {} 5--5 | interface C {}"),
    "a.c": ("struct a { int b; };\nint c(void) { return 1; }\nstruct a d;\n", "1--1 | struct a { int b; }; 2--2 | int c(void) { return 1; }"),
    "a.cpp": ("namespace a {\nclass B { void c() {} };\n}\n", "1--3 | namespace a { 2--2 |   class B { void c() {} }; 2--2 |     class B { void c() {} };"),
    "A.cs": ("namespace A {\n  class B {\n    void C() {}\n  }\n}\n", "1--5 | namespace A { 2--4 |   class B { 3--3 |     void C() {}"),
    "a.rb": ("module A\n  class B\n    def c\n    end\n  end\nend\n", "1--6 | module A 2--5 |   class B 3--4 |     def c"),
    "a.php": ("<?php\nclass A {\n  function b() {}\n}\nfunction c() {}\n", "2--4 | class A { 3--3 |   function b() {} 5--5 | function c() {}"),
}  # fmt: skip


@pytest.mark.parametrize("path", SOURCES)
async def test_what_a_file_defines(context: Context, path: str) -> None:
    source, expected = SOURCES[path]
    context.write(path, source)
    result = await context.call("list_code_definition_names", path=path)
    assert result.output.splitlines() == [path, *expected_lines(expected)]


@pytest.mark.parametrize("ending", ["js", "ts", "tsx"])
@pytest.mark.parametrize(
    ("source", "defined"),
    [
        ("class A {\n  handle = (e) => {};\n  static go = async function () {};\n  #own = () => 1;\n  n = 1;\n}\n", [1, 2, 3, 4]),
        ("const A = memo(() => null);\nconst B = React.forwardRef(function B(p, r) {});\nconst c = memo(A);\n", [1, 2, 3]),
        ("const A = React.memo(React.forwardRef((p, r) => null));\nconst B = observer(withAuth(function () {}));\n", [1, 2]),
        ("const sum = list.reduce((a, b) => a + b);\nconst X = make();\nconst Y = make(1);\n", []),
        ("export default () => 1;\n", [1]),
        ("export default function () {}\n", [1]),
        ("export default function* () {}\n", [1]),
        ("export default class {\n  a() {}\n}\n", [1, 2]),
        ("export default memo(() => null);\nexport const a = 1;\nexport { a };\n", [1]),
        ("export default function named() {}\n", [1]),
        ("module.exports = function () {};\nexports.a = (x) => x;\nthis.x = () => 1;\nA.prototype.b = function () {};\n", [1, 2, 4]),
        ("const A = class {\n  b() {}\n};\nconst c = (() => 1);\n", [1, 2, 4]),
    ],
)  # fmt: skip
def test_functions_and_components_that_are_held_or_wrapped_are_definitions(
    ending: str, source: str, defined: list[int]
) -> None:
    language = language_of(f"a.{ending}")
    assert language is not None
    assert [each.start for each in definitions(language, source.encode())] == defined


def test_a_held_function_is_named_by_its_line() -> None:
    source = b"class A {\n  handle =\n    () => 1;\n}\nexport default () => 1;\n"
    found = [(each.text, each.depth) for each in definitions("typescript", source)]
    assert found == [("class A {", 0), ("handle =", 1), ("export default () => 1;", 0)]


def expected_lines(text: str) -> list[str]:
    """The lines of a table's entry, which are written one after the other."""
    return [line.rstrip() for line in re.split(r" (?=\d+--\d+ \|)", text)]


def test_every_language_has_its_source() -> None:
    assert len(SOURCES) == len(GRAMMARS)


async def test_a_folder_lists_its_own_files_without_what_git_ignores(context: Context) -> None:
    context.write("src/a.py", "def a(): ...\n")
    context.write("src/b.py", "x = 1\n")
    context.write("src/c.txt", "def c(): ...\n")
    context.write("src/deep/d.py", "def d(): ...\n")
    context.write("src/made.py", "def made(): ...\n")
    context.write("src/.gitignore", "made.py\n")
    result = await context.call("list_code_definition_names", path="src")
    assert result.output == "src/a.py\n1--1 | def a(): ..."


async def test_a_language_that_is_not_read_is_said(context: Context) -> None:
    context.write("a.txt", "x")
    assert "none of the supported languages" in await context.failure(
        "list_code_definition_names", path="a.txt"
    )


async def test_an_empty_folder_has_no_definitions(context: Context) -> None:
    (context.folder / "src").mkdir()
    result = await context.call("list_code_definition_names", path="src")
    assert result.output == "No definitions in src."


def test_a_source_that_is_nested_deeply_is_read() -> None:
    source = "".join("  " * depth + f"class C{depth}:\n" for depth in range(300)) + "  " * 300 + "pass\n"
    assert len(definitions("python", source.encode())) == 300


def test_a_file_with_very_many_definitions_is_cut() -> None:
    assert len(definitions("python", b"def a(): ...\n" * 2000)) == MOST_DEFINITIONS


@settings(deadline=None, max_examples=50)
@given(st.sampled_from(sorted(GRAMMARS)), st.binary(max_size=400))
def test_no_bytes_break_the_reading(language: str, source: bytes) -> None:
    for found in definitions(language, source):
        assert 1 <= found.start <= found.end
