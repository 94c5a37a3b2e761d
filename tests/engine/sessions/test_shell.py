"""Command lines of callers, with and without a terminal."""

from __future__ import annotations

from typing import Any

import pytest

from roocode_server.models.error import PermissionDenied
from roocode_server.models.process import ShellExec, ShellExecuted
from tests.engine.sessions.conftest import Room


async def execute(room: Room, cmd: str, **more: Any) -> ShellExecuted:
    return await room.engine.shell.execute(ShellExec.load({"sessionId": room.session_id, "cmd": cmd, **more}))


async def test_a_line_is_run_to_its_end(room: Room) -> None:
    done = await execute(room, "echo out; echo err >&2; exit 3")
    assert sorted(done.output.split()) == ["err", "out"]
    assert (done.exit_code, done.stopped_by) == (3, None)


async def test_with_a_terminal_programs_see_one(room: Room) -> None:
    assert (await execute(room, "test -t 1; echo $?", tty=True)).output == "0\r\n"
    assert (await execute(room, "test -t 1; echo $?")).output == "1\n"


@pytest.mark.parametrize("tty", [False, True])
async def test_it_is_stopped_at_its_timeout(room: Room, tty: bool) -> None:
    done = await execute(room, "echo begun; sleep 60", tty=tty, timeout=2)
    assert done.stopped_by == "time" and done.output.startswith("begun") and done.exit_code == 137


async def test_much_output_loses_its_middle(room: Room) -> None:
    done = await execute(room, "seq 1 400000", tty=True)
    assert (
        done.output.startswith("1\r\n") and done.output.endswith("400000\r\n") and "left out" in done.output
    )


async def test_a_session_holds_them_to_its_commands(room: Room) -> None:
    room.session_id = await room.session(allowedCommands=["npm"])
    with pytest.raises(PermissionDenied, match=r"`rm -rf \.` may not be run .* begin with: `npm`"):
        await execute(room, "npm --version && rm -rf .")


async def test_what_it_changes_in_the_workspace_is_told_before_its_answer(room: Room) -> None:
    await execute(room, "echo one > made; echo two > other; rm other")
    [made] = await room.events("file.created")
    assert (made["path"], made["source"], made["changes"]["added"]) == ("/made", "command", 1)
