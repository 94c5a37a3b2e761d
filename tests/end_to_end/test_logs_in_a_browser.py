"""The page of the server's log as people use it, in a real browser."""

from __future__ import annotations

import asyncio
import datetime
import json
from collections.abc import Iterator

import pytest

from tests.support.browser import Page
from tests.support.server import ServerProcess

KEPT = 5000
SEEN = "[...document.querySelectorAll('.log-entry .message')].map((it) => it.innerText)"
PAINTED = "new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))"
LIST = "document.querySelector('.log-entries')"


def line(number: int) -> str:
    """An entry as the server keeps it, older the smaller its number is."""
    moment = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(seconds=number)
    levels = ("debug", "info", "warning", "error")
    entry = {"time": moment.isoformat().replace("+00:00", "Z"), "level": levels[number % 4]}
    return json.dumps({**entry, "message": f"kept {number}", "logger": "test", "details": {"number": number}})


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server whose log has many entries already."""
    folder = tmp_path_factory.mktemp("logged") / "data"
    (folder / "logs").mkdir(parents=True, mode=0o700)
    kept = "".join(f"{line(number)}\n" for number in range(KEPT))
    (folder / "logs" / "00000001.jsonl").write_text(kept)
    running = ServerProcess(folder).start()
    yield running
    running.end()


async def enter(page: Page, server: ServerProcess, *, key: str = "") -> None:
    await page.open(f"{server.url}/?page=logs#token={key or server.key}")
    await page.until("document.querySelector('.log-entry, .logs-page .empty')")


def refuse(server: ServerProcess, reason: str) -> str:
    """Be refused something, which is logged; the id of the request."""
    refused = server.curl("GET", f"/api/v1/sessions/{reason}", None, "-H", "X-Probe: yes", key="wrong")
    assert refused.status == 401
    return str(refused.body["error"]["requestId"])


async def test_an_entry_comes_while_one_looks_and_is_read_in_full(server: ServerProcess, page: Page) -> None:
    await enter(page, server)
    before = await page.evaluate(f"{SEEN}.filter((it) => it === 'refused').length")
    request = refuse(server, "nothing")
    await page.until(f"{SEEN}.filter((it) => it === 'refused').length > {before}")
    rows = "[...document.querySelectorAll('.log-entry')]"
    await page.evaluate(f"{rows}.find((it) => it.innerText.includes('refused')).click()")
    await page.shows(request)
    await page.press("Close")
    await page.until("!document.querySelector('.log-details')")
    assert page.complaints == []


async def test_entries_are_filtered_by_level_text_and_time(server: ServerProcess, page: Page) -> None:
    await enter(page, server)
    await page.type("Text", "KEPT 10")
    await page.until(f"{SEEN}.length && {SEEN}.every((it) => it.startsWith('kept 10'))")
    await page.choose("Level", "error")
    # one in four is an error: 103, 107, 1003, …, 1099
    await page.until(f"{SEEN}.length === 27 && {SEEN}.includes('kept 103') && !{SEEN}.includes('kept 10')")
    await page.fill("Text", "nothing of this kind")
    await page.shows("No entries")
    await page.focuses("Text")
    assert page.complaints == []


async def test_five_thousand_entries_are_within_reach_without_a_row_for_each(
    server: ServerProcess, page: Page
) -> None:
    await enter(page, server)
    await page.choose("Level", "debug")
    await page.until(f"{SEEN}.includes('kept 4996')")
    numbers: set[int] = set()
    async with asyncio.timeout(120):
        while 0 not in numbers:
            shown = await page.evaluate(SEEN)
            assert len(shown) < 100
            numbers |= {int(text.split()[1]) for text in shown if text.startswith("kept")}
            await page.evaluate(f"{LIST}.scrollTop += {LIST}.clientHeight")
            await page.evaluate(PAINTED)
    assert numbers == set(range(KEPT))
    assert page.complaints == []


async def test_the_keyboard_leads_through_the_entries(server: ServerProcess, page: Page) -> None:
    await enter(page, server)
    await page.evaluate(f"{LIST}.focus()")
    for key, code in (("ArrowDown", 40), ("ArrowDown", 40), ("End", 35)):
        await page.call("Input.dispatchKeyEvent", type="rawKeyDown", key=key, windowsVirtualKeyCode=code)
    await page.until(
        f"document.getElementById({LIST}.getAttribute('aria-activedescendant')).ariaSelected === 'true'"
    )
    assert await page.evaluate(f"document.activeElement === {LIST}")
    assert await page.evaluate(f"{LIST}.scrollTop > 0")


async def test_who_is_no_administrator_reads_of_their_own_sessions_only(
    server: ServerProcess, page: Page
) -> None:
    person = {
        "email": "dev@example.com",
        "name": "Dev",
        "roles": ["developer"],
        "password": "long enough for it",
    }
    assert server.request("POST", "/api/v1/users", person).status == 201
    login = {"email": person["email"], "password": person["password"]}
    token = server.request("POST", "/api/v1/auth/login", login, key=None).body["tokens"]["accessToken"]
    await enter(page, server, key=token)
    await page.shows("No entries")
    made = server.request("POST", "/api/v1/sessions", {"name": "Mine"}, key=token)
    assert made.status == 201
    await page.until(f"{SEEN}.includes('session.created')")
    assert not [text for text in await page.evaluate(SEEN) if text.startswith("kept")]
    assert page.complaints == []


async def test_nothing_hinders_anybody_and_all_fits(server: ServerProcess, page: Page) -> None:
    await enter(page, server)
    await page.evaluate("document.querySelector('.log-entry').click()")
    await page.until("document.querySelector('.log-details')")
    assert await page.obstacles_at((1280, 800), (640, 400), (390, 844)) == {}
    assert page.complaints == []
