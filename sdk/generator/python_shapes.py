"""Writes what the server gives as data classes, and what it takes as typed dictionaries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from sdk.generator.documents import Documents, Field, Shape, shapes_in
from sdk.generator.python_names import annotation, camel, default_of, docstring, pascal, repr_, snake

HEAD: Final = '''"""{about}

Made by scripts/clients from the server's documents.
"""

from __future__ import annotations
'''


def models(documents: Documents) -> str:
    """The module `roocode.models`: every shape that the server gives."""
    given = [operation.answer for operation in documents.operations]
    given += [name for event in documents.events for field in event.fields for name in shapes_in(field.kind)]
    lines = [
        HEAD.format(about="What the server answers."),
        "from collections.abc import Mapping",
        "from dataclasses import dataclass, field",
        "from datetime import datetime",
        "from typing import Any, ClassVar, Literal",
    ]
    for shape in documents.within(*given):
        lines += ["", "", *_data_class(shape.name, "", shape.fields, shape.description)]
    return _joined(lines)


def events(documents: Documents) -> str:
    """The module `roocode.events`: a class for each event."""
    used = {name for event in documents.events for field in event.fields for name in shapes_in(field.kind)}
    lines = [
        HEAD.format(about="The events of the server, each a class."),
        "from collections.abc import Mapping",
        "from dataclasses import dataclass, field",
        "from typing import Any, ClassVar, Literal",
        "from datetime import datetime",
        "",
        "from roocode.event import Event",
        f"from roocode.models import {', '.join(sorted(used))}",
    ]
    for event in documents.events:
        about = event.summary + ("" if event.is_durable else " Only sent live, without a `seq`.")
        lines += ["", "", *_data_class(f"{pascal(event.name)}Event", "(Event)", event.fields, about)]
    entries = [f'    "{event.name}": {pascal(event.name)}Event,' for event in documents.events]
    lines += ["", "", "EVENTS: Mapping[str, type[Event]] = {", *entries, "}"]
    lines += ['"""The class of each type of event."""']
    return _joined(lines)


def params(documents: Documents) -> str:
    """The module `roocode.params`: every shape within a request."""
    taken = [
        name
        for operation in documents.operations
        for field in operation.request
        for name in shapes_in(field.kind)
    ]
    lines = [
        HEAD.format(about="What the server takes: dictionaries, with the names of the wire."),
        "from collections.abc import Mapping, Sequence",
        "from datetime import datetime",
        "from typing import Any, Literal, NotRequired, TypedDict",
    ]
    for shape in documents.within(*taken):
        lines += ["", "", *_typed_dictionary(shape)]
    return _joined(lines)


def _data_class(name: str, base: str, fields: Iterable[Field], about: str) -> Iterator[str]:
    yield "@dataclass(frozen=True, slots=True, kw_only=True)"
    yield f"class {name}{base}:"
    yield from docstring(about or f"`{name}` of the server's documents.", "    ")
    written = sorted(fields, key=lambda each: default_of(each) is not None)
    if written:
        yield ""
    odd = {snake(each.name): each.name for each in written if camel(snake(each.name)) != each.name}
    if odd:
        names = ", ".join(f"{repr_(ours)}: {repr_(theirs)}" for ours, theirs in odd.items())
        yield f"    WIRE_NAMES: ClassVar[Mapping[str, str]] = {{{names}}}"
    for each in written:
        default, text = default_of(each), annotation(each.kind)
        if default == "None" and not text.endswith("| None") and text != "Any":
            text += " | None"
        yield f"    {snake(each.name)}: {text}" + (f" = {default}" if default is not None else "")
        if each.description:
            yield from docstring(each.description, "    ")


def _typed_dictionary(shape: Shape) -> Iterator[str]:
    yield f"class {shape.name}Dict(TypedDict):"
    yield from docstring(shape.description or f"`{shape.name}` of the server's documents.", "    ")
    if shape.fields:
        yield ""
    for each in shape.fields:
        text = annotation(each.kind, is_taken=True)
        yield f"    {each.name}: {text if each.is_required else f'NotRequired[{text}]'}"
        if each.description:
            yield from docstring(each.description, "    ")


def _joined(lines: Iterable[str]) -> str:
    return "\n".join(lines) + "\n"
