"""A task that goes on, as a person has it on the dashboard: told more, stopped, corrected, gone back in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.browser import Page
from tests.support.server import ServerProcess

PLAYBOOKS = Path(__file__).with_name("playbooks")
RULES = [{"decision": "always", "group": "command"}, {"decision": "always", "group": "edit"}]
ASKS_LATER = """
name: asks-later
description: Is done, and asks when it goes on.
steps:
  - call: attempt_completion
    with: {result: "Begun."}
  - id: asked
    call: ask_followup_question
    with: {question: "Which one?", follow_up: [the left one, the right one]}
  - call: attempt_completion
    with: {result: "It was: {{ results.asked.text }}"}
"""
MORE_THAN_ARE_LISTED = 101
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
    assert await page.obstacles_in_both_schemes() == []
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


async def test_an_old_task_that_is_taken_up_again_asks_and_is_answered(
    start_server: Callable[..., ServerProcess], page: Page, tmp_path: Path
) -> None:
    (tmp_path / "asks-later.yaml").write_text(ASKS_LATER)
    server = start_server(providers__scripted__folders=f"[{tmp_path}]")
    session_id = server.open_session("Long", model="asks-later")
    tasks = f"/api/v1/sessions/{session_id}/tasks"
    first = server.request("POST", tasks, {"input": "Begin"}).body["task"]["id"]
    assert server.request("GET", f"{tasks}/{first}?wait=30").body["task"]["status"] == "completed"
    for number in range(MORE_THAN_ARE_LISTED):
        later = {"input": f"later {number}", "dependencies": ["none"]}  # it fails at once
        assert server.request("POST", tasks, later).status == 201
    await page.open(f"{server.url}/?session={session_id}#token={server.key}")
    await page.shows(f"later {MORE_THAN_ARE_LISTED - 1}")
    server.request("POST", f"{tasks}/{first}/messages", {"text": "go on"})
    await page.press("the left one")
    await page.shows("It was: the left one")
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
