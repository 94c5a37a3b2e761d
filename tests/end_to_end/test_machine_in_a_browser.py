"""The page of the server's machine as people use it, in a real browser."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.browser import Page
from tests.support.server import ServerProcess

TILES = "[...document.querySelectorAll('.tiles dt')].map((it) => it.innerText)"
ROWS = "document.querySelectorAll('.figures[open] tbody tr').length"


@pytest.fixture(scope="module")
def server(fresh_server: ServerProcess) -> ServerProcess:
    return fresh_server


async def enter(page: Page, server: ServerProcess, *, key: str = "") -> None:
    await page.open(f"{server.url}/?page=machine#token={key or server.key}")
    await page.until("document.querySelectorAll('.chart canvas').length === 2")


async def test_the_machine_is_shown_as_it_is_measured(server: ServerProcess, page: Page) -> None:
    await page.open(f"{server.url}/#token={server.key}")
    await page.press("Machine")
    await page.until("location.search === '?page=machine'")
    await page.until(f"{TILES}.includes('Memory')")
    memory = "[...document.querySelectorAll('.tiles dd')][1].innerText"
    total = server.request("GET", "/api/v1/system/resources").body["memoryTotal"]
    assert f"{round(total / 2**30)} GiB" in await page.evaluate(memory)
    await page.until("document.querySelectorAll('.chart canvas').length === 2")
    await page.evaluate("document.querySelector('.figures summary').click()")
    await page.until(f"{ROWS} >= 3")
    before = await page.evaluate(ROWS)
    await page.until(f"{ROWS} > {before}")  # and it goes on
    assert page.complaints == []


async def test_calls_are_summed_up_over_the_range_that_is_chosen(server: ServerProcess, page: Page) -> None:
    for _ in range(3):
        assert server.request("GET", "/api/v1/sessions/nothing").code == "RESOURCE_NOT_FOUND"
    await enter(page, server)
    await page.shows("Calls of the last hour")
    for words in ("95 % within", "RESOURCE_NOT_FOUND", "session.get"):
        await page.shows(words)
    await page.press("5 minutes")
    await page.shows("Calls of the last 5 minutes")
    pressed = "document.querySelector('[aria-pressed=true]').innerText"
    assert await page.evaluate(pressed) == "5 minutes"
    await page.focuses("5 minutes")
    assert page.complaints == []


async def test_a_hidden_page_is_sent_nothing_until_it_is_seen_again(
    server: ServerProcess, page: Page
) -> None:
    await enter(page, server)
    hide = "Object.defineProperty(document, 'hidden', { configurable: true, value: %s });"
    told = "document.dispatchEvent(new Event('visibilitychange'))"
    await page.evaluate("document.querySelector('.figures summary').click()")
    await page.until(f"{ROWS} >= 3")
    await page.evaluate(hide % "true" + told)
    before = await page.evaluate(ROWS)
    for _ in range(2):  # samples that others get
        first = server.request("GET", "/api/v1/system/resources").body["timestamp"]
        while server.request("GET", "/api/v1/system/resources").body["timestamp"] == first:
            await asyncio.sleep(0.2)
    assert await page.evaluate(ROWS) <= before + 1
    await page.evaluate(hide % "false" + told)
    await page.until(f"{ROWS} > {before + 1}")


async def test_nothing_hinders_anybody_and_all_fits(server: ServerProcess, page: Page) -> None:
    await enter(page, server)
    await page.shows("What took most time")
    await page.evaluate("document.querySelector('.figures summary').click()")
    assert await page.obstacles_at((1280, 800), (640, 400), (390, 844)) == {}
    assert page.complaints == []


def workshop(server: ServerProcess, command: str) -> str:
    """A session in which a command runs; its id."""
    session_id = server.open_session(model="write-and-run")
    path = f"/api/v1/sessions/{session_id}"
    assert server.request("POST", f"{path}/processes", {"command": command}).status == 201
    return session_id


async def number_of(server: ServerProcess, session_id: str, line: str) -> int:
    """The machine's number of the process with this command line, once there is one."""
    async with asyncio.timeout(30):
        while True:
            path = f"/api/v1/system/processes?sessionId={session_id}"
            for process in server.request("GET", path).body["processes"]:
                if process["cmdline"] == line:
                    return int(process["pid"])
            await asyncio.sleep(0.1)


async def asked_to_end(server: ServerProcess, page: Page, command: str) -> tuple[str, int]:
    """Find a process that runs this on the page, and press its button; return its session and number."""
    session_id = workshop(server, f"exec {command}")
    pid = await number_of(server, session_id, command)
    await page.open(f"{server.url}/?page=machine#token={server.key}")
    await page.choose("Show", "command")
    await page.press(f"End process {pid}")
    await page.shows(f"End process {pid}?")
    return session_id, pid


async def test_a_process_is_found_and_ended_after_a_question(server: ServerProcess, page: Page) -> None:
    session_id, pid = await asked_to_end(server, page, "sleep 12345")
    await page.press("Cancel")
    await page.focuses(f"End process {pid}")
    assert await number_of(server, session_id, "sleep 12345") == pid
    await page.press(f"End process {pid}")
    await page.choose("How", "SIGKILL")
    await page.press("End it")
    await page.shows(f"Process {pid} has ended.")
    await page.until(f"!document.querySelector('[aria-label=\"End process {pid}\"]')")
    assert page.complaints == []


async def test_a_question_that_is_put_away_and_asked_again_at_once_is_there(
    server: ServerProcess, page: Page
) -> None:
    _, pid = await asked_to_end(server, page, "sleep 12346")
    await page.evaluate(
        "(async () => { [...document.querySelectorAll('dialog button')]"
        ".find((one) => one.innerText === 'Cancel').click();"
        "for (let turn = 0; turn < 10; turn += 1) await null;"
        f"document.querySelector('[aria-label=\"End process {pid}\"]').click(); }})()"
    )
    await page.choose("How", "SIGKILL")
    await page.press("End it")
    await page.shows(f"Process {pid} has ended.")


async def test_an_agent_leads_to_its_session(server: ServerProcess, page: Page) -> None:
    session_id = workshop(server, "true")
    server.request("POST", f"/api/v1/sessions/{session_id}/tasks", {"input": "Print some prime numbers"})
    await page.open(f"{server.url}/?page=machine#token={server.key}")
    await page.shows("waits for somebody")
    await page.evaluate("document.querySelector('.machine-page .session').click()")
    await page.until(f"location.search.includes('{session_id}')")
    await page.shows("Print some prime numbers")
    assert page.complaints == []


async def test_who_may_not_end_anything_is_offered_no_end(server: ServerProcess, page: Page) -> None:
    workshop(server, "exec sleep 12346")
    made = server.request("POST", "/api/v1/keys", {"name": "reads", "scopes": ["read"]}).body
    await page.open(f"{server.url}/?page=machine#token={made['secret']}")
    await page.shows("sleep 12346")
    labels = "[...document.querySelectorAll('.machine-page button')].map((it) => it.ariaLabel || '')"
    assert not [label for label in await page.evaluate(labels) if label.startswith("End")]
    server.request("DELETE", f"/api/v1/keys/{made['key']['id']}")
    assert page.complaints == []
