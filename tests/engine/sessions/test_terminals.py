"""Terminals: typed into, resized, come back to, closed."""

from __future__ import annotations

import asyncio
import hashlib
import os
from typing import Any

import pytest

from roocode_server.engine.sessions import terminals
from roocode_server.models.error import Conflict, NotFound, PermissionDenied
from roocode_server.models.terminal import Terminal, TerminalInput, TerminalOpen, TerminalResize
from tests.engine.sessions.conftest import Room


async def open_terminal(room: Room, **more: Any) -> Terminal:
    raw = {"sessionId": room.session_id, "command": "PS1='$ ' exec bash --norc", **more}
    return await room.engine.terminals.open(TerminalOpen.load(raw))


async def send(room: Room, terminal: Terminal, data: str) -> None:
    raw = {"sessionId": room.session_id, "terminalId": terminal.id, "data": data}
    await room.engine.terminals.type(TerminalInput.load(raw))


def output(room: Room, terminal: Terminal) -> str:
    return room.engine.terminals.screen(room.session_id, terminal.id).output


async def shows(room: Room, terminal: Terminal, text: str) -> None:
    await room.until(lambda: text in output(room, terminal))


async def test_what_is_typed_is_run_behind_a_real_terminal(room: Room) -> None:
    terminal = await open_terminal(room, columns=101, rows=31)
    await send(room, terminal, "test -t 0 && stty size && echo $((6*7))\r")
    await shows(room, terminal, "42")
    assert "31 101" in output(room, terminal)


async def test_a_new_size_is_told_to_the_program(room: Room) -> None:
    terminal = await open_terminal(room)
    raw = {"sessionId": room.session_id, "terminalId": terminal.id, "columns": 55, "rows": 11}
    assert (await room.engine.terminals.resize(TerminalResize.load(raw))).columns == 55
    await send(room, terminal, "stty size\r")
    await shows(room, terminal, "11 55")


async def test_control_c_interrupts_what_runs(room: Room) -> None:
    terminal = await open_terminal(room)
    await send(room, terminal, f"sleep {room.nap}\r")
    await room.until(room.sleepers)
    await send(room, terminal, "\x03")
    await room.until(lambda: not room.sleepers())
    await send(room, terminal, "echo still $((40+2))\r")
    await shows(room, terminal, "still 42")


async def test_who_comes_back_sees_what_was_printed_and_where_it_goes_on(room: Room) -> None:
    terminal = await open_terminal(room, command="printf 'h\\303\\251llo'; sleep 60")
    await shows(room, terminal, "héllo")
    screen = room.engine.terminals.screen(room.session_id, terminal.id)
    assert (screen.output, screen.position) == ("héllo", 5)


async def test_a_program_that_does_not_read_keeps_nobody_who_types_waiting(room: Room) -> None:
    terminal = await open_terminal(room, command="stty raw -echo; echo deaf; exec sleep 60")
    await shows(room, terminal, "deaf")
    async with asyncio.timeout(10):
        for _ in range(64):
            await send(room, terminal, "x" * 10_000)
        with pytest.raises(Conflict):
            for _ in range(300):
                await send(room, terminal, "x" * 10_000)
        await room.engine.terminals.close_one(room.session_id, terminal.id)


async def test_what_was_typed_too_early_is_read_later_in_its_order(room: Room) -> None:
    command = "stty raw -echo; echo ready; read -r go < gate; head -c 80000 | sha256sum; sleep 60"
    os.mkfifo(room.folder / "gate")
    terminal = await open_terminal(room, command=command)
    await shows(room, terminal, "ready")
    typed = [str(number % 10) * 10_000 for number in range(8)]
    for each in typed:
        await send(room, terminal, each)
    await asyncio.to_thread((room.folder / "gate").write_text, "go\n")
    await shows(room, terminal, hashlib.sha256("".join(typed).encode()).hexdigest())


async def test_only_the_end_of_much_output_is_kept(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminals, "TERMINAL_OUTPUT_CHARACTERS", 1000)
    terminal = await open_terminal(room, command="seq 1 5000; echo end; sleep 60")
    await shows(room, terminal, "end")
    screen = room.engine.terminals.screen(room.session_id, terminal.id)
    assert len(screen.output) == 1000 and screen.position > 20_000


async def test_it_closes_when_its_program_ends(room: Room) -> None:
    terminal = await open_terminal(room, command="exit 3")
    await room.until(lambda: not room.engine.terminals.list(room.session_id))
    async with asyncio.timeout(60):
        while not (closed := await room.events("terminal.closed")):
            await asyncio.sleep(0.01)
    assert [(each["terminalId"], each["exitCode"]) for each in closed] == [(terminal.id, 3)]
    with pytest.raises(NotFound):
        await send(room, terminal, "x")


async def test_closing_ends_what_runs_in_it(room: Room) -> None:
    terminal = await open_terminal(room, command=f"sleep {room.nap}")
    await room.until(room.sleepers)
    await room.engine.terminals.close_one(room.session_id, terminal.id)
    assert room.sleepers() == 0 and room.engine.terminals.list(room.session_id) == []


async def test_terminals_end_with_their_session(room: Room) -> None:
    await open_terminal(room, command=f"sleep {room.nap}")
    await room.until(room.sleepers)
    await room.engine.sessions.delete(room.session_id)
    assert room.sleepers() == 0


async def test_a_session_that_restricts_commands_has_no_terminals(room: Room) -> None:
    room.session_id = await room.session(allowedCommands=["npm"])
    with pytest.raises(PermissionDenied):
        await open_terminal(room)


async def test_too_many_are_refused(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminals, "MOST_OPEN_TERMINALS", 1)
    await open_terminal(room)
    with pytest.raises(Conflict):
        await open_terminal(room)


async def test_one_that_cannot_be_opened_says_why(room: Room) -> None:
    with pytest.raises(NotFound):
        await open_terminal(room, cwd="none")
    assert room.engine.terminals.list(room.session_id) == []
