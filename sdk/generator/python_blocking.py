"""Writes the blocking twin of the asynchronous client.

Each class has the same methods, which have the asynchronous ones run in the loop of a `Portal`: the
signatures and docstrings are copied, so that both twins are typed and described alike.
"""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

MODULES: Final = ("operations", "approvals", "areas", "tasks", "client")
CLIENT: Final = "AsyncRooCodeClient"
NAMED_BY_CALLERS: Final = frozenset({CLIENT, "AsyncTaskRun", "AsyncApprovalBot"})
HEAD: Final = '''"""The blocking client: the twin of the asynchronous one. Made by scripts/clients from it.

Why it is made like this: `roocode.portal`.
"""

from __future__ import annotations

import builtins
import os
import weakref
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Literal, Self

'''
LIFE: Final = '''
    def close(self) -> None:
        """End its connections, and what follows events. It is also done when the program ends."""
        self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _ended(portal: Portal, inner: AsyncRooCodeClient) -> None:
    try:
        portal.call(inner.close)
    finally:
        portal.close()
'''


def blocking(package: Path) -> str:
    """The module `roocode.blocking`, from the modules of the package."""
    trees = {name: ast.parse((package / f"{name}.py").read_text()) for name in MODULES}
    classes = {
        node.name: node for tree in trees.values() for node in tree.body if isinstance(node, ast.ClassDef)
    }
    twins = {name: _twin_name(name) for name in classes}
    used = [name for name in classes if _is_used(name, classes)]
    body = []
    for name in sorted(used, key=lambda each: each == CLIENT):
        body += ["", "", *_twin(name, classes, twins)]
    body += LIFE.splitlines()
    text = "\n".join(body) + "\n"
    return HEAD + "\n".join(_imports(text, trees, set(twins.values()))) + text


def _twin_name(name: str) -> str:
    """Areas say that they block: an answer may be called like them."""
    short = name.removeprefix("Async").removesuffix("Operations")
    return short if name in NAMED_BY_CALLERS else f"Blocking{short}"


def _is_used(name: str, classes: Mapping[str, ast.ClassDef]) -> bool:
    """Whether callers see the class: not where another one extends it."""
    is_base = any(name in _bases(other) for other in classes.values())
    return name.startswith("Async") or (name.endswith("Operations") and not is_base)


def _bases(node: ast.ClassDef) -> list[str]:
    return [base.id for base in node.bases if isinstance(base, ast.Name)]


def _methods(
    node: ast.ClassDef, classes: Mapping[str, ast.ClassDef]
) -> dict[str, ast.FunctionDef | ast.AsyncFunctionDef]:
    found: dict[str, ast.FunctionDef | ast.AsyncFunctionDef] = {}
    for base in _bases(node):
        if base in classes:
            found |= _methods(classes[base], classes)
    for each in node.body:
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) and not each.name.startswith("_"):
            found[each.name] = each
    return found


def _twin(name: str, classes: Mapping[str, ast.ClassDef], twins: Mapping[str, str]) -> Iterator[str]:
    node = classes[name]
    yield f"class {twins[name]}:"
    yield f'    """{ast.get_docstring(node, clean=False)}"""'
    yield ""
    if name == CLIENT:
        yield from _opening(node, classes, twins)
    else:
        yield f"    def __init__(self, portal: Portal, inner: {name}) -> None:"
        yield "        self._portal = portal"
        yield "        self._inner = inner"
    for method in _methods(node, classes).values():
        if name == CLIENT and method.name == "close":
            continue
        yield ""
        yield from _method(method, twins)


def _opening(
    node: ast.ClassDef, classes: Mapping[str, ast.ClassDef], twins: Mapping[str, str]
) -> Iterator[str]:
    """The constructor of the client, with an attribute for each area."""
    [opening] = (each for each in node.body if isinstance(each, ast.FunctionDef) and each.name == "__init__")
    yield from _signature(opening, twins, "None")
    yield "        self._portal = Portal()"
    yield f"        self._inner = self._portal.make({CLIENT}, {_arguments(opening)})"
    yield "        self._end = weakref.finalize(self, _ended, self._portal, self._inner)"
    for statement in opening.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Attribute):
            area, made = statement.targets[0].attr, statement.value
            if not area.startswith("_") and isinstance(made, ast.Call):
                kind = ast.unparse(made.func).rpartition(".")[2]
                yield f"        self.{area} = {twins[kind]}(self._portal, self._inner.{area})"


