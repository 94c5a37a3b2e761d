"""Searches of callers, by the real ripgrep in the real sandbox."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import psutil
import pytest

from roocode_server.engine.engine import Engine, open_engine
from roocode_server.engine.runtimes.runtime import Command, Exit, OutputSink, Runtime, SandboxSpec
from roocode_server.engine.sessions.searches import MOST_SEARCHES_AT_ONCE, Searches
from roocode_server.models.error import (
    Conflict,
    ExtraNotInstalled,
    InvalidField,
    NotFound,
    ServerOverload,
    ValidationFailed,
    WorkspaceLimitExceeded,
)
from roocode_server.models.identifier import SessionId
from roocode_server.models.search import (
    FileSearchRequest,
    MeaningFound,
    MeaningSearchRequest,
    TextSearchRequest,
)
from roocode_server.models.session import (
    ResourceLimitsChange,
    SessionConfigChange,
    SessionCreate,
    SessionUpdate,
)
from roocode_server.models.settings import RuntimeSettings, ServerSettings, Settings
from roocode_server.models.user import Caller


class World:
    """One session of an engine."""

    def __init__(self, engine: Engine, caller: Caller, session_id: SessionId) -> None:
        self.engine = engine
        self.caller = caller
        self.session_id = session_id
        self.searches = engine.searches
        self.folder = engine.sessions.workspace(session_id).folder

    def write(self, path: str, content: str | bytes = "x\n") -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())

    async def files(self, pattern: str, **more: object) -> list[str]:
        request = FileSearchRequest.load({"sessionId": self.session_id, "pattern": pattern, **more})
        return [match.path for match in (await self.searches.files(request)).matches]

    async def meaning(self, query: str, **more: object) -> MeaningFound:
        request = MeaningSearchRequest.load({"sessionId": self.session_id, "query": query, **more})
        return await self.searches.meaning(request)

    async def text(self, pattern: str, **more: object) -> list[tuple[str, int, int, str]]:
        request = TextSearchRequest.load({"sessionId": self.session_id, "pattern": pattern, **more})
        found = await self.searches.text(request)
        return [(match.path, match.line, match.column, match.content) for match in found.matches]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    engine = await open_engine(
        Settings(
            server=ServerSettings(data_dir=str(tmp_path / "data")), runtime=RuntimeSettings(kind="local")
        )
    )
    try:
        caller = Caller.of(await engine.accounts.open_identity(), request_id="req-1", base_url="")
        session = await engine.sessions.create(caller, SessionCreate())
        yield World(engine, caller, session.id)
    finally:
        await engine.close()


async def test_files_are_found_by_a_glob_of_their_names(world: World) -> None:
    for path in ("a.py", "src/b.py", "src/c.js"):
        world.write(path)
    assert await world.files("*.py") == ["/a.py", "/src/b.py"]


@pytest.mark.parametrize("pattern", ["**/b", "src/b", "src/**", "/src/b"])
async def test_files_are_found_by_a_glob_of_their_paths(world: World, pattern: str) -> None:
    for path in ("a", "src/b"):
        world.write(path)
    assert await world.files(pattern) == ["/src/b"]


async def test_file_types_narrow_what_the_pattern_finds(world: World) -> None:
    for path in ("test_a.py", "test_a.js", "b.py"):
        world.write(path)
    assert await world.files("test_*", fileTypes=["*.py", "*.md"]) == ["/test_a.py"]


async def test_only_the_folder_named_is_searched_for_files(world: World) -> None:
    for path in ("a", "src/a"):
        world.write(path)
    assert await world.files("a", path="/src") == ["/src/a"]
    with pytest.raises(Conflict):
        await world.files("a", path="/src/a")


async def test_hidden_and_ignored_files_are_found_when_asked_for(world: World) -> None:
    world.write(".gitignore", "made/\n")
    for path in (".github/a", ".git/a", "made/a", "src/a"):
        world.write(path)
    assert await world.files("a") == ["/src/a"]
    assert await world.files("a", includeHidden=True) == ["/.github/a", "/src/a"]
    assert await world.files("a", includeIgnored=True) == ["/made/a", "/src/a"]


async def test_what_the_agent_may_not_see_is_found_by_its_owner(world: World) -> None:
    world.write(".rooignore", "secret\n")
    world.write("secret", "x\n")
    assert await world.files("secret") == ["/secret"]
    assert await world.text("x", path="/secret") == [("/secret", 1, 1, "x")]


async def test_a_name_with_a_line_break_is_found(world: World) -> None:
    world.write("a\nb")
    assert await world.files("a*") == ["/a\nb"]


async def test_a_line_is_found_with_its_number_column_and_content(world: World) -> None:
    world.write("src/a.py", "one\n  two\nthree\n")
    assert await world.text("t[wh]") == [("/src/a.py", 2, 3, "  two"), ("/src/a.py", 3, 1, "three")]


async def test_lines_are_found_whatever_their_case_when_asked_so(world: World) -> None:
    world.write("a", "Needle\n")
    assert await world.text("needle") == []
    assert await world.text("needle", caseSensitive=False) == [("/a", 1, 1, "Needle")]


async def test_file_types_choose_the_files_that_are_searched(world: World) -> None:
    for path in ("a.py", "b.js", "c.md"):
        world.write(path)
    assert [path for path, *_ in await world.text("x", fileTypes=["*.py", "*.md"])] == ["/a.py", "/c.md"]


async def test_a_long_line_is_cut(world: World) -> None:
    world.write("a", "x" * 1_000_000 + "\n")
    [(path, line, column, content)] = await world.text("x")
    assert (path, line, column) == ("/a", 1, 1)
    assert len(content) == 301
    assert content.endswith("x…")


async def test_binary_files_and_remarks_on_them_are_no_matches(world: World) -> None:
    world.write("a", b"x\n" * 100 + b"\0x\n")
    world.write("b", "x\n")
    assert {path for path, *_ in await world.text("x", limit=1000)} <= {"/a", "/b"}
    assert await world.text("WARNING") == []


async def test_more_than_the_limit_is_told_and_ends_the_search(world: World) -> None:
    for number in range(3):
        world.write(f"{number}", "x\n" * 10_000)
    request = TextSearchRequest(session_id=world.session_id, pattern="x", limit=5)
    found = await world.searches.text(request)
    assert (len(found.matches), found.truncated) == (5, True)


async def test_as_many_as_the_limit_are_all(world: World) -> None:
    for number in range(3):
        world.write(f"{number}")
    request = FileSearchRequest(session_id=world.session_id, pattern="*", limit=3)
    found = await world.searches.files(request)
    assert (len(found.matches), found.truncated) == (3, False)


@pytest.mark.parametrize(
    ("pattern", "more", "field"),
    [
        ("(", {}, "pattern"),
        ("a\0b", {}, "pattern"),
        (r"a\nb", {}, "pattern"),
        ("\ud800", {}, "pattern"),
        ("x", {"fileTypes": ["["]}, "fileTypes"),
        ("x", {"fileTypes": [""]}, "fileTypes"),
        ("x", {"path": "../.."}, "path"),
    ],
)
async def test_a_mistake_is_named_by_its_field(
    world: World, pattern: str, more: dict[str, object], field: str
) -> None:
    world.write("a")
    with pytest.raises(ValidationFailed) as mistake:
        await world.text(pattern, **more)
    assert mistake.value.details["field"] == field


@pytest.mark.parametrize("pattern", ["--help", "$(touch pwned)", "'; touch pwned; '", "`touch pwned`"])
async def test_a_pattern_is_only_a_pattern(world: World, pattern: str) -> None:
    world.write("a")
    await world.files(pattern)
    await world.text("x", fileTypes=[pattern])
    assert sorted(path.name for path in world.folder.iterdir()) == ["a"]


async def test_a_link_that_leads_out_is_not_searched(world: World, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "canary").write_text("x\n")
    (world.folder / "way").symlink_to(tmp_path / "outside")
    with pytest.raises(InvalidField):
        await world.text("x", path="/way")
    assert await world.text("x") == []


async def test_what_is_not_there_cannot_be_searched(world: World) -> None:
    with pytest.raises(NotFound):
        await world.text("x", path="/none")


class Slow:
    """The runtime, whose commands say that they have begun and then take their time."""

    def __init__(self, runtime: Runtime) -> None:
        self.begun = asyncio.Semaphore(0)
        """One for each command that has begun."""
        self._runtime = runtime

    async def run(
        self, sandbox: SandboxSpec, command: Command, *, on_output: OutputSink | None = None
    ) -> Exit:
        async def tell(stream: str, text: str) -> None:
            self.begun.release()

        slow = replace(command, line="echo begun; exec sleep 60")
        return await self._runtime.run(sandbox, slow, on_output=tell)


def processes_of(session_id: SessionId) -> list[int]:
    """The processes that run in the session's workspace."""
    processes = psutil.process_iter(["cwd"])
    return [process.pid for process in processes if session_id in (process.info["cwd"] or "")]


