"""Path rules apply to all tools: forbidden files are neither shown nor touched, whatever path leads there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.engine.agent.conftest import Agent, call, done

Make = Callable[..., Awaitable[Agent]]
NEVER_SECRET = [{"decision": "never", "path": "secret/**"}]


async def with_secret(make_agent: Make, rules: list[dict[str, Any]]) -> Agent:
    agent = await make_agent(None, {"approvals": rules})
    agent.write("secret/a.py", "def hunter2(): ...\n")
    agent.write("src/b.py", "def plain(): ...\n")
    (agent.engine.sessions.workspace(agent.session_id).folder / "src" / "link.py").symlink_to(
        "../secret/a.py"
    )
    return agent


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("search_files", {"path": ".", "regex": "def"}),
        ("search_files", {"path": "secret", "regex": "def"}),
        ("list_files", {"path": ".", "recursive": True}),
        ("list_files", {"path": "secret"}),
        ("list_code_definition_names", {"path": "src"}),
        ("list_code_definition_names", {"path": "secret"}),
        ("codebase_search", {"query": "what is hunter2"}),
        ("read_file", {"path": "src/link.py"}),
        ("read_file", {"path": "src/b.py", "files": [{"path": "secret/a.py"}]}),
        ("execute_command", {"command": "cat secret/*"}),
    ],
)
@pytest.mark.parametrize("rules", [NEVER_SECRET, [{"decision": "ask", "path": "secret/**"}]])
async def test_nothing_of_what_a_rule_keeps_is_shown_to_the_model(
    make_agent: Make, tool: str, arguments: dict[str, Any], rules: list[dict[str, Any]]
) -> None:
    agent = await with_secret(make_agent, rules)
    task = await agent.start([call(tool, **arguments)], [done()])
    if rules[0]["decision"] == "ask":
        await agent.until(task, lambda now: now.activity == "interactive" or now.status == "completed")
        if await agent.engine.approvals.pending(task.id):
            await agent.answer(task, "reject")
    await agent.finish(task)
    told = agent.model.requests[-1].turns[-1].text
    assert "hunter2" not in told
    assert tool != "list_files" or "secret/a.py" not in told


async def test_what_a_person_was_asked_about_is_shown_once_approved(make_agent: Make) -> None:
    agent = await with_secret(make_agent, [{"decision": "ask", "path": "secret/**"}])
    task = await agent.start([call("search_files", path="secret", regex="def")], [done()])
    await agent.answer(task, "approve")
    await agent.finish(task)
    assert "hunter2" in agent.model.requests[-1].turns[-1].text
