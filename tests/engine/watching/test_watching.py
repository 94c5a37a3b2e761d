"""Changes that commands make in a workspace are reported once, before the end of the command."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from inotify_simple import INotify
from structlog.testing import CapturingLogger

from roocode_server.engine.watching import kernel, tree, watch, watchers
from roocode_server.models.file import (
    ArchiveDownload,
    ArchiveUpload,
    FileDelete,
    FileRename,
    FileUpdate,
    FileWrite,
)
from roocode_server.models.process import ProcessStart
from roocode_server.models.search import TextSearchRequest
from roocode_server.models.terminal import TerminalInput, TerminalOpen
from roocode_server.models.tool import ToolExecute
from tests.engine.watching.conftest import Watched


async def test_files_that_a_command_makes_changes_and_deletes_are_told_when_it_has_ended(
    watched: Watched,
) -> None:
    await watched.workspace.create("kept.txt", b"one\ntwo\n")
    await watched.workspace.create("gone.txt", b"one\n")
    await watched.run("echo three >> kept.txt; rm gone.txt; echo new > new.txt")
    modified, deleted, created = await watched.told()
    assert (modified["type"], modified["path"], modified["source"]) == (
        "file.modified",
        "/kept.txt",
        "command",
    )
    assert (modified["changes"]["added"], modified["changes"]["removed"]) == (1, 0)
    assert "+three" in modified["changes"]["diff"]
    assert (deleted["type"], deleted["path"]) == ("file.deleted", "/gone.txt")
    assert deleted["changes"] == {"added": 0, "removed": 1}
    assert (created["type"], created["path"]) == ("file.created", "/new.txt")
    assert created["changes"] == {"added": 1, "removed": 0} and "kind" not in created


async def test_a_command_knows_the_files_that_it_has_changed(watched: Watched) -> None:
    await watched.workspace.create("old.txt", b"old\n")
    await watched.workspace.create("gone.txt", b"gone\n")
    done = await watched.run(
        "echo new > made.txt; mkdir sub; echo x > sub/a.txt; echo y >> old.txt; rm gone.txt"
    )
    assert sorted(done.files_changed) == ["/gone.txt", "/made.txt", "/old.txt", "/sub/a.txt"]
    assert list((await watched.run("cat old.txt")).files_changed) == []


async def test_a_new_directory_is_told_with_all_that_is_in_it(watched: Watched) -> None:
    await watched.run("mkdir -p a/b/c && echo 1 > a/b/c/deep.txt && echo 2 > a/near.txt")
    assert await watched.changes() == [
        "created /a",
        "created /a/b",
        "created /a/near.txt",
        "created /a/b/c",
        "created /a/b/c/deep.txt",
    ]
    await watched.run("echo 3 >> a/b/c/deep.txt")
    assert (await watched.changes())[5:] == ["modified /a/b/c/deep.txt"]


async def test_what_is_moved_is_gone_here_and_come_there(watched: Watched) -> None:
    await watched.run("mkdir a && echo 1 > a/one.txt && echo 2 > two.txt")
    known = len(await watched.told())
    await watched.run("mv two.txt 2.txt; mv a b; echo 3 >> b/one.txt")
    assert (await watched.changes())[known:] == [
        "deleted /two.txt",
        "created /2.txt",
        "deleted /a",
        "created /b",
    ]
    await watched.run("echo 4 >> b/one.txt; mkdir a; rm b/one.txt; rmdir b")
    assert (await watched.changes())[known + 4 :] == ["created /a", "deleted /b"]


async def test_a_file_that_is_replaced_by_another_is_modified(watched: Watched) -> None:
    await watched.workspace.create("a.txt", b"one\ntwo\n")
    await watched.run("sed -i s/two/2/ a.txt")
    (told,) = await watched.told()
    assert told["type"] == "file.modified" and "-two\n+2\n" in told["changes"]["diff"]


async def test_what_comes_and_goes_and_what_stays_the_same_is_not_told(watched: Watched) -> None:
    await watched.workspace.create("same.txt", b"same\n")
    await watched.run(
        "echo x > .same.txt.swp; rm .same.txt.swp; cp same.txt t; cat t > same.txt; rm t; touch same.txt"
        "; chmod 755 same.txt; git init -q; echo x > .git/y; : >> same.txt; mkdir d; rmdir d"
    )
    assert await watched.changes() == []


async def test_links_are_told_and_never_followed(watched: Watched, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    await watched.run(f"ln -s {outside} link; ln -s /etc/passwd other; mkfifo pipe")
    assert await watched.changes() == ["created /link", "created /other"]
    (outside / "a.txt").write_text("x")
    await watched.run("rm link")
    assert (await watched.changes())[2:] == ["deleted /link"]


async def test_a_directory_in_the_place_of_a_file_is_both(watched: Watched) -> None:
    await watched.workspace.create("a", b"x\n")
    await watched.run("rm a; mkdir a; echo > a/b")
    assert await watched.changes() == ["deleted /a", "created /a", "created /a/b"]
    await watched.run("rm -r a; mkdir a")
    assert (await watched.changes())[3:] == ["deleted /a", "created /a"]


async def test_names_that_are_no_text_do_no_harm(watched: Watched) -> None:
    await watched.run(
        r"""printf x > "$(printf 'a\377b')"; printf '\377\376' > binary; printf 'a\0b' > zeros"""
    )
    told = {event["path"]: event for event in await watched.told()}
    assert set(told) == {r"/a\xffb", "/binary", "/zeros"}
    assert told["/binary"]["changes"]["isCounted"] is False and "changes" not in told["/zeros"]
    await watched.run("echo x > binary")
    last = (await watched.told())[-1]
    assert last["changes"] == {"added": 0, "removed": 0, "isCounted": False}


async def test_a_flood_is_summed_up_and_nothing_of_it_is_lost(watched: Watched) -> None:
    await watched.run("mkdir -p m/n; for i in $(seq 2000); do echo $i > m/n/$i; done; echo > m/last")
    told = await watched.told()
    sums = [event for event in told if event["type"] == "workspace.changed"]
    single = [event for event in told if event["type"] == "file.created"]
    assert 200 <= len(single) < 2000 and sums
    assert all(event["path"].startswith("/m") and event["isExact"] for event in sums)
    created = [event["path"] for event in single]
    assert len(created) == len(set(created))
    assert len(single) + sum(event["created"] for event in sums) == 2003


async def test_when_the_kernel_loses_changes_clients_are_told_to_list_again(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    await watched.run("echo 1 > a")
    session = await watched.engine.sessions.get(watched.session_id)
    async with watched.engine.watchers.hold(watched.engine.sessions.sandbox(session)):
        watching = watched.engine.watchers._watches[watched.session_id]
        watching._inotify._lose()
        (watched.folder / "b").write_text("x")
        (watched.folder / "b").chmod(0o666)  # as if a command had written it: the next one may, too
    (lost,) = await watched.events("workspace.changed")
    assert (lost["path"], lost["isExact"]) == ("/", False)
    await watched.run("echo 2 > c; echo 2 >> b")
    assert (await watched.changes())[-2:] == ["created /c", "modified /b"]


async def test_what_the_server_writes_itself_is_told_once(watched: Watched) -> None:
    engine, session_id = watched.engine, watched.session_id
    await watched.run("mkdir real; ln -s real through; echo x > linked; ln -s linked link")
    known = len(await watched.told())
    process = await engine.processes.start(
        ProcessStart.load({"sessionId": session_id, "command": "sleep 60"})
    )

    async def create(path: str, content: str) -> None:
        request = {"sessionId": session_id, "path": path, "content": content}
        await engine.files.create(FileWrite.load(request))

    for number in range(20):
        await create(f"made/below/{number}.txt", "x\n")
        path = f"made/below/{number}.txt"
        update = {"sessionId": session_id, "path": path, "content": f"{number}\n"}
        await engine.files.update(FileUpdate.load(update))
        await engine.files.rename(
            FileRename.load({"sessionId": session_id, "path": path, "to": f"moved/{number}.txt"})
        )
        await engine.files.delete(FileDelete.load({"sessionId": session_id, "path": f"moved/{number}.txt"}))
    await create("through/a.txt", "x\n")
    await engine.files.update(FileUpdate.load({"sessionId": session_id, "path": "link", "content": "y\n"}))
    call = {
        "sessionId": session_id,
        "toolName": "write_to_file",
        "parameters": {"path": "by-tool.txt", "content": "x\n", "line_count": 1},
    }
    await engine.tools.execute(ToolExecute.load(call))
    await engine.processes.stop(session_id, process.pid, force=True)
    told = (await watched.told())[known:]
    assert [event for event in told if "source" in event] == []
    assert len(told) == 20 * 4 + 3


async def test_a_command_s_change_of_what_the_server_wrote_is_told_against_it(watched: Watched) -> None:
    await watched.run("true")
    request = {"sessionId": watched.session_id, "path": "a.txt", "content": "one\n"}
    await watched.engine.files.create(FileWrite.load(request))
    await watched.run("echo two >> a.txt")
    created, modified = await watched.told()
    assert "source" not in created and modified["source"] == "command"
    assert (modified["changes"]["added"], modified["changes"]["removed"]) == (1, 0)


async def test_two_writers_at_once_leave_a_true_story(watched: Watched) -> None:
    """Whatever the order, a client that follows the events knows in the end which files there are."""

    async def write(number: int) -> None:
        request = {"sessionId": watched.session_id, "path": f"own/{number}.txt", "content": "x\n"}
        await watched.engine.files.create(FileWrite.load(request))

    loop = "for i in $(seq 60); do echo $i > c$i; done; for i in $(seq 30); do rm c$i; done"
    await asyncio.gather(watched.run(loop), *(write(number) for number in range(40)))
    known: dict[str, int] = {}
    for event in await watched.told():
        match event["type"]:
            case "file.created" if event.get("kind") != "directory":
                known[event["path"]] = known.get(event["path"], 0) + 1
            case "file.deleted":
                del known[event["path"]]
    expected = {f"/c{number}" for number in range(31, 61)} | {f"/own/{number}.txt" for number in range(40)}
    assert set(known) == expected and set(known.values()) == {1}


async def test_a_process_and_a_terminal_tell_while_they_run(watched: Watched) -> None:
    engine, session_id = watched.engine, watched.session_id
    line = "echo 1 > by-process; sleep 60"
    await engine.processes.start(ProcessStart.load({"sessionId": session_id, "command": line}))
    opened = await engine.terminals.open(TerminalOpen.load({"sessionId": session_id}))
    typed = {"sessionId": session_id, "terminalId": opened.id, "data": "echo 1 > by-terminal\r"}
    await engine.terminals.type(TerminalInput.load(typed))
    async with asyncio.timeout(60):
        while {"created /by-process", "created /by-terminal"} - set(await watched.changes()):
            await asyncio.sleep(0.02)


async def test_a_command_that_fails_or_is_cancelled_has_told_what_it_did(watched: Watched) -> None:
    session = await watched.engine.sessions.get(watched.session_id)
    running = asyncio.create_task(watched.run("echo 1 > a; touch begun; sleep 60"))
    await watched.until(lambda: (watched.folder / "begun").exists())
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await watched.changes() == ["created /a", "created /begun"]
    assert session.id in watched.engine.watchers._watches


async def test_the_changes_stand_before_the_end_of_the_command(watched: Watched) -> None:
    request = {"sessionId": watched.session_id, "command": "echo 1 > a"}
    await watched.engine.processes.start(ProcessStart.load(request))
    async with asyncio.timeout(60):
        while not await watched.events("process.ended"):
            await asyncio.sleep(0.02)
    assert [event["type"] for event in await watched.events("file.created", "process.ended")] == [
        "file.created",
        "process.ended",
    ]


async def test_more_directories_than_are_watched_are_left_and_the_log_says_so(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = CapturingLogger()
    monkeypatch.setattr(watch, "log", said)
    monkeypatch.setattr(tree, "MOST_WATCHED_FOLDERS", 3)
    for name in ("a/deep", "b/deep"):
        (watched.folder / name).mkdir(parents=True)
    await watched.run("echo > near; echo > a/mid; echo > a/deep/far; echo > b/deep/far; echo > b/mid")
    assert sorted(await watched.changes()) == ["created /a/mid", "created /b/mid", "created /near"]
    assert [call.args for call in said.calls] == [("workspace too large to be watched completely",)]


def _no_instance(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(kernel, "_open", refuse)


def _one_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[int] = []
    add: Callable[..., int] = INotify.add_watch

    def refuse(self: INotify, path: str, mask: int) -> int:
        if given:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        given.append(add(self, path, mask))
        return given[-1]

    monkeypatch.setattr(INotify, "add_watch", refuse)


@pytest.mark.parametrize("use_up", [_no_instance, _one_watch])
async def test_where_the_kernel_has_no_room_changes_are_found_by_comparing_and_the_log_says_so(
    watched: Watched,
    monkeypatch: pytest.MonkeyPatch,
    use_up: Callable[[pytest.MonkeyPatch], None],
) -> None:
    said = CapturingLogger()
    monkeypatch.setattr(watch, "log", said)
    use_up(monkeypatch)
    await watched.workspace.create("src/kept.txt", b"one\n")
    await watched.workspace.create("src/still.txt", b"one\n")
    await watched.workspace.create("src/gone/a.txt", b"one\n")
    await watched.run("echo two >> src/kept.txt; rm -r src/gone; mkdir src/new; echo > src/new/b; echo > c")
    assert sorted(await watched.changes()) == [
        "created /c",
        "created /src/new",
        "created /src/new/b",
        "deleted /src/gone",
        "modified /src/kept.txt",
    ]
    (kept,) = [each for each in await watched.told() if each["path"] == "/src/kept.txt"]
    assert "+two" in kept["changes"]["diff"]
    assert any("found by comparing" in call.args[0] for call in said.calls)
    await watched.workspace.write("src/kept.txt", b"mine", may_create=False, may_replace=True)
    await watched.run("rm src/new/b; true")
    assert (await watched.changes())[5:] == ["deleted /src/new/b"]


async def test_without_room_in_the_kernel_changes_are_told_while_a_process_runs_and_watched_once_there_is(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as used_up:
        _one_watch(used_up)
        (watched.folder / "sub").mkdir()
        started = {"sessionId": watched.session_id, "command": "echo > sub/a; exec sleep 600"}
        process = await watched.engine.processes.start(ProcessStart.load(started))
        await watched.until_true(lambda: _is_told(watched, "created /sub/a"))
    watching = watched.engine.watchers._watches[watched.session_id]
    await watched.until(lambda: not watching._tree.unwatched)
    await watched.engine.processes.stop(watched.session_id, process.pid, force=True)
    assert await watched.changes() == ["created /sub/a"]


async def _is_told(watched: Watched, change: str) -> bool:
    return change in await watched.changes()


async def test_a_deleted_session_ends_its_watch_and_descriptors_do_not_leak(watched: Watched) -> None:
    await watched.run("true")
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        session_id = await watched.session()
        other = replace(watched, session_id=session_id)
        await other.run("mkdir -p a/b/c; echo > a/b/c/d")
        await watched.engine.sessions.delete(session_id)
        assert session_id not in watched.engine.watchers._watches
    assert len(os.listdir("/proc/self/fd")) <= before
    watching = watched.engine.watchers._watches[watched.session_id]
    assert {listener for _, listener in watching._inotify._watched.values()} == {watching}
    assert watched.engine.watchers._budget.left_bytes == watch.Budget().left_bytes


async def test_a_watch_ends_a_while_after_the_last_command(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched.engine.watchers, "_linger_s", 0.01)
    await watched.run("echo > a")
    async with asyncio.timeout(60):
        while watched.engine.watchers._watches or watched.engine.watchers._ending:
            await asyncio.sleep(0.01)
    assert await asyncio.to_thread(lambda: (watched.folder / "a").exists())
    await watched.run("echo > b")
    assert await watched.changes() == ["created /a", "created /b"]


async def test_what_only_reads_is_not_watched(watched: Watched) -> None:
    await watched.workspace.create("a.txt", b"needle\n")
    request = {"sessionId": watched.session_id, "pattern": "needle"}
    found = await watched.engine.searches.text(TextSearchRequest.load(request))
    assert found.matches and not watched.engine.watchers._watches


async def test_an_import_while_a_command_runs_is_told_as_one(watched: Watched) -> None:
    engine = watched.engine
    await watched.run("mkdir -p old/er; echo > old/er/f")
    known = len(await watched.told())
    start = {"sessionId": watched.session_id, "command": "sleep 60"}
    process = await engine.processes.start(ProcessStart.load(start))
    pieces = [
        piece async for piece in engine.files.pack(ArchiveDownload.load({"sessionId": watched.session_id}))
    ]

    async def again() -> Any:
        for piece in pieces:
            yield piece

    upload = {"sessionId": watched.session_id, "replace": True}
    await engine.files.unpack(ArchiveUpload.load(upload), again())
    await watched.run("echo 2 >> old/er/f")
    await engine.processes.stop(watched.session_id, process.pid, force=True)
    assert (await watched.changes())[known:] == ["modified /old/er/f"]
    assert len(await watched.events("workspace.imported")) == 1


def test_lingering_watches_are_few() -> None:
    assert watchers.MOST_LINGERING_WATCHES * tree.MOST_WATCHED_FOLDERS <= 2**17


async def test_a_file_whose_name_is_no_utf_8_is_told_with_a_name_to_ask_for(watched: Watched) -> None:
    done = await watched.run(r"mkdir a; echo 1 > a/$(printf 'caf\351')")
    assert await watched.changes() == ["created /a", r"created /a/caf\xe9"]
    assert list(done.files_changed) == [r"/a/caf\xe9"]
    assert (await watched.workspace.read(r"/a/caf\xe9")).content == b"1\n"
