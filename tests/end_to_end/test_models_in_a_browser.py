"""What a language model does besides answering, as people see it: it thinks, fails, forgets and delegates."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.browser import Page
from tests.support.mock_models import KEY, MockModels
from tests.support.server import ServerProcess

ALLOWED = [{"decision": "always", "group": "read"}]
NOTES = "[...document.querySelectorAll('.note')].map((it) => it.innerText).join('|')"


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, mock_models_process: MockModels
) -> Iterator[ServerProcess]:
    settings = {
        "ANTHROPIC_API_KEY": KEY,
        "ROOCODE_PROVIDERS__ANTHROPIC__BASE_URL": mock_models_process.url,
        "ROOCODE_AGENT__RETRY_DELAY_S": "0.5",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }
    server = ServerProcess(tmp_path_factory.mktemp("server") / "data", settings).start()
    yield server
    server.end()


def tool(name: str, **arguments: Any) -> dict[str, Any]:
    return {"name": name, "arguments": arguments}


def answer(*calls: dict[str, Any], content: str = "", used: int = 1000, **more: Any) -> dict[str, Any]:
    usage = {"input_tokens": used, "output_tokens": 20}
    said = {"content": content} if content else {}
    return {**said, "toolCalls": list(calls), "usage": usage, **more}


DONE = answer(tool("attempt_completion", result="All is done."))


def in_order(mock: MockModels, *answers: dict[str, Any], **options: Any) -> None:
    """Give these answers, one a request."""
    for number, response in enumerate(answers):
        mock.say(response, match={"sequenceIndex": number}, **options)


async def visit(server: ServerProcess, page: Page, **config: Any) -> None:
    """Open a session that asks the model, and give it a task."""
    session_id = server.open_session(
        "Of a model", provider="anthropic", model="claude-haiku-4-5", approvals=ALLOWED, **config
    )
    await page.open(f"{server.url}/?session={session_id}#token={server.key}")
    await page.type("Task", "Add two numbers")
    await page.press("Start task")


async def has_no_obstacles(page: Page) -> None:
    assert await page.obstacles_in_both_schemes() == []
    assert page.complaints == []


async def test_what_a_model_thinks_is_shown_while_it_does_and_folded_afterwards(
    server: ServerProcess, page: Page, mock_models: MockModels
) -> None:
    thought = "One and one make two. " * 20 + "\n\nThat is **certain**."
    said = answer(tool("list_files", path="."), content="Two.", reasoning=thought)
    in_order(mock_models, said, DONE, chunkSize=40, latency=40)
    await visit(server, page, effort="low")
    await page.until("document.querySelector('.working')?.innerText.includes('Thinking: ')")
    await page.shows("Task completed")
    folded = "document.querySelector('.thought')"
    await page.until(f"{folded} && !{folded}.open")
    assert "One and one make two." in await page.evaluate(f"{folded}.querySelector('summary').innerText")
    assert await page.evaluate(f"{folded}.querySelector('.markdown').checkVisibility()") is False
    await page.evaluate(f"{folded}.querySelector('summary').click()")
    await page.until(f"{folded}.querySelector('.markdown strong').checkVisibility()")
    order = "[...document.querySelectorAll('.story > ol > li')].map((it) => it.innerText)"
    shown = await page.evaluate(order)
    assert next(i for i, each in enumerate(shown) if "certain" in each) < next(
        i for i, each in enumerate(shown) if "Two." in each
    )
    await has_no_obstacles(page)


async def test_a_request_that_fails_is_made_again_and_said_in_one_line(
    server: ServerProcess, page: Page, mock_models: MockModels
) -> None:
    broken = {"error": {"message": "oh no", "type": "mocked"}, "status": 500}
    in_order(mock_models, broken, broken, DONE)
    await visit(server, page)
    await page.shows("The model could not be asked; attempt 3 follows after")
    await page.shows("Task completed")
    notes = await page.evaluate(NOTES)
    assert notes.count("The model could not be asked") == 1  # the second in the place of the first
    assert "MODEL_OVERLOADED" in notes
    await has_no_obstacles(page)


async def test_a_model_that_cannot_be_asked_at_all_is_an_end_with_its_reason_and_a_way_on(
    server: ServerProcess, page: Page, mock_models: MockModels
) -> None:
    mock_models.fail(401, "no")
    await visit(server, page)
    await page.shows("Task failed")
    assert "refused the key" in await page.evaluate("document.querySelector('.message.error').innerText")
    assert "refused the key" not in await page.evaluate(NOTES)  # it is said once
    mock_models.ask("POST", "reset")
    in_order(mock_models, DONE)
    await page.press("Retry")
    await page.shows("Task completed")
    assert "Tried again, from the beginning" in await page.evaluate(NOTES)
    await has_no_obstacles(page)


async def test_a_conversation_that_is_condensed_says_so_and_shows_the_summary(
    server: ServerProcess, page: Page, mock_models: MockModels
) -> None:
    long = answer(tool("list_files", path="."), content="I look.", used=190_000)
    in_order(mock_models, long, {"content": "So far: **an empty folder**."}, DONE)
    await visit(server, page)
    await page.shows("The conversation was long (190K tokens), so the agent continues from a summary")
    await page.shows("Task completed")
    body = "document.querySelector('.note details')"
    assert await page.evaluate(f"{body}.open") is False
    await page.evaluate(f"{body}.querySelector('summary').click()")
    await page.until(f"{body}.querySelector('strong').innerText === 'an empty folder'")
    await has_no_obstacles(page)


async def test_a_subtask_is_asked_for_shown_as_part_of_its_task_and_ends_with_its_result(
    server: ServerProcess, page: Page, mock_models: MockModels
) -> None:
    in_order(
        mock_models,
        answer(tool("new_task", mode="code", message="# Add them\n\nOne and one."), content="I delegate."),
        answer(tool("list_files", path="."), content="I am the part."),
        answer(tool("attempt_completion", result="The part is **two**.")),
        answer(tool("attempt_completion", result="Two, says the part.")),
    )
    await visit(server, page)
    await page.press("Start subtask")
    await page.shows("A subtask was started")
    await page.shows("Two, says the part.")
    await page.shows("Task completed")
    parts = "[...document.querySelectorAll('.item.sub')].map((it) => it.innerText).join('|')"
    shown = await page.evaluate(parts)
    assert "I am the part." in shown and "I delegate." not in shown
    notes = await page.evaluate(NOTES)
    assert notes.index("A subtask was started") < notes.index("The subtask is done")
    assert notes.count("Task completed") == 1
    await page.press("Tasks")
    await page.until("document.querySelectorAll('.tasks .row').length === 2")
    rows = "[...document.querySelectorAll('.tasks .row')].map((it) => it.innerText.includes('subtask'))"
    assert await page.evaluate(rows) == [True, False]
    await has_no_obstacles(page)


async def test_a_command_in_the_background_is_shown_as_such_until_it_ends(
    server: ServerProcess, page: Page, mock_models: MockModels
) -> None:
    waits = "until [ -e go ]; do sleep 0.1; done; exit 3"
    in_order(
        mock_models,
        answer(tool("execute_command", command=waits, timeout=1)),
        answer(tool("ask_followup_question", question="Shall it go?", follow_up=["yes"])),
        DONE,
    )
    await visit(server, page)
    await page.press("Run command")
    await page.shows("runs in the background")
    await page.shows("Shall it go?")
    address = await page.evaluate("new URLSearchParams(location.search).get('session')")
    path = f"/api/v1/sessions/{address}/files/go"
    await asyncio.to_thread(server.request, "POST", path, {"content": ""})
    await page.until("document.querySelector('.call.failed .state').innerText.includes('exit code 3')")
    assert "runs in the background" not in await page.evaluate("document.querySelector('.story').innerText")
    await page.press("yes")
    await page.shows("Task completed")
    await has_no_obstacles(page)


async def test_what_a_model_costs_is_said_of_its_task(
    server: ServerProcess, page: Page, mock_models: MockModels
) -> None:
    in_order(mock_models, answer(tool("list_files", path="."), used=1_000_000), {"content": "Short."}, DONE)
    await visit(server, page)
    await page.shows("Task completed")
    await page.until(
        "document.querySelector('.task .facts').innerText.startsWith('This task: 1M tokens, $1.0')"
    )
    assert await asyncio.to_thread(mock_models.requests)
    assert page.complaints == []
