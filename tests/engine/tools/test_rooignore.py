"""`.rooignore` applies to every tool."""

from __future__ import annotations

from typing import Any

import pytest

from roocode_server.engine.tools.execution import execute
from roocode_server.engine.tools.registry import ToolRegistry
from roocode_server.engine.tools.tool import ToolResult
from tests.engine.tools.conftest import Context


@pytest.fixture
def told(context: Context) -> list[str]:
    """A workspace with a secret, and what people are told."""
    context.write(".rooignore", "secrets/\n*.key\n# a comment\n!public.key\n")
    context.write("secrets/a.txt", "password = hunter2\n")
    context.write("server.key", "password\n")
    context.write("public.key", "public\n")
    context.write("main.py", "def password(): ...\n")
    said: list[str] = []

    async def say(kind: str, text: str, images: Any = ()) -> None:
        said.append(kind)

    context.say = say  # type: ignore[method-assign]
    return said


async def run(context: Context, tool: str, **arguments: Any) -> ToolResult:
    return await execute(ToolRegistry().prepare(tool, arguments), context)


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("read_file", {"path": "secrets/a.txt"}),
        ("read_file", {"path": "./secrets/../secrets/a.txt"}),
        ("read_file", {"path": "main.py", "files": [{"path": "server.key"}]}),
        ("write_to_file", {"path": "secrets/new.txt", "content": "x"}),
        ("apply_diff", {"path": "server.key", "diff": "x"}),
        ("insert_content", {"path": "server.key", "line": 0, "content": "x"}),
        ("search_and_replace", {"path": "server.key", "search": "p", "replace": "q"}),
        ("list_files", {"path": "secrets"}),
        ("search_files", {"path": "secrets", "regex": "."}),
        ("list_code_definition_names", {"path": "secrets"}),
        ("execute_command", {"command": "cat secrets/a.txt"}),
        ("execute_command", {"command": "true && head -n1 ./server.key | wc -l"}),
    ],
)
async def test_what_is_forbidden_is_refused(
    context: Context, told: list[str], tool: str, arguments: dict[str, Any]
) -> None:
    result = await run(context, tool, **arguments)
    assert not result.success
    assert ".rooignore" in result.output
    assert "hunter2" not in result.output
    assert told == ["rooignore_error"]
    assert not (context.folder / "secrets" / "new.txt").exists()


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("list_files", {"path": ".", "recursive": True}),
        ("search_files", {"path": ".", "regex": "password"}),
    ],
)
async def test_what_is_forbidden_is_not_listed(
    context: Context, told: list[str], tool: str, arguments: dict[str, Any]
) -> None:
    result = await run(context, tool, **arguments)
    assert result.success
    assert "secrets/a.txt" not in result.output
    assert "server.key" not in result.output
    assert "main.py" in result.output


async def test_what_is_let_in_again_is_not_forbidden(context: Context, told: list[str]) -> None:
    assert (await run(context, "read_file", path="public.key")).success
    assert (await run(context, "execute_command", command="cat public.key main.py")).success


async def test_without_the_file_nothing_is_forbidden(context: Context, told: list[str]) -> None:
    (context.folder / ".rooignore").unlink()
    assert (await run(context, "read_file", path="server.key")).success
