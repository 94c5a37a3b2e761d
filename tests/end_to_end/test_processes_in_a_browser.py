"""The session's processes and their logs as people use them, in a real browser."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.browser import Page
from tests.support.nginx import behind_nginx
from tests.support.ports import free_port
from tests.support.server import ServerProcess

LINES = "[...document.querySelectorAll('.log .xterm-rows > div')].map((row) => row.innerText.trim())"
TICKS = "for n in $(seq 1 300); do echo grün 🌱 $n; sleep 0.02; done; exec sleep 60"

NAP = """
name: nap
description: Leaves a command in the background, and asks.
steps:
  - call: execute_command
    with: {command: sleep 300, timeout: 1}
  - call: ask_followup_question
    with: {question: "What next?", follow_up: [this, that]}
"""


@pytest.fixture(scope="module")
def server(fresh_server: ServerProcess) -> ServerProcess:
    return fresh_server


def start(server: ServerProcess, session_id: str, command: str) -> None:
    made = server.request("POST", f"/api/v1/sessions/{session_id}/processes", {"command": command})
    assert made.status == 201


async def enter(page: Page, server: ServerProcess, session_id: str, *, url: str = "", key: str = "") -> None:
    """Open the session with its processes."""
    place = f"?session={session_id}&panel=processes"
    await page.open(f"{url or server.url}/{place}#token={key or server.key}")


async def logs(page: Page, text: str) -> None:
    """Wait until the log shows a line of this text."""
    await page.until(f"{LINES}.includes({json.dumps(text)})")


async def test_one_is_started_seen_with_its_port_and_stopped(server: ServerProcess, page: Page) -> None:
    await enter(page, server, server.open_session())
    await page.shows("Nothing is running")
    await page.type("Start a process", "python3 -u -m http.server 8765")
    await page.press("Start")
    await page.shows("port 8765 · 0.0.0.0")
    await page.until(f"{LINES}.some((line) => line.startsWith('Serving HTTP'))")
    await page.press("Stop: python3 -u -m http.server 8765")
    await page.shows("stopped")
    await page.until("!document.querySelector('.processes .rows .chip')")
    assert page.complaints == []


async def test_one_that_does_not_listen_is_killed_by_a_second_press(
    server: ServerProcess, page: Page
) -> None:
    session_id = server.open_session()
    line = "trap '' TERM; echo up; while :; do sleep 0.05; done"
    await enter(page, server, session_id)
    start(server, session_id, line)
    await logs(page, "up")
    await page.press(f"Stop: {line}")
    await page.press(f"Kill: {line}")
    await page.shows("stopped")


async def test_what_has_ended_says_how_and_its_log_is_there_in_its_colours(
    server: ServerProcess, page: Page
) -> None:
    session_id = server.open_session()
    start(server, session_id, r"printf '\033[31mERROR\033[0m broken\n' >&2; exit 3")
    await enter(page, server, session_id)
    await page.shows("exit code 3")
    await logs(page, "ERROR broken")
    words = "[...document.querySelectorAll('.log .xterm-rows span')]"
    found = await page.evaluate(f"{words}.map((it) => [it.innerText.trim(), getComputedStyle(it).color])")
    assert ["ERROR", "rgb(179, 38, 30)"] in found
    assert page.complaints == []


async def test_five_thousand_lines_are_within_reach_without_a_row_for_each(
    server: ServerProcess, page: Page
) -> None:
    session_id = server.open_session()
    start(server, session_id, "seq 1 5000")
    await enter(page, server, session_id)
    await logs(page, "5000")
    assert await page.evaluate("document.querySelectorAll('.log *').length") < 1000
    await page.evaluate("document.querySelector('.log textarea').focus()")
    home = {"key": "Home", "windowsVirtualKeyCode": 36}
    await page.call("Input.dispatchKeyEvent", type="rawKeyDown", **home)
    await logs(page, "1")
    await page.key("Tab")
    await page.until("!document.querySelector('.log .terminal-place').contains(document.activeElement)")


async def test_a_log_has_no_hole_where_the_connection_was_lost(
    server: ServerProcess, page: Page, tmp_path: Path
) -> None:
    port, session_id = free_port(), server.open_session()
    with behind_nginx(server, port, tmp_path / "nginx", is_below=False):
        await enter(page, server, session_id, url=f"http://127.0.0.1:{port}")
        await page.shows("Nothing is running")
        start(server, session_id, TICKS)
        await logs(page, "grün 🌱 5")
    await page.shows("reconnecting")
    with behind_nginx(server, port, tmp_path / "nginx", is_below=False):
        await logs(page, "grün 🌱 300")
        shown = [line for line in await page.evaluate(LINES) if line]
        assert len(shown) > 10
        assert shown == [f"grün 🌱 {number}" for number in range(301 - len(shown), 301)]


async def test_a_command_of_the_agent_is_listed_while_it_runs_and_can_be_killed(
    start_server: Callable[..., ServerProcess], tmp_path: Path, page: Page
) -> None:
    (tmp_path / "nap.yaml").write_text(NAP)
    server = start_server(providers__scripted__folders=f"[{tmp_path}]")
    session_id = server.open_session(model="nap", approvals=[{"decision": "always"}])
    await enter(page, server, session_id)
    await page.type("Task", "Sleep")
    await page.press("Start task")
    await page.shows("In the background of its task")
    await page.press("Kill: sleep 300")


async def test_who_only_looks_on_reads_logs_and_stops_nothing(server: ServerProcess, page: Page) -> None:
    session_id = server.open_session()
    made = server.request("POST", "/api/v1/keys", {"name": "reads", "scopes": ["read"]}).body
    start(server, session_id, "echo to be read; exec sleep 60")
    await enter(page, server, session_id, key=made["secret"])
    await logs(page, "to be read")
    words = await page.evaluate(
        "[...document.querySelectorAll('.processes button')].map((it) => it.innerText)"
    )
    assert words == ["echo to be read; exec sleep 60", "Whole log"]
    server.request("DELETE", f"/api/v1/keys/{made['key']['id']}")
    assert page.complaints == []


async def test_nothing_hinders_anybody(server: ServerProcess, page: Page) -> None:
    session_id = server.open_session()
    start(server, session_id, "echo one")
    start(server, session_id, "python3 -u -m http.server 8765")
    found = {}
    for panel, there in (("Processes", ".log .xterm-rows"), ("Terminals", ".terminal-view .xterm-rows")):
        await enter(page, server, session_id)
        await page.look()
        await page.press(panel)
        await page.until(f"document.querySelector('{there}')")
        for width, height in ((1280, 800), (390, 844)):
            await page.look(width=width, height=height)
            if width < 1000:
                await page.press("Workspace")
            await asyncio.sleep(0.5)
            inside = await page.obstacles_at((width, height))
            if inside:
                found[panel, width] = inside
    assert found == {}
    assert page.complaints == []
