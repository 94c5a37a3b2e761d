"""What is generated of the client is up to date, complete, and alike in both twins."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import roocode
from roocode import AsyncRooCodeClient, RooCodeClient, blocking, events
from roocode_server.models.event import EVENTS
from sdk.generator import documents, python_operations
from sdk.generator.server_documents import documents as of_the_server
from tests.support.server import PROJECT

PACKAGE = Path(roocode.__file__).parent
MODULES = {path.stem: ast.parse(path.read_text()) for path in PACKAGE.glob("*.py")}
LEAST_DOCUMENTED = 0.98


def test_what_is_generated_is_what_would_be_generated() -> None:
    command = [sys.executable, str(PROJECT / "scripts" / "clients"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), f"run scripts/clients\n{done.stderr}"


def test_every_operation_of_rest_has_a_method() -> None:
    wanted = [each for each in of_the_server().operations if each.path is not None]
    assert len(wanted) > 100
    client = AsyncRooCodeClient("roo_none")
    for each in wanted:
        area = python_operations.area_of(each.name)
        assert inspect.iscoroutinefunction(getattr(getattr(client, area), each.name.partition(".")[2])), (
            each.name
        )


def test_every_event_has_a_class() -> None:
    own = {name for name, kind in EVENTS.items() if kind.__module__.startswith("roocode_server.")}
    assert set(events.EVENTS) == own


def test_no_field_of_a_request_is_called_differently_in_python() -> None:
    assert python_operations.odd_names(of_the_server()) == []


def test_both_twins_have_the_same_methods_with_the_same_parameters() -> None:
    def surface(made: object) -> dict[str, list[str]]:
        public = {name: getattr(made, name) for name in dir(type(made)) if not name.startswith("_")}
        return {
            name: list(inspect.signature(method).parameters)
            for name, method in public.items()
            if inspect.isroutine(method)
        }

    there = AsyncRooCodeClient("roo_none")
    with RooCodeClient("roo_none") as here:
        areas = [name for name in vars(there) if not name.startswith("_")]
        assert len(areas) > 20
        for name in areas:
            wanted = surface(getattr(there, name))
            wanted.pop("call", None)
            assert surface(getattr(here, name)) == wanted, name


def test_no_method_of_the_blocking_client_is_asynchronous() -> None:
    for node in ast.walk(ast.parse(inspect.getsource(blocking))):
        assert not isinstance(node, ast.AsyncFunctionDef | ast.Await)


@pytest.mark.parametrize("module", sorted(MODULES))
def test_what_is_public_is_documented(module: str) -> None:
    nodes = [
        node
        for parent in (MODULES[module], *(n for n in MODULES[module].body if isinstance(n, ast.ClassDef)))
        for node in parent.body
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.name[0] != "_"
        if "overload" not in map(ast.unparse, node.decorator_list)
    ]
    missing = [node.name for node in nodes if not ast.get_docstring(node)]
    assert len(missing) <= (1 - LEAST_DOCUMENTED) * len(nodes), missing


def test_a_schema_of_an_unknown_form_is_refused() -> None:
    message = {"payload": {"$ref": "#/components/schemas/Odd"}, "summary": "", "x-durable": True}
    asyncapi = {
        "components": {
            "schemas": {"Odd": {"properties": {"field": {"type": ["string", "integer"]}}}},
            "messages": {"odd.happened": message},
        }
    }
    with pytest.raises(ValueError, match="unknown form"):
        documents.read({"paths": {}}, asyncapi)


def test_a_documents_event_has_its_own_fields_alone() -> None:
    progress = next(each for each in of_the_server().events if each.name == "task.progress")
    assert [field.name for field in progress.fields] == ["progress", "step"]
    assert progress.is_durable