@pytest.fixture
def slow(world: World) -> Slow:
    """From now on, searches of this world take long."""
    slow = Slow(world.engine.runtime)
    world.searches = Searches(world.engine.sessions, cast(Runtime, slow), world.engine.index)
    return slow


async def test_a_cancelled_search_has_ended(world: World, slow: Slow) -> None:
    search = asyncio.create_task(world.text("x"))
    await slow.begun.acquire()
    assert await asyncio.to_thread(processes_of, world.session_id)
    search.cancel()
    with pytest.raises(asyncio.CancelledError):
        await search
    assert not await asyncio.to_thread(processes_of, world.session_id)


async def test_deleting_the_session_ends_its_searches(world: World, slow: Slow) -> None:
    search = asyncio.create_task(world.text("x"))
    await slow.begun.acquire()
    await world.engine.sessions.delete(world.session_id)
    with pytest.raises(NotFound):
        await search


async def test_a_session_has_few_searches_at_once(world: World, slow: Slow) -> None:
    searches = [asyncio.create_task(world.text("x")) for _ in range(MOST_SEARCHES_AT_ONCE)]
    for _ in searches:
        await slow.begun.acquire()
    with pytest.raises(ServerOverload):
        await world.text("x")
    for search in searches:
        search.cancel()
    await asyncio.wait(searches)


