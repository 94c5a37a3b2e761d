"""What is decided without a person, and what is to happen when nobody answers, in a real browser."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.browser import Page
from tests.support.mock_models import KEY, MockModels
from tests.support.server import ServerProcess

VERDICTS = "[...document.querySelectorAll('.verdict')].map((it) => it.innerText)"
MODEL = {"provider": "anthropic", "model": "claude-haiku-4-5"}


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, mock_models_process: MockModels
) -> Iterator[ServerProcess]:
    settings = {
        "ANTHROPIC_API_KEY": KEY,
        "ROOCODE_PROVIDERS__ANTHROPIC__BASE_URL": mock_models_process.url,
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }
    server = ServerProcess(tmp_path_factory.mktemp("server") / "data", settings).start()
    yield server
    server.end()


async def visit(page: Page, server: ServerProcess, session_id: str, panel: str = "") -> None:
    await page.open(f"{server.url}/?session={session_id}&panel={panel or 'tasks'}#token={server.key}")


def start(server: ServerProcess, session_id: str, task: str = "Print some prime numbers") -> None:
    made = server.curl("POST", f"/api/v1/sessions/{session_id}/tasks", {"input": task})
    assert made.status == 201, made.body


def policy_of(server: ServerProcess, session_id: str) -> dict[str, Any]:
    config: dict[str, Any] = server.curl("GET", f"/api/v1/sessions/{session_id}").body["session"]["config"]
    policy: dict[str, Any] = config["unattendedPolicy"]
    return policy


def says(mock: MockModels, *answers: dict[str, Any]) -> None:
    """Have the model call these tools, one in each answer, whoever asks it."""
    for number, each in enumerate(answers):
        response = {"toolCalls": [each], "usage": {"input_tokens": 10, "output_tokens": 5}}
        mock.say(response, match={"sequenceIndex": number})


def tool(name: str, **arguments: Any) -> dict[str, Any]:
    return {"name": name, "arguments": arguments}


async def test_an_answer_by_a_rule_says_by_which(server: ServerProcess, page: Page) -> None:
    session_id = server.open_session("By a rule", model="write-and-run")
    start(server, session_id)
    await visit(page, server, session_id)
    await page.shows("Write file")
    rules = [{"decision": "always", "group": "edit"}, {"decision": "never", "command": "python3"}]
    change = {"config": {"approvals": rules}}
    assert server.curl("PUT", f"/api/v1/sessions/{session_id}", change).status == 200
    await page.shows("Approved by a rule: always allow change files")
    assert page.complaints == []


async def test_an_answer_of_a_person_says_who_only_if_there_is_more_to_say(
    server: ServerProcess, page: Page
) -> None:
    session_id = server.open_session("By a person", model="write-and-run")
    start(server, session_id)
    await visit(page, server, session_id)
    await page.press("Write file")
    await page.press("Run command, and always allow “python3 -B primes.py” in this session")
    await page.press("Approve edit")
    await page.shows("Task completed")
    told = await page.until(f"{VERDICTS}.length && {VERDICTS}")
    assert told == ["Approved by admin@localhost, for this session"]


@pytest.mark.parametrize("decision", ["approve", "reject"])
async def test_a_model_that_decided_is_named_with_its_reason(
    server: ServerProcess, page: Page, mock_models: MockModels, decision: str
) -> None:
    says(
        mock_models,
        tool("execute_command", command="touch one"),
        tool("decide", decision=decision, reason="It touches nothing else."),
        tool("attempt_completion", result="All is done."),
    )
    policy = {"command": {"after": 0, "then": "review"}}
    session_id = server.open_session("By a model", **MODEL, unattendedPolicy=policy)
    start(server, session_id)
    await visit(page, server, session_id)
    await page.shows("Task completed")
    verb = {"approve": "approved", "reject": "rejected"}[decision]
    [verdict] = await page.until(f"{VERDICTS}.length && {VERDICTS}")
    assert verdict.startswith("The reviewing model ") and "claude-haiku-4-5" in verdict
    assert verdict.endswith(f" {verb} this: It touches nothing else.")
    assert await page.obstacles_at((1280, 800), (390, 844)) == {}
    assert page.complaints == []


async def test_what_nobody_answered_says_so(server: ServerProcess, page: Page) -> None:
    policy = {"edit": {"after": 0, "then": "allow"}, "command": {"after": 0, "then": "refuse"}}
    session_id = server.open_session("By nobody", model="write-and-run", unattendedPolicy=policy)
    start(server, session_id)
    await visit(page, server, session_id)
    await page.until(seen("Approved: This session is unattended, and its policy allows this.", -200))
    await page.until(seen("Rejected: This session is unattended, and its rules do not allow this.", 200))


def seen(text: str, pixels: int) -> str:
    """Whether a text is in the conversation, which is moved on: what is far from its view is not there."""
    moved = f"document.querySelector('.story').scrollBy(0, {pixels})"
    return f"({moved}, document.body.innerText.includes({json.dumps(text)}))"


async def test_what_happens_when_nobody_answers_is_said_while_it_waits(
    server: ServerProcess, page: Page
) -> None:
    policy = {"edit": {"after": 3600, "then": "refuse"}}
    session_id = server.open_session("In an hour", model="write-and-run", unattendedPolicy=policy)
    start(server, session_id)
    await visit(page, server, session_id)
    await page.shows("Write file")
    await page.until("/If nobody has answered by .+, it is refused\\./.test(document.body.innerText)")


async def test_what_happens_when_nobody_answers_is_chosen_in_words(server: ServerProcess, page: Page) -> None:
    session_id = server.open_session("Night", model="write-and-run")
    await visit(page, server, session_id, "settings")
    await page.shows("What is not listed here waits for a person.")
    await page.choose("This happens", "review")
    await page.fill("After how many minutes", "5")
    await page.type("What the model is to decide by", "Nothing that leaves the workspace.")
    await page.press("Add it")
    await page.shows("Running a command: after 5 minutes a model decides")
    await page.shows("“Nothing that leaves the workspace.”")
    await page.shows("Saved.")
    await page.focuses("Change it")  # the form stays as it is
    await page.choose("If nobody answers", "question")
    await page.until("document.activeElement.name === 'kind'")
    await page.until("document.querySelector('[name$=\"question.answer\"]')")
    await page.type("The answer", "Whichever is simpler.")
    await page.press("Add it")
    await page.shows("A question of the agent: after 10 minutes it gets this answer")
    policy = await asyncio.to_thread(policy_of, server, session_id)
    assert policy["question"] == {"after": 600, "then": "answer", "answer": "Whichever is simpler."}
    assert (policy["command"]["after"], policy["command"]["then"]) == (300, "review")
    assert policy["command"]["review"]["instructions"] == "Nothing that leaves the workspace."
    assert await page.obstacles_at((1280, 800), (640, 400)) == {}
    await page.look()
    await page.press("Remove: Running a command")
    await page.until("!document.querySelector('[aria-label=\"Remove: Running a command\"]')")
    await page.focuses("When nobody answers")
    assert set(policy_of(server, session_id)) == {"question"}
    assert page.complaints == []


async def test_changing_one_keeps_what_the_form_does_not_show(server: ServerProcess, page: Page) -> None:
    review = {"within": 30, "otherwise": "fail", "instructions": "Be strict."}
    policy = {"command": {"after": 90, "then": "review", "review": review}}
    session_id = server.open_session("Kept", model="write-and-run", unattendedPolicy=policy)
    await visit(page, server, session_id, "settings")
    await page.shows("Running a command: after 90 s a model decides")
    await page.press("Change: Running a command")
    await page.fill("What the model is to decide by", "Be kind.")
    await page.press("Change it")
    await page.shows("“Be kind.”")
    changed = policy_of(server, session_id)["command"]
    assert changed == {"after": 90, "then": "review", "review": {**review, "instructions": "Be kind."}}
    assert page.complaints == []


async def test_what_the_server_refuses_is_said_beside_its_field(server: ServerProcess, page: Page) -> None:
    session_id = server.open_session("Too long", model="write-and-run")
    await visit(page, server, session_id, "settings")
    await page.shows("When nobody answers")
    await page.evaluate("document.querySelector('[name$=\".after\"]').form.noValidate = true")
    await page.fill("After how many minutes", "99999999")
    await page.press("Add it")
    await page.until("document.activeElement.name?.endsWith('.after') && document.querySelector('.mistake')")
    assert policy_of(server, session_id) == {}


async def test_who_may_only_look_sees_what_happens_and_changes_nothing(
    server: ServerProcess, page: Page
) -> None:
    policy = {"edit": {"after": 0, "then": "allow"}}
    session_id = server.open_session("Looked at", model="write-and-run", unattendedPolicy=policy)
    key = server.curl("POST", "/api/v1/keys", {"name": "reads", "scopes": ["read"]}).body["secret"]
    await page.open(f"{server.url}/?session={session_id}&panel=settings#token={key}")
    await page.shows("Changing files: it is allowed, and nobody is asked")
    assert await page.evaluate("document.querySelector('[aria-label^=\"Remove: \"]')") is None
    assert await page.evaluate("document.querySelector('[name$=\".after\"]')") is None
