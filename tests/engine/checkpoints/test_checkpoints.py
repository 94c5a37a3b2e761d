"""Checkpoints of a real workspace in a real git repository."""

from __future__ import annotations

import asyncio
import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from roocode_server.engine.checkpoints.checkpoints import SIZES, Checkpoints, StoredSize
from roocode_server.engine.checkpoints.contents import commit_stream
from roocode_server.engine.checkpoints.git import BRANCH, STARTS, UNFINISHED
from roocode_server.engine.workspace.workspace import Workspace
from roocode_server.models.checkpoint import ChangedFile, CheckpointDifference
from roocode_server.models.error import Conflict, InvalidField, NotFound
from roocode_server.models.identifier import SessionId, TaskId
from tests.support.nightly import times

SESSION = SessionId("session")
FIRST, SECOND = TaskId("task-1"), TaskId("task-2")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "workspace").mkdir()
    return Workspace(tmp_path / "workspace", max_file_bytes=1_000_000)


@pytest.fixture
def checkpoints(tmp_path: Path) -> Checkpoints:
    return Checkpoints(tmp_path / "checkpoints")


def state(workspace: Workspace) -> dict[str, bytes]:
    return {
        path.relative_to(workspace.folder).as_posix(): path.read_bytes()
        for path in workspace.folder.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


async def save(checkpoints: Checkpoints, workspace: Workspace, reason: str = "test") -> str:
    saved = await checkpoints.save(workspace, SESSION, reason)
    assert saved is not None
    return saved.id


async def since(
    checkpoints: Checkpoints, workspace: Workspace, start: TaskId | None, end: TaskId | None
) -> CheckpointDifference:
    return await checkpoints.since_start(workspace, SESSION, start, end, path=None, context=3)


async def test_changes_are_listed_compared_and_restored(
    checkpoints: Checkpoints, workspace: Workspace
) -> None:
    (workspace.folder / "a.txt").write_text("one\ntwo\n")
    (workspace.folder / "gone.txt").write_text("x\n")
    first = await save(checkpoints, workspace, "before")
    (workspace.folder / "a.txt").write_text("one\nthree\nfour\n")
    (workspace.folder / "gone.txt").unlink()
    (workspace.folder / "new.txt").write_text("n\n")
    second = await save(checkpoints, workspace, "after")
    listed, total = await checkpoints.page(SESSION, limit=10, offset=0)
    assert [(each.id, each.reason) for each in listed] == [(second, "after"), (first, "before")]
    assert total == 2
    difference = await checkpoints.compare(workspace, SESSION, first, second)
    assert difference.files == [
        ChangedFile(path="/a.txt", kind="modified", added=2, removed=1),
        ChangedFile(path="/gone.txt", kind="deleted", added=0, removed=1),
        ChangedFile(path="/new.txt", kind="created", added=1, removed=0),
    ]
    assert "-two\n+three\n+four\n" in difference.diff
    await checkpoints.restore(workspace, SESSION, first)
    assert state(workspace) == {"a.txt": b"one\ntwo\n", "gone.txt": b"x\n"}
    await checkpoints.restore(workspace, SESSION, second)
    assert state(workspace) == {"a.txt": b"one\nthree\nfour\n", "new.txt": b"n\n"}


async def test_what_was_not_saved_is_saved_before_a_restoration(
    checkpoints: Checkpoints, workspace: Workspace
) -> None:
    (workspace.folder / "a.txt").write_text("1")
    first = await save(checkpoints, workspace)
    (workspace.folder / "a.txt").write_text("2, saved by nobody")
    saved, _ = await checkpoints.restore(workspace, SESSION, first)
    assert saved is not None
    await checkpoints.restore(workspace, SESSION, saved.id)
    assert state(workspace) == {"a.txt": b"2, saved by nobody"}


async def test_nothing_new_is_no_checkpoint(checkpoints: Checkpoints, workspace: Workspace) -> None:
    (workspace.folder / "a.txt").write_text("1")
    await save(checkpoints, workspace)
    assert await checkpoints.save(workspace, SESSION, "again") is None
    assert (await checkpoints.page(SESSION, limit=10, offset=0))[1] == 1


async def test_the_difference_up_to_now_saves_nothing(checkpoints: Checkpoints, workspace: Workspace) -> None:
    (workspace.folder / "a.txt").write_text("1\n")
    first = await save(checkpoints, workspace)
    (workspace.folder / "a.txt").write_text("2\n")
    difference = await checkpoints.compare(workspace, SESSION, first, None)
    assert [file.path for file in difference.files] == ["/a.txt"]
    assert (await checkpoints.page(SESSION, limit=10, offset=0))[1] == 1
    assert await checkpoints.save(workspace, SESSION, "now it is") is not None


async def test_the_workspaces_own_repository_is_untouched(
    checkpoints: Checkpoints, workspace: Workspace
) -> None:
    def git(*words: str) -> str:
        environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}
        done = subprocess.run(
            ["git", "-c", "user.name=n", "-c", "user.email=e", *words],
            cwd=workspace.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    git("init", "--quiet")
    (workspace.folder / "a.txt").write_text("1")
    git("add", "a.txt")
    git("commit", "--quiet", "--message", "own")
    before = (git("log", "--format=%H %s"), git("status", "--porcelain"))
    first = await save(checkpoints, workspace)
    (workspace.folder / "a.txt").write_text("2")
    await checkpoints.restore(workspace, SESSION, first)
    git("update-index", "--refresh")
    assert (git("log", "--format=%H %s"), git("status", "--porcelain")) == before


async def test_links_do_not_lead_out(checkpoints: Checkpoints, workspace: Workspace, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    (workspace.folder / "a.txt").write_text("1")
    (workspace.folder / "link").symlink_to(secret)
    (workspace.folder / "d").mkdir()
    (workspace.folder / "d" / "f").write_text("f")
    first = await save(checkpoints, workspace)
    (workspace.folder / "d" / "f").unlink()
    (workspace.folder / "d").rmdir()
    (workspace.folder / "d").symlink_to(tmp_path)
    (workspace.folder / "a.txt").write_text("2")
    with pytest.raises(InvalidField):
        await checkpoints.restore(workspace, SESSION, first)
    assert not (tmp_path / "f").exists()
    assert (workspace.folder / "a.txt").read_text() == "2"
    repository = tmp_path / "checkpoints" / "session"
    listed = subprocess.run(
        ["git", "--git-dir", str(repository), "ls-tree", "-r", "--name-only", first],
        capture_output=True,
        text=True,
        check=True,
    )
    assert listed.stdout.split() == ["a.txt", "d/f"]


async def test_programs_stay_programs(checkpoints: Checkpoints, workspace: Workspace) -> None:
    script = workspace.folder / "run.sh"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    first = await save(checkpoints, workspace)
    script.unlink()
    await checkpoints.restore(workspace, SESSION, first)
    assert os.access(script, os.X_OK)


@pytest.mark.parametrize("unknown", ["0" * 40, "f" * 40])
async def test_a_checkpoint_that_there_is_not(
    checkpoints: Checkpoints, workspace: Workspace, unknown: str
) -> None:
    (workspace.folder / "a.txt").write_text("1")
    await save(checkpoints, workspace)
    with pytest.raises(NotFound):
        await checkpoints.restore(workspace, SESSION, unknown)


async def test_a_session_without_checkpoints_has_an_empty_list(checkpoints: Checkpoints) -> None:
    assert await checkpoints.page(SESSION, limit=10, offset=0) == ([], 0)


NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1, max_size=12)
TREES = st.dictionaries(
    NAMES.filter(lambda name: name not in (".", "..", ".git", ".hg", ".svn")), st.binary()
)


@settings(
    max_examples=times(8, nightly=25),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(trees=st.lists(TREES, min_size=2, max_size=4))
async def test_every_state_comes_back_as_it_was(tmp_path: Path, trees: list[dict[str, bytes]]) -> None:
    folder = tmp_path / os.urandom(8).hex()
    workspace = Workspace(folder / "workspace", max_file_bytes=1_000_000)
    await workspace.make()
    checkpoints = Checkpoints(folder / "checkpoints")
    await workspace.put("always", b"here")
    saved: list[tuple[str, dict[str, bytes]]] = []
    for tree in trees:
        for path in list(state(workspace)):
            if path != "always":
                await workspace.delete(path)
        for name, content in tree.items():
            await workspace.put(name, content)
        made = await checkpoints.save(workspace, SESSION, "state")
        if made is not None:
            saved.append((made.id, state(workspace)))
    for checkpoint_id, expected in saved:
        await checkpoints.restore(workspace, SESSION, checkpoint_id)
        assert state(workspace) == expected


async def test_a_file_whose_name_is_no_utf_8_is_kept_compared_and_restored(
    checkpoints: Checkpoints, workspace: Workspace
) -> None:
    file = workspace.folder / os.fsdecode(b'caf\xe9 "\\n".txt')
    file.write_text("one\n")
    (workspace.folder / "naïve").write_text("one\n")
    first = await save(checkpoints, workspace)
    file.write_text("two\n")
    (workspace.folder / "naïve").unlink()
    difference = await checkpoints.compare(workspace, SESSION, first, None)
    assert difference.files == [
        ChangedFile(path=r"/caf\xe9 " + '"\\n".txt', kind="modified", added=1, removed=1),
        ChangedFile(path="/naïve", kind="deleted", added=0, removed=1),
    ]
    assert "--- a/naïve\n" in difference.diff
    file.unlink()
    await checkpoints.restore(workspace, SESSION, first)
    assert state(workspace) == {file.name: b"one\n", "naïve": b"one\n"}


async def test_line_ends_and_a_byte_order_mark_are_kept_and_compared(
    checkpoints: Checkpoints, workspace: Workspace
) -> None:
    (workspace.folder / ".gitattributes").write_text("* text=auto eol=lf working-tree-encoding=UTF-16\n")
    (workspace.folder / "a.txt").write_bytes(b"\xef\xbb\xbfone\r\ntwo\r\n\x0c\r")
    first = await save(checkpoints, workspace)
    (workspace.folder / "a.txt").write_bytes(b"one\ntwo\r\n\x0c\r")
    difference = await checkpoints.compare(workspace, SESSION, first, None)
    assert difference.files == [ChangedFile(path="/a.txt", kind="modified", added=1, removed=1)]
    assert "\n-\ufeffone\r\n+one\n two\r\n" in difference.diff
    await checkpoints.restore(workspace, SESSION, first)
    assert state(workspace)["a.txt"] == b"\xef\xbb\xbfone\r\ntwo\r\n\x0c\r"


async def test_what_a_task_found_is_compared_with_now_and_with_what_the_next_one_found(
    checkpoints: Checkpoints, workspace: Workspace
) -> None:
    (workspace.folder / "a.txt").write_text("one\n")
    assert await checkpoints.keep_start(workspace, SESSION, FIRST)
    (workspace.folder / "a.txt").write_text("two\n")
    assert await checkpoints.keep_start(workspace, SESSION, SECOND)
    (workspace.folder / "b.txt").write_text("three\n")
    of_first = await since(checkpoints, workspace, FIRST, SECOND)
    assert of_first.files == [ChangedFile(path="/a.txt", kind="modified", added=1, removed=1)]
    of_second = await since(checkpoints, workspace, SECOND, None)
    assert of_second.files == [ChangedFile(path="/b.txt", kind="created", added=1, removed=0)]
    assert "+three" in of_second.diff
    of_both = await since(checkpoints, workspace, None, None)
    assert [file.path for file in of_both.files] == ["/a.txt", "/b.txt"]


async def test_what_a_task_found_is_kept_once_and_is_no_checkpoint(
    checkpoints: Checkpoints, workspace: Workspace
) -> None:
    (workspace.folder / "a.txt").write_text("one\n")
    await checkpoints.keep_start(workspace, SESSION, FIRST)
    (workspace.folder / "a.txt").write_text("two\n")
    await checkpoints.keep_start(workspace, SESSION, FIRST)
    assert "-one" in (await since(checkpoints, workspace, FIRST, None)).diff
    assert await checkpoints.page(SESSION, limit=10, offset=0) == ([], 0)
    assert await checkpoints.has_start(SESSION, FIRST)
    assert not await checkpoints.has_start(SESSION, SECOND)


async def test_a_workspace_that_is_too_large_is_not_kept(
    checkpoints: Checkpoints, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SIZES, STARTS, StoredSize(files=10, new_bytes=3))
    (workspace.folder / "a.txt").write_text("one\n")
    assert not await checkpoints.keep_start(workspace, SESSION, FIRST)
    assert not await checkpoints.has_start(SESSION, FIRST)


async def test_a_comparison_can_be_of_one_file_with_more_lines_around_it(
    checkpoints: Checkpoints, workspace: Workspace
) -> None:
    (workspace.folder / "a.txt").write_text("".join(f"{number}\n" for number in range(20)))
    (workspace.folder / "b.txt").write_text("x\n")
    await checkpoints.keep_start(workspace, SESSION, FIRST)
    (workspace.folder / "a.txt").write_text("".join(f"{number}\n" for number in range(19)) + "last\n")
    (workspace.folder / "b.txt").write_text("y\n")
    found = await checkpoints.since_start(workspace, SESSION, FIRST, None, path="a.txt", context=100)
    assert [file.path for file in found.files] == ["/a.txt"]
    assert "\n 0\n" in found.diff


async def test_a_long_difference_is_cut(
    checkpoints: Checkpoints, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("roocode_server.engine.checkpoints.checkpoints.MOST_DIFF_BYTES", 100)
    (workspace.folder / "a.txt").write_text("a line of text\n" * 50_000)
    found = await since(checkpoints, workspace, None, None)
    assert (len(found.diff), found.is_truncated) == (100, True)
    assert found.files == [ChangedFile(path="/a.txt", kind="created", added=50_000, removed=0)]


async def test_a_workspace_that_has_grown_too_large_is_not_compared(
    checkpoints: Checkpoints, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SIZES, STARTS, StoredSize(files=10, new_bytes=10))
    (workspace.folder / "a.txt").write_text("one\n")
    assert await checkpoints.keep_start(workspace, SESSION, FIRST)
    (workspace.folder / "b.txt").write_text("more than that\n")
    with pytest.raises(Conflict):
        await since(checkpoints, workspace, FIRST, None)


async def test_what_has_not_changed_between_two_comparisons_is_not_stored_again(
    checkpoints: Checkpoints, workspace: Workspace, tmp_path: Path
) -> None:
    (workspace.folder / "a.txt").write_text("one\n")
    await checkpoints.keep_start(workspace, SESSION, FIRST)
    (workspace.folder / "a.txt").write_text("two\n")
    now = tmp_path / "checkpoints" / SESSION / "refs" / "heads" / "now"
    first = await since(checkpoints, workspace, FIRST, None)
    commit, facts = now.read_text(), now.stat()
    assert await since(checkpoints, workspace, FIRST, None) == first
    assert (now.read_text(), now.stat()) == (commit, facts)
    await checkpoints.keep_start(workspace, SESSION, SECOND)
    assert (await since(checkpoints, workspace, SECOND, None)).files == []
    assert await since(checkpoints, workspace, FIRST, SECOND) == first


async def test_a_workspace_with_too_many_files_is_refused_before_anything_is_stored(
    checkpoints: Checkpoints, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    (workspace.folder / "a.txt").write_text("one\n")
    first = await save(checkpoints, workspace)
    monkeypatch.setitem(SIZES, BRANCH, StoredSize(files=1))
    (workspace.folder / "b.txt").write_text("two\n")
    for refused in (
        checkpoints.save(workspace, SESSION, "again"),
        checkpoints.compare(workspace, SESSION, first, None),
        checkpoints.restore(workspace, SESSION, first),
    ):
        with pytest.raises(Conflict, match="may have 1 files"):
            await refused
    assert (await checkpoints.page(SESSION, limit=10, offset=0))[1] == 1
    assert state(workspace) == {"a.txt": b"one\n", "b.txt": b"two\n"}


async def test_of_many_changed_files_some_are_named_and_all_are_counted(
    checkpoints: Checkpoints, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("roocode_server.engine.checkpoints.checkpoints.MOST_COMPARED_FILES", 3)
    (workspace.folder / "a.txt").write_text("one\n")
    first = await save(checkpoints, workspace)
    for number in range(5):
        (workspace.folder / f"{number}.txt").write_text("new\n")
    found = await checkpoints.compare(workspace, SESSION, first, None)
    assert [file.path for file in found.files] == ["/0.txt", "/1.txt", "/2.txt"]
    assert (found.total_files, found.is_truncated) == (5, True)
    await checkpoints.restore(workspace, SESSION, first)
    assert state(workspace) == {"a.txt": b"one\n"}


async def test_contents_are_read_one_after_the_other_as_git_takes_them(workspace: Workspace) -> None:
    """So no more than one of them is in memory."""
    for name in ("a", "b"):
        (workspace.folder / name).write_text(name)
    facts = (1, 0, 0, 0o644)
    files = {"a": facts, "b": facts}
    stream = commit_stream(workspace, BRANCH, None, "test", 0, files, ["a", "b"], [])
    begun = b""
    while not begun.endswith(b"data 1\n"):
        begun += await anext(stream)
    (workspace.folder / "b").write_text("!")
    rest = b"".join([piece async for piece in stream])
    assert rest.startswith(b"a\n")
    assert b"data 1\n!\n" in rest
    assert rest.endswith(b"\ndone\n")


async def test_a_file_that_is_larger_than_files_may_be_is_left_out_unread(
    checkpoints: Checkpoints, workspace: Workspace
) -> None:
    (workspace.folder / "a.txt").write_text("one\n")
    first = await save(checkpoints, workspace)
    with (workspace.folder / "large").open("wb") as file:
        file.truncate(2 * 2**30)
    found = await checkpoints.compare(workspace, SESSION, first, None)
    assert (found.files, found.total_files) == ([], 0)


async def test_saving_that_is_cut_off_at_any_moment_is_done_again(
    checkpoints: Checkpoints, workspace: Workspace
) -> None:
    moments_s = [moment / 1000 for moment in range(60)]
    for number, moment_s in enumerate(moments_s):
        (workspace.folder / "a.txt").write_text(str(number))
        session_id = SessionId(f"session-{number % 20}")
        saving = asyncio.create_task(checkpoints.save(workspace, session_id, "cut off"))
        await asyncio.wait({saving}, timeout=moment_s)
        saving.cancel()
        await asyncio.wait({saving})
        (workspace.folder / "a.txt").write_text(f"{number} again")
        saved = await checkpoints.save(workspace, session_id, "done again")
        assert saved is not None
        assert await checkpoints.latest(session_id) == saved.id


@pytest.mark.parametrize(
    "left", ["HEAD.lock", "config.lock", "refs/heads/main.lock", "refs/tasks/task-1.lock"]
)
async def test_what_a_killed_command_left_is_in_nobody_s_way(
    checkpoints: Checkpoints, workspace: Workspace, left: str
) -> None:
    (workspace.folder / "a.txt").write_text("1")
    await save(checkpoints, workspace)
    repository = checkpoints._folder / SESSION
    lock, pack = repository / left, repository / "objects" / "pack" / "tmp_pack_x"
    lock.parent.mkdir(exist_ok=True)
    lock.touch()
    pack.touch()
    await checkpoints.cut_short()
    assert not lock.exists() and not pack.exists()
    (workspace.folder / "a.txt").write_text("2")
    await save(checkpoints, workspace)
    assert await checkpoints.keep_start(workspace, SESSION, FIRST)


async def test_a_repository_that_was_half_created_is_created_anew(
    checkpoints: Checkpoints, workspace: Workspace
) -> None:
    unfinished = checkpoints._folder / f"{SESSION}{UNFINISHED}"
    unfinished.mkdir(parents=True)
    (unfinished / "HEAD").write_text("ref: refs/heads/main\n")
    assert await checkpoints.latest(SESSION) is None
    (workspace.folder / "a.txt").write_text("1")
    await save(checkpoints, workspace)
    assert not unfinished.exists()