async def test_a_search_that_finds_nothing_in_its_time_says_so(world: World, slow: Slow) -> None:
    limits = ResourceLimitsChange(max_execution_time=1)
    change = SessionUpdate(session_id=world.session_id, config=SessionConfigChange(resource_limits=limits))
    await world.engine.sessions.update(change)
    with pytest.raises(WorkspaceLimitExceeded) as refusal:
        await world.text("x")
    assert refusal.value.details == {"limit": "time"}


PASSWORDS = "def check_password(user, password):\n    return verify(user.hash, password)\n"
WEATHER = "It will rain tomorrow in the mountains, with strong winds from the north.\n"


async def test_the_piece_that_means_what_is_asked_comes_first(world: World) -> None:
    world.write("src/login.py", PASSWORDS)
    world.write("docs/weather.md", WEATHER)
    found = await world.meaning("where is a user's secret word compared")
    assert (found.files, found.waiting, found.truncated) == (2, 0, False)
    first = found.matches[0]
    assert (first.path, first.start_line, first.end_line) == ("/src/login.py", 1, 2)
    assert first.content == PASSWORDS.rstrip("\n") or first.content == PASSWORDS
    assert first.score <= 1
    assert [match.score for match in found.matches] == sorted(
        (match.score for match in found.matches), reverse=True
    )


async def test_a_search_by_meaning_stays_below_its_folder_and_within_its_limit(world: World) -> None:
    for number in range(3):
        world.write(f"src/{number}.py", PASSWORDS)
    world.write("other/login.py", PASSWORDS)
    found = await world.meaning("passwords", path="/src", limit=2)
    assert len(found.matches) == 2
    assert all(match.path.startswith("/src/") for match in found.matches)


async def test_ignored_files_are_not_searched_by_meaning(world: World) -> None:
    """The index is the agents', so `.rooignore` counts, too."""
    world.write(".gitignore", "built.py\n")
    world.write(".rooignore", "hidden.py\n")
    for name in ("built.py", "hidden.py", "login.py"):
        world.write(name, PASSWORDS)
    found = await world.meaning("passwords")
    paths = {match.path for match in found.matches}
    assert "/login.py" in paths
    assert not {"/built.py", "/hidden.py"} & paths


async def test_a_search_by_meaning_refuses_a_place_that_is_none(world: World) -> None:
    world.write("a.txt")
    for path, error in {"none": NotFound, "a.txt": Conflict, "../..": InvalidField}.items():
        with pytest.raises(error):
            await world.meaning("x", path=path)


async def test_without_its_extra_a_search_by_meaning_says_how_to_get_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("roocode_server.models.extras.is_installed", lambda extra: False)
    with pytest.raises(ExtraNotInstalled, match="semantic"):
        await world.meaning("x")
