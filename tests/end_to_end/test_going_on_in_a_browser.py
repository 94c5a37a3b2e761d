"""A task that goes on, as a person has it on the dashboard: told more, stopped, corrected, gone back in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.browser import Page
from tests.support.server import ServerProcess

PLAYBOOKS = Path(__file__).with_name("playbooks")
RULES = [{"decision": "always", "group": "command"}, {"decision": "always", "group": "edit"}]
STORY = "document.querySelector('.story').innerText"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    settings = {"ROOCODE_PROVIDERS__SCRIPTED__FOLDERS": f"[{PLAYBOOKS}]"}
    server = ServerProcess(tmp_path_factory.mktemp("server") / "data", settings).start()
    yield server
    server.end()


def content(server: ServerProcess, session_id: str) -> str:
    return str(server.request("GET", f"/api/v1/sessions/{session_id}/files/raw?path=a.txt").body).strip()


async def go_back_to(page: Page, text: str) -> None:
    """Press the button of the message that ends with this text."""
    await page.until(
        "(() => { const found = [...document.querySelectorAll('article.message')]"
        f".find((each) => each.innerText.trimEnd().endsWith({text!r}));"
        " const button = [...(found?.querySelectorAll('button') ?? [])]"
        ".find((each) => each.innerText === 'Go back to here');"
        " button?.click(); return Boolean(button); })()"
    )


async def test_a_task_is_told_more_stopped_corrected_and_gone_back_in(
    server: ServerProcess, page: Page
) -> None:
    session_id = server.open_session("Going on", model="goes-on", approvals=RULES)
    await page.open(f"{server.url}/?session={session_id}#token={server.key}")
    await page.type("Task", "Show how it goes on")
    await page.press("Start task")
    await page.shows("The first part is done.")

    await page.type("Message", "now also two")
    await page.press("Send")
    await page.shows("Goes on: part 2")
    await page.shows("Kill the command")
    await page.until("/ · [1-9] s$/.test(document.querySelector('.elapsed').innerText)")  # a clock that runs

    await page.press("Stop")
    await page.shows("Stopped: Resume continues where it was")
    await page.until("document.querySelector('.sessions .work').innerText === 'interrupted'")
    await page.type("Message", "without the sleep")
    await page.press("Send")
    await page.shows("You said: without the sleep")
    await page.shows("The second part is done.")
    assert content(server, session_id) == "two"

    await go_back_to(page, "I write two.")
    for scheme in ("light", "dark"):
        await page.look(scheme=scheme)
        assert await page.obstacles() == []
    await page.press("Go back")
    await page.shows("Gone back to here")
    assert "The second part is done." not in await page.evaluate(STORY)
    assert content(server, session_id) == "one"

    await page.press("Undo")
    await page.shows("The second part is done.")
    told = await page.evaluate(STORY)
    assert "Gone back to here" not in told
    assert told.count("Stopped: Resume continues where it was") == 1  # going back is told by its own line
    assert content(server, session_id) == "two"
    assert page.complaints == []


async def test_what_was_taken_back_stays_away_when_the_page_is_opened_again(
    server: ServerProcess, page: Page
) -> None:
    session_id = server.open_session("Opened again", model="goes-on", approvals=RULES)
    await page.open(f"{server.url}/?session={session_id}#token={server.key}")
    await page.type("Task", "Show how it goes on")
    await page.press("Start task")
    await page.shows("The first part is done.")
    await go_back_to(page, "I write one.")
    await page.press("Go back")
    await page.shows("Gone back to here")
    await page.open(f"{server.url}/?session={session_id}")
    await page.shows("Gone back to here")
    assert "The first part is done." not in await page.evaluate(STORY)
    await page.press("Resume")
    await page.shows("The first part is done.")