def _method(method: ast.FunctionDef | ast.AsyncFunctionDef, twins: Mapping[str, str]) -> Iterator[str]:
    returns = ast.unparse(method.returns) if method.returns else "None"
    arguments = ", ".join(filter(None, [f"self._inner.{method.name}", _arguments(method)]))
    takes_handler = "Handler[" in ast.unparse(method.args)
    if any(isinstance(each, ast.Name) and each.id == "property" for each in method.decorator_list):
        yield "    @property"
        yield from _signature(method, twins, _blocking(method.returns, twins))
        yield f"        return self._inner.{method.name}"
    elif isinstance(method, ast.AsyncFunctionDef) and returns.startswith(
        ("AsyncIterator[", "AsyncGenerator[")
    ):
        yield from _signature(method, twins, _blocking(method.returns, twins))
        yield f"        return self._portal.iterate({arguments})"
    elif isinstance(method, ast.AsyncFunctionDef) or takes_handler or returns in twins:
        how = "call" if isinstance(method, ast.AsyncFunctionDef) else "make"
        call = f"self._portal.{how}({arguments})"
        yield from _signature(method, twins, _blocking(method.returns, twins))
        if returns in twins:
            yield f"        return {twins[returns]}(self._portal, {call})"
        else:
            yield f"        {'' if returns == 'None' else 'return '}{call}"
    else:
        yield from _signature(method, twins, _blocking(method.returns, twins))
        for statement in method.body[1:]:
            yield from (f"        {line}" for line in _blocking(statement, twins).splitlines())


def _signature(
    method: ast.FunctionDef | ast.AsyncFunctionDef, twins: Mapping[str, str], returns: str
) -> Iterator[str]:
    yield f"    def {method.name}({_blocking(method.args, twins)}) -> {returns}:"
    text = ast.get_docstring(method, clean=False)
    if text is not None:
        yield f'        """{text}"""'


def _arguments(method: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """How the arguments of a method are handed on; functions are made asynchronous ones."""

    def given(argument: ast.arg) -> str:
        is_handler = argument.annotation is not None and "Handler[" in ast.unparse(argument.annotation)
        return f"self._portal.handler({argument.arg})" if is_handler else argument.arg

    args = method.args
    handed = [given(each) for each in args.args[1:]]
    if args.vararg is not None:
        handed.append(f"*{args.vararg.arg}")
    return ", ".join([*handed, *(f"{each.arg}={given(each)}" for each in args.kwonlyargs)])


class _Blocking(ast.NodeTransformer):
    def __init__(self, twins: Mapping[str, str]) -> None:
        self._twins = twins

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id in ("AsyncIterator", "AsyncGenerator"):
            return ast.Name(node.id.removeprefix("Async"))
        return ast.Name(self._twins[node.id]) if node.id.startswith("Async") else node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        if not (isinstance(node.value, ast.Name) and isinstance(node.slice, ast.Tuple)):
            return node
        match node.value.id, [ast.unparse(each) for each in node.slice.elts]:
            case "Handler", [takes, gives]:
                return ast.parse(f"Callable[[{takes}], {gives}]", mode="eval").body
            case "Generator", [yields, takes]:
                return ast.parse(f"Generator[{yields}, {takes}, None]", mode="eval").body
        return node


def _blocking(node: ast.AST | None, twins: Mapping[str, str]) -> str:
    return ast.unparse(_Blocking(twins).visit(copy.deepcopy(node))) if node is not None else "None"


def _imports(text: str, trees: Mapping[str, ast.Module], own: set[str]) -> Iterator[str]:
    """The imports of what the text names: as the modules import it, or from the modules themselves."""
    words = set(re.findall(r"\w+", text))
    yield "from roocode.portal import Portal"
    places: dict[str, str] = {}
    for module, tree in trees.items():
        for node in tree.body:
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("roocode."):
                places.update({each.name: node.module or "" for each in node.names})
            elif isinstance(node, ast.ClassDef):
                places[node.name] = f"roocode.{module}"
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                places[node.targets[0].id] = f"roocode.{module}"
    for name in sorted((words & places.keys()) - own):
        yield f"from {places[name]} import {name}"
