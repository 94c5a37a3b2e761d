"""Pages of the site that are made from the declarations: each operation by area, each event, each shape."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, cast

from roocode_server.engine.engine import Engine
from roocode_server.handlers.operation import Operation, Registry
from roocode_server.handlers.registry import AREAS, TRANSFERS
from roocode_server.models.event import EVENTS, Event
from roocode_server.models.sharing import least_access
from roocode_server.server.doors.openapi import errors_of
from roocode_server.server.doors.schemas import Json, Schemas, documentation, split_documentation

BOUNDS: Final = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
}
"""How the bounds of a JSON Schema are said."""


def write_reference(folder: Path) -> None:
    """Write `operations/AREA.md`, `events.md` and `shapes.md` into a folder, which is made if needed."""
    schemas = Schemas()
    areas: dict[str, list[Operation]] = {}
    for operation in sorted((*declared(AREAS), *declared(TRANSFERS)), key=lambda each: each.name):
        areas.setdefault(operation.name.partition(".")[0], []).append(operation)
    (folder / "operations").mkdir(parents=True, exist_ok=True)
    for area, operations in areas.items():
        write(folder / "operations" / f"{area}.md", area_page(schemas, area, operations))
    write(folder / "operations" / "index.md", contents(areas))
    write(folder / "events.md", events_page(schemas, EVENTS.values()))
    write(folder / "shapes.md", shapes_page(schemas.all))


def write(page: Path, lines: Iterable[str]) -> None:
    """Write a page, unless that is what it has: Sphinx reads again only what has changed."""
    text = "\n".join(lines) + "\n"
    if not page.exists() or page.read_text() != text:
        page.write_text(text)


def declared(areas: Iterable[Any]) -> list[Operation]:
    """All operations of these areas. They are only read, so there is no engine behind them."""
    return list(Registry(tuple(area(cast(Engine, None)) for area in areas)).values())


def contents(areas: Mapping[str, Iterable[Operation]]) -> Iterator[str]:
    """The list of all operations: the name of the Socket.IO event, and the place in REST."""
    yield "# Operations\n"
    yield (
        "An operation has one name at every door. Over Socket.IO, emit an event of that name with one "
        "object, in the namespace of its area or in `/`; the acknowledgement is the answer, or `{error}`. "
        "Over REST it has a method and a path. The same declarations make `/openapi.json` and "
        "`/asyncapi.json`."
    )
    for area, operations in areas.items():
        yield f"\n## {area}\n\n| operation | REST | |\n| --- | --- | --- |"
        for each in operations:
            does, _ = split_documentation(each.documentation)
            yield f"| [`{each.name}`]({area}.md#{anchor(each.name)}) | {rest_of(each)} | {cell(does)} |"
    yield "\n```{toctree}\n:hidden:\n"
    yield from areas
    yield "```"


def area_page(schemas: Schemas, area: str, operations: Iterable[Operation]) -> Iterator[str]:
    """What each operation of an area does, who may call it, what it takes and returns, how it refuses."""
    yield f"# {area}"
    for each in operations:
        yield f"\n## `{each.name}`\n\n{each.documentation}\n\n| | |\n| --- | --- |"
        if each.streams is None:
            yield f"| Socket.IO | `{each.name}` in `{each.namespace}` |"
        if each.rest is not None:
            yield f"| REST | {rest_of(each)} |"
        yield f"| who may call it | {permission_of(each)} |"
        if each.limit is not None:
            yield f"| counted as | `{each.limit}` ([limits](../../limits.md)) |"
        if each.emits:
            told = ", ".join(f"[`{event.name}`](../events.md#{anchor(event.name)})" for event in each.emits)
            yield f"| events | {told} |"
        codes = dict.fromkeys(error.code for error in errors_of(each))
        yield f"| errors | {', '.join(f'`{code}`' for code in codes)} ([meanings](../../errors.md)) |"
        yield from fields_table("Request", schemas.properties(each.request), "../shapes.md")
        if each.streams is None or not each.streams.download:
            yield from fields_table("Answer", schemas.properties(each.response), "../shapes.md")


def events_page(schemas: Schemas, events: Iterable[type[Event]]) -> Iterator[str]:
    """Every event with its fields and their types."""
    yield "# Fields of events\n"
    yield (
        "Besides its own fields each event has `id`, `type`, `sessionId`, `taskId`, `seq` and `timestamp`: "
        "[Events](../events.md)."
    )
    for each in events:
        kept = "Stored, with a `seq`" if each.durable else "Ephemeral: only sent live"
        yield f"\n## `{each.name}`\n\n{documentation(each)}\n\n{kept}; in the namespace `{each.namespace}`."
        yield from fields_table("Fields", schemas.properties(each), "shapes.md")


def shapes_page(shapes: Mapping[str, Json]) -> Iterator[str]:
    """Every shape that requests, answers and events contain. It is made last, when all are known."""
    yield "# Shapes\n\nThe objects inside requests, answers and events."
    for name in sorted(shapes):
        shape = shapes[name]
        required = shape.get("required", ())
        fields = ((key, schema, key in required) for key, schema in shape.get("properties", {}).items())
        yield f"\n## {name}\n\n{shape.get('description', '')}"
        yield from fields_table("Fields", fields, "")


def fields_table(title: str, fields: Iterable[tuple[str, Json, bool]], shapes: str) -> Iterator[str]:
    """A table of fields: name, type, whether it is required or its default, and what it means."""
    rows = list(fields)
    if not rows:
        return
    yield f"\n| {title} | type | | |\n| --- | --- | --- | --- |"
    for name, schema, is_required in rows:
        need = "required" if is_required else default_of(schema)
        yield f"| `{name}` | {type_of(schema, shapes)} | {need} | {cell(schema.get('description', ''))} |"


def type_of(schema: Json, shapes: str) -> str:
    """A schema in words; a named one is a link to its shape on the page `shapes`."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}]({shapes}#{anchor(name)})"
    alternatives = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
    if alternatives:
        return " or ".join(type_of(each, shapes) for each in alternatives)
    if "enum" in schema:
        return ", ".join("null" if choice is None else f"`{choice}`" for choice in schema["enum"])
    kinds = schema.get("type", "anything")
    named = " or ".join([kinds] if isinstance(kinds, str) else kinds)
    if "items" in schema:
        named = named.replace("array", f"list of {type_of(schema['items'], shapes)}")
    elif isinstance(schema.get("additionalProperties"), dict):
        named = named.replace("object", f"map to {type_of(schema['additionalProperties'], shapes)}")
    bounds = [said.format(schema[bound]) for bound, said in BOUNDS.items() if bound in schema]
    return ", ".join([f"{named} ({schema['format']})" if "format" in schema else named, *bounds])


def default_of(schema: Json) -> str:
    """What a field that is not given is taken to be; empty if it is nothing."""
    return f"default `{schema['default']}`" if schema.get("default") is not None else ""


def rest_of(operation: Operation) -> str:
    """Method and path; empty if the operation concerns the socket it comes through."""
    return "" if operation.rest is None else f"`{operation.rest.method} {operation.rest.path}`"


def permission_of(operation: Operation) -> str:
    """Whom the operation answers, in words."""
    if operation.permission is None:
        return "anybody"
    if operation.on is None:
        return f"`{operation.permission}`"
    return f"`{operation.permission}`; in the session at least as `{least_access(operation.permission)}`"


def anchor(name: str) -> str:
    """The anchor of a heading with this name, as GitHub makes it."""
    return name.lower().replace(".", "")


def cell(text: str) -> str:
    """A text in one cell of a table."""
    return " ".join(text.replace("|", "\\|").split())
