"""Writes a class for each area of operations, with a method for each."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Final

from sdk.generator.documents import MISSING, Documents, Field, Kind, Operation
from sdk.generator.python_names import annotation, area_of, camel, docstring, pascal, repr_, snake
from sdk.generator.python_shapes import HEAD

GIVEN: Final = {"session.create": "session", "session.fork": "session"}
"""The part of the answer that is returned, where it has others."""
EXTENDED: Final = {"task.create": "_create"}
"""Operations whose public method is written by hand, on top of this one."""
PAGED: Final = {"limit", "offset"}


def operations(documents: Documents) -> str:
    """The module `roocode.operations`."""
    lines = []
    in_rest = [each for each in documents.operations if each.path is not None]
    ordered = sorted(in_rest, key=lambda each: area_of(each.name))
    for area, methods in itertools.groupby(ordered, key=lambda each: area_of(each.name)):
        lines += ["", "", f"class {pascal(area)}Operations(Operations):"]
        lines += [f'    """The operations of `{area}`."""']
        for each in methods:
            lines += ["", *_method(each, documents)]
    # A class with a method `list` cannot mean the type by that name.
    body = "\n".join(lines).replace("list[", "builtins.list[") + "\n"
    words = set(re.findall(r"\w+", body))
    answers = sorted(words & documents.shapes.keys())
    taken = sorted(words & {f"{name}Dict" for name in documents.shapes})
    head = [
        HEAD.format(about="Every operation of the server that REST has."),
        "import builtins",
        "from collections.abc import AsyncIterator, Mapping, Sequence",
        "from datetime import datetime",
        "from typing import Any, Literal",
        "",
        f"from roocode.models import {', '.join(answers)}",
        f"from roocode.params import {', '.join(taken)}",
        "from roocode.transport import UNSET, Operations, Route, Unset",
    ]
    return "\n".join(head) + body


def _method(operation: Operation, documents: Documents) -> Iterator[str]:
    answer = documents.shapes[operation.answer]
    part = GIVEN.get(operation.name)
    if part is None and len(answer.fields) == 1:
        part = answer.fields[0].name
    given = Kind("shape", shape=operation.answer)
    for field in answer.fields:
        if field.name == part:
            given = field.kind
    path = operation.path or ""
    first = sorted(operation.request, key=lambda field: path.find(f"{{{field.name}}}") % 10_000)
    required = [field for field in first if field.is_required]
    others = [field for field in first if not field.is_required]
    name = EXTENDED.get(operation.name, operation.name.partition(".")[2])
    yield f"    async def {name}("
    yield "        self,"
    for field in required:
        yield f"        {snake(field.name)}: {annotation(field.kind, is_taken=True)},"
    yield "        *,"
    for field in others:
        yield f"        {snake(field.name)}: {_optional(field)} = UNSET,"
    yield "        timeout_s: float | None = None,"
    yield f"    ) -> {annotation(given)}:"
    errors = (
        f"Raises: RooCodeError, with {', '.join(f'`{code}`' for code in operation.errors)} among the codes."
    )
    text = "\n\n".join([operation.summary, *filter(None, [operation.description]), *_hints(first), errors])
    yield from docstring(text, "        ")
    names = {snake(field.name): field.name for field in first}
    route = f'Route("{operation.method}", "{path}", is_keyed={operation.is_keyed})'
    yield f"        {'answer =' if part else 'return'} await self.call("
    yield f"            {route},"
    yield f"            {{{', '.join(f'{repr_(theirs)}: {ours}' for ours, theirs in names.items())}}},"
    yield f"            {operation.answer},"
    yield "            timeout_s=timeout_s,"
    yield "        )"
    if part:
        yield f"        return answer.{snake(part)}"
    items = {field.name: field.kind for field in answer.fields}.get("data")
    if items is not None and items.of is not None and {field.name for field in others} >= PAGED:
        yield ""
        yield from _iteration(operation, required, others, items.of)


def _iteration(operation: Operation, required: list[Field], others: list[Field], item: Kind) -> Iterator[str]:
    """A method that goes through all pages of a list."""
    filters = [field for field in others if field.name not in PAGED]
    name = operation.name.partition(".")[2]
    each = "each" if name == "list" else f"each_{name.removesuffix('s')}"
    yield f"    async def {each}("
    yield "        self,"
    for field in required:
        yield f"        {snake(field.name)}: {annotation(field.kind, is_taken=True)},"
    if filters:
        yield "        *,"
    for field in filters:
        yield f"        {snake(field.name)}: {_optional(field)} = UNSET,"
    yield f"    ) -> AsyncIterator[{annotation(item)}]:"
    yield from docstring(f"{operation.summary} Goes through all pages.", "        ")
    arguments = [snake(field.name) for field in required]
    arguments += [f"{snake(field.name)}={snake(field.name)}" for field in filters]
    yield "        offset: int | None = 0"
    yield "        while offset is not None:"
    yield f"            page = await self.{name}({', '.join([*arguments, 'offset=offset'])})"
    yield "            for item in page.data:"
    yield "                yield item"
    yield "            offset = page.pagination.next_offset"


def _optional(field: Field) -> str:
    text = annotation(field.kind, is_taken=True)
    return f"{text.removesuffix(' | None')} | Unset | None" if text.endswith(" | None") else f"{text} | Unset"


def _hints(fields: list[Field]) -> Iterator[str]:
    """Say what the fields mean that are described, and what is assumed where they are left out."""
    told = []
    for field in fields:
        text = field.description.rstrip(".")
        if field.default is not MISSING and field.default not in ("", [], {}):
            text += f"{'; ' if text else ''}{field.default!r} unless given"
        if text:
            told.append(f"`{snake(field.name)}`: {text}.")
    if told:
        yield " ".join(told)


def odd_names(documents: Documents) -> list[str]:
    """Return the names of requests that cannot be told from Python's: there should be none."""
    return [
        field.name
        for operation in documents.operations
        for field in operation.request
        if camel(snake(field.name)) != field.name
    ]
