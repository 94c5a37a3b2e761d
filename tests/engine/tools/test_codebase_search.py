"""`codebase_search` with the real model: meaning, what is indexed, and staying up to date."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roocode_server.engine.search.chunks import MOST_CHUNKS, chunks_of
from roocode_server.engine.search.index import CodeIndex
from roocode_server.engine.tools.codebase_search import CodebaseSearch
from roocode_server.engine.tools.registry import ToolRegistry
from roocode_server.engine.tools.tool import ToolResult
from roocode_server.models.identifier import SessionId
from roocode_server.models.lines import lines_of
from tests.engine.tools.conftest import Context

SESSION = SessionId("session")

FILES = {
    "auth.py": "def check_password(user, given):\n    return verify(user.password_hash, given)\n",
    "weather.py": "def forecast(city):\n    return rain_probability(city)\n",
    "cart.py": "class Basket:\n    def total_price(self):\n        return sum(self.prices)\n",
    "notes.md": "How to deploy: build the container image and push it to the cluster.\n",
}


class Searching:
    def __init__(self, context: Context, index: CodeIndex) -> None:
        self.context = context
        self.index = index
        self.told: list[str] = []
        context.session_id = SESSION  # type: ignore[attr-defined]
        context.say = self._say  # type: ignore[attr-defined]

    async def _say(self, kind: str, text: str, images: Any = ()) -> None:
        self.told.append(f"{kind} {text}")

    async def __call__(self, query: str, path: str | None = None) -> ToolResult:
        arguments = {"query": query, "path": path}
        return (
            await ToolRegistry([CodebaseSearch(self.index)])
            .prepare("codebase_search", arguments)
            .run(self.context)
        )


@pytest.fixture
async def search(context: Context) -> AsyncIterator[Searching]:
    index = CodeIndex()
    for path, content in FILES.items():
        context.write(path, content)
    yield Searching(context, index)
    await index.close()


def first(result: ToolResult) -> str:
    """The file of the nearest piece."""
    return result.output.split("\n\n")[1].split(":")[0]


@pytest.mark.parametrize(
    ("query", "file"),
    [
        ("where is the login verified?", "auth.py"),
        ("will it be wet tomorrow", "weather.py"),
        ("the cost of everything in the shopping basket", "cart.py"),
        ("release to production with docker", "notes.md"),
    ],
)
async def test_it_finds_by_meaning(search: Searching, query: str, file: str) -> None:
    assert first(await search(query)) == file


async def test_it_says_what_it_searched_and_tells_people(search: Searching) -> None:
    result = await search("password")
    assert result.output.startswith("Searched 4 files.")
    kind, _, text = search.told[0].partition(" ")
    assert kind == "codebase_search_result"
    told = orjson.loads(text)["content"]
    assert told["query"] == "password"
    assert told["results"][0]["filePath"] == "auth.py"


async def test_changes_are_seen_at_the_next_search(search: Searching) -> None:
    await search("password")
    search.context.write("auth.py", "def paint(wall):\n    return wall.coloured('green')\n")
    search.context.write("more/login.py", "def log_in(name, password):\n    ...\n")
    (search.context.folder / "weather.py").unlink()
    assert first(await search("password")) == "more/login.py"
    assert "weather.py" not in (await search("rain")).output


async def test_a_folder_bounds_the_search(search: Searching) -> None:
    search.context.write("docs/a.md", "Passwords are verified by the server.\n")
    result = await search("password check", "docs")
    assert "auth.py" not in result.output
    assert first(result) == "docs/a.md"


async def test_what_git_ignores_and_what_is_no_text_is_left_out(search: Searching) -> None:
    search.context.write(".gitignore", "secret/\n")
    search.context.write("secret/passwords.txt", "password password password\n")
    search.context.write("picture.bin", b"password\0\xff")
    result = await search("password")
    assert "secret/passwords.txt" not in result.output
    assert "picture.bin" not in result.output


async def test_an_empty_workspace_has_nothing_to_find(search: Searching) -> None:
    for path in FILES:
        (search.context.folder / path).unlink()
    assert (await search("password")).output == "Searched 0 files."


async def test_what_is_not_read_yet_is_said(search: Searching, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("roocode_server.engine.search.index.INDEX_TIMEOUT_S", 0.0)
    result = await search("password")
    assert "4 more are new or have changed" in result.output
    monkeypatch.setattr("roocode_server.engine.search.index.INDEX_TIMEOUT_S", 60.0)
    assert (await search("password")).output.startswith("Searched 4 files.\n")


async def test_a_session_that_goes_takes_its_index_with_it(search: Searching) -> None:
    await asyncio.gather(search("password"), search("rain"))
    await search.index.forget(SESSION)
    assert not search.index._indexes


@given(st.text(max_size=5000))
def test_every_line_is_in_one_piece(text: str) -> None:
    lines = lines_of(text)
    covered = [
        number
        for chunk in chunks_of(text.encode(errors="replace"))
        for number in range(chunk.start, chunk.end + 1)
    ]
    assert len(covered) == len(set(covered))
    if "\0" not in text:
        assert {number for number, line in enumerate(lines, 1) if line.strip()} <= set(covered) | set(
            range(MOST_CHUNKS, len(lines) + 1)
        )


def test_a_piece_begins_at_the_line_that_others_count() -> None:
    text = "".join(f"a\fb\u2028c{number}\u0085\r\n" for number in range(100))
    first, second, *_ = chunks_of(text.encode())
    assert (first.start, second.start) == (1, first.end + 1)
    assert second.text.startswith(f"a\fb\u2028c{first.end}\u0085\n")
