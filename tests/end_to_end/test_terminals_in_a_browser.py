"""The session's terminals as people use them, in a real browser."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.browser import Page
from tests.support.nginx import behind_nginx
from tests.support.ports import free_port
from tests.support.server import ServerProcess

PASSWORD = "long enough for anybody"
VIEW = "document.querySelector('.terminal-view:not([hidden])')"
LINES = f"[...{VIEW}.querySelectorAll('.xterm-rows > div')].map((row) => row.innerText.trim())"
PROMPT = f"{LINES}.filter(Boolean).at(-1).endsWith('$')"
FOCUS = f"{VIEW}.contains(document.activeElement)"
CONTROL, SHIFT = 2, 8
PAINTED = "new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))"
COPIED = (
    "new Promise((resolve) => "
    "addEventListener('copy', (event) => resolve(event.clipboardData.getData('text'))))"
)


@pytest.fixture(scope="module")
def server(fresh_server: ServerProcess) -> ServerProcess:
    return fresh_server


def open_terminals(server: ServerProcess, session_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = server.request("GET", f"/api/v1/sessions/{session_id}/terminals").body[
        "terminals"
    ]
    return found


async def enter(page: Page, server: ServerProcess, session_id: str, *, url: str = "", key: str = "") -> None:
    """Open the session with its terminals."""
    place = f"?session={session_id}&panel=terminals"
    await page.open(f"{url or server.url}/{place}#token={key or server.key}")
    await page.until(PROMPT)


async def run(page: Page, line: str) -> None:
    """Type a line behind the prompt."""
    await page.until(PROMPT)
    await page.evaluate(f"{VIEW}.querySelector('textarea').focus()")
    await page.call("Input.insertText", text=line)
    await page.key("Enter")


async def prints(page: Page, text: str) -> None:
    """Wait until the terminal shows a line of this text."""
    await page.until(f"{LINES}.includes({json.dumps(text)})")


async def press(page: Page, key: str, code: int, modifiers: int = 0) -> None:
    pressed = {"key": key, "windowsVirtualKeyCode": code, "modifiers": modifiers}
    await page.call("Input.dispatchKeyEvent", type="rawKeyDown", **pressed)
    await page.call("Input.dispatchKeyEvent", type="keyUp", **pressed)


async def lines_back_to(page: Page, first: str) -> set[str]:
    """Page up to this line; return all that was shown on the way."""
    await page.evaluate(f"{VIEW}.querySelector('textarea').focus()")
    seen: set[str] = set()
    async with asyncio.timeout(60):
        while first not in seen:
            seen |= set(await page.evaluate(LINES))
            await press(page, "PageUp", 33, SHIFT)
            await page.evaluate(PAINTED)
    return seen


async def test_a_terminal_opens_with_its_panel_and_shows_what_is_run_in_its_colours(
    server: ServerProcess, page: Page
) -> None:
    await enter(page, server, server.open_session())
    await run(page, r"echo $((6 * 7)); printf '\e[31mred \e[38;2;0;90;200mblue\e[0m\n'")
    await prints(page, "42")
    await prints(page, "red blue")
    colours = f"[...{VIEW}.querySelectorAll('.xterm-rows span')]"
    found = await page.evaluate(f"{colours}.map((it) => [it.innerText.trim(), getComputedStyle(it).color])")
    assert ["red", "rgb(179, 38, 30)"] in found
    assert ["blue", "rgb(0, 90, 200)"] in found
    assert page.complaints == []


async def test_several_are_open_at_once_and_keep_their_names_and_text_through_a_reload(
    server: ServerProcess, page: Page
) -> None:
    session_id = server.open_session()
    await enter(page, server, session_id)
    await run(page, "echo in the first")
    await prints(page, "in the first")
    await page.press("New terminal")
    await page.until(f"document.querySelectorAll('.terminal-view').length === 2 && {FOCUS}")
    await page.press("Rename")
    await page.fill("Name", "Tests")
    await page.evaluate("document.querySelector('dialog .primary').click()")
    await page.until("!document.querySelector('dialog')")
    await run(page, "echo in the second")
    await prints(page, "in the second")
    await page.call("Page.reload")
    await page.press("Tests")
    await prints(page, "in the second")
    await page.press("bash 1")
    await prints(page, "in the first")
    assert len(open_terminals(server, session_id)) == 2
    await page.press("Close")
    await prints(page, "in the second")
    assert len(open_terminals(server, session_id)) == 1
    assert page.complaints == []


async def test_its_size_is_that_of_its_panel(server: ServerProcess, page: Page) -> None:
    session_id = server.open_session()
    await enter(page, server, session_id)

    async def settles() -> dict[str, Any]:
        shown = f"{VIEW}.querySelectorAll('.xterm-rows > div').length"
        async with asyncio.timeout(20):
            while (found := open_terminals(server, session_id)[0])["rows"] != await page.evaluate(shown):
                await asyncio.sleep(0.1)
        return found

    wide = await settles()
    await page.look(width=1100, height=700)
    await page.until(f"{VIEW}.querySelectorAll('.xterm-rows > div').length < {wide['rows']}")
    narrow = await settles()
    await run(page, "stty size")
    await prints(page, f"{narrow['rows']} {narrow['columns']}")


async def test_one_whose_program_has_ended_says_so_and_is_opened_again(
    server: ServerProcess, page: Page
) -> None:
    session_id = server.open_session()
    await enter(page, server, session_id)
    await run(page, "exit 3")
    await page.shows("The program has ended with exit code 3.")
    await prints(page, "exit")  # what it has printed stays
    await page.press("Open again")
    await page.until(f"{PROMPT} && {FOCUS}")
    await run(page, "echo once more")
    await prints(page, "once more")
    assert len(open_terminals(server, session_id)) == 1
    assert page.complaints == []


async def test_what_is_printed_while_the_connection_is_lost_is_there_when_it_is_back(
    server: ServerProcess, page: Page, tmp_path: Path
) -> None:
    port, session_id = free_port(), server.open_session()
    with behind_nginx(server, port, tmp_path / "nginx", is_below=False):
        await enter(page, server, session_id, url=f"http://127.0.0.1:{port}")
        await run(page, "for n in $(seq 1 300); do echo grün 🌱 $n; sleep 0.02; done")
        await prints(page, "grün 🌱 20")
    await page.shows("reconnecting")
    with behind_nginx(server, port, tmp_path / "nginx", is_below=False):
        await prints(page, "grün 🌱 300")
        await page.until(PROMPT)
        seen = {line for line in await lines_back_to(page, "grün 🌱 1") if line.startswith("grün")}
    assert seen == {f"grün 🌱 {number}" for number in range(1, 301)}


async def test_escape_and_tab_lead_out_of_it_and_tab_alone_does_not(
    server: ServerProcess, page: Page
) -> None:
    await enter(page, server, server.open_session())
    await page.evaluate(f"{VIEW}.querySelector('textarea').focus()")
    await page.key("Tab")
    assert await page.evaluate(FOCUS)
    await page.key("Escape")
    await page.key("Tab")
    await page.until(f"!{FOCUS}")


async def test_text_is_copied_and_pasted(server: ServerProcess, page: Page) -> None:
    await enter(page, server, server.open_session())
    await run(page, "echo word-to-copy")
    await prints(page, "word-to-copy")
    rows = f"[...{VIEW}.querySelectorAll('.xterm-rows > div')]"
    row = f"{rows}.find((it) => it.innerText.trim() === 'word-to-copy')"
    place = await page.evaluate(f"(({{ x, y }}) => ({{ x, y }}))({row}.getBoundingClientRect())")
    mouse = {"x": place["x"] + 6, "y": place["y"] + 6, "button": "left", "clickCount": 2}
    await page.call("Input.dispatchMouseEvent", type="mousePressed", **mouse)
    await page.call("Input.dispatchMouseEvent", type="mouseReleased", **mouse)
    hearing = asyncio.create_task(page.evaluate(COPIED))
    await asyncio.sleep(0.2)
    await press(page, "c", 67, CONTROL)
    assert await hearing == "word-to-copy"
    await page.evaluate(
        "((data) => { data.setData('text/plain', 'echo pasted $((40 + 2))');"
        f"{VIEW}.querySelector('textarea').dispatchEvent(new ClipboardEvent('paste', "
        "{ clipboardData: data, bubbles: true })) })(new DataTransfer())"
    )
    await page.key("Enter")
    await prints(page, "pasted 42")


async def test_a_screen_reader_is_told_what_is_printed(server: ServerProcess, page: Page) -> None:
    await enter(page, server, server.open_session())
    await page.evaluate("document.querySelector('.terminals footer input').click()")
    await page.until(f"{VIEW}.querySelector('[aria-live]')")
    await page.evaluate(f"{VIEW}.querySelector('textarea').focus()")
    for letter in "echo read this aloud":
        await page.call("Input.dispatchKeyEvent", type="keyDown", text=letter, key=letter)
        await page.call("Input.dispatchKeyEvent", type="keyUp", key=letter)
    await page.key("Enter")
    await page.until(f"{VIEW}.querySelector('[aria-live]').innerText.includes('read this aloud')")
    name = f"{VIEW}.querySelector('textarea')"
    assert await page.evaluate(f"{name}.ariaLabel") == "Terminal: bash 1"
    assert "Escape" in await page.evaluate(
        f"document.getElementById({name}.getAttribute('aria-describedby')).innerText"
    )


async def test_five_thousand_lines_are_printed_and_kept_without_a_row_for_each(
    server: ServerProcess, page: Page
) -> None:
    await enter(page, server, server.open_session())
    await run(page, "clear; seq 1 5000")
    await prints(page, "5000")
    assert await page.evaluate(f"{VIEW}.querySelectorAll('*').length") < 1000
    seen = await lines_back_to(page, "1")
    assert {str(number) for number in range(1, 5001)} <= seen
    assert page.complaints == []


async def test_who_only_looks_on_sees_it_and_types_nothing(server: ServerProcess, page: Page) -> None:
    session_id = server.open_session()
    made = server.request("POST", "/api/v1/keys", {"name": "reads", "scopes": ["read"]}).body
    opened = server.request("POST", f"/api/v1/sessions/{session_id}/terminals", {"columns": 60, "rows": 12})
    path = f"/api/v1/sessions/{session_id}/terminals/{opened.body['terminal']['id']}"
    await enter(page, server, session_id, key=made["secret"])
    server.request("POST", f"{path}/input", {"data": "echo shown to all\r"})
    await prints(page, "shown to all")
    words = await page.evaluate(
        "[...document.querySelectorAll('.terminals button')].map((it) => it.innerText)"
    )
    assert words == ["bash 1", "Rename"]
    await page.evaluate(f"{VIEW}.querySelector('textarea').focus()")
    await page.call("Input.insertText", text="echo nobody types this")
    assert await page.evaluate(f"{VIEW}.querySelectorAll('.xterm-rows > div').length") == 12
    screen = server.request("GET", path).body
    assert "nobody" not in screen["output"]
    server.request("DELETE", f"/api/v1/keys/{made['key']['id']}")
    assert page.complaints == []


async def test_a_session_that_allows_some_commands_only_says_why_it_has_none(
    server: ServerProcess, page: Page
) -> None:
    session_id = server.open_session(allowedCommands=["npm *"])
    await page.open(f"{server.url}/?session={session_id}&panel=terminals#token={server.key}")
    await page.shows("This session allows certain commands only")
    assert page.complaints == []


async def test_a_phone_has_the_keys_that_its_keyboard_lacks(server: ServerProcess, page: Page) -> None:
    await page.look(width=390, height=844)
    await page.call("Emulation.setTouchEmulationEnabled", enabled=True, maxTouchPoints=1)
    session_id = server.open_session()
    await page.open(f"{server.url}/?session={session_id}&panel=terminals#token={server.key}")
    await page.press("Workspace")
    await run(page, "sleep 12347")
    await page.until(f"{LINES}.filter(Boolean).at(-1).endsWith('sleep 12347')")
    await page.press("Ctrl+C")
    await prints(page, "^C")
    await page.until(PROMPT)


async def test_who_presses_the_tab_types_into_a_terminal_and_who_steps_past_it_goes_on(
    server: ServerProcess, page: Page
) -> None:
    session_id = server.open_session()
    await page.open(f"{server.url}/?session={session_id}#token={server.key}")
    await page.press("Terminal")
    await page.until(FOCUS)
    await page.until(PROMPT)
    await page.call("Input.insertText", text="echo $((6 * 7))")
    await page.key("Enter")
    await prints(page, "42")
    assert len(await asyncio.to_thread(open_terminals, server, session_id)) == 1
    await page.press("Files")
    await page.evaluate("document.activeElement.blur()")
    await page.evaluate("document.querySelector('[data-name=files]').focus()")
    await press(page, "ArrowRight", 39)
    await page.until(f"!{VIEW}.closest('[hidden]')")
    await page.evaluate(PAINTED)
    await page.focuses("Terminal")
    assert page.complaints == []
