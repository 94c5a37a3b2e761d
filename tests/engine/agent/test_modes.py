"""Modes: which tools a model has, which files it may edit, and switching between them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from roocode_server.engine.agent.modes import BUILT_IN, ModeBook
from roocode_server.engine.providers.provider import ModelRequest
from roocode_server.engine.workspace.file_access import TIMESTAMP_LAG_NS
from roocode_server.engine.workspace.file_cache import FileCache
from roocode_server.engine.workspace.workspace import Workspace
from roocode_server.models.error import InvalidField
from roocode_server.models.task import TaskStatus
from tests.engine.agent.conftest import Agent, call, done

ROOMODES = """
customModes:
  - slug: docs
    name: Documentation
    roleDefinition: You write documents.
    groups:
      - read
      - [edit, {fileRegex: '^docs/.*[.]md$', description: documents}]
"""


def offered(request: ModelRequest) -> set[str]:
    return {tool.name for tool in request.tools}


@pytest.mark.parametrize(
    ("mode", "has", "lacks"),
    [
        ("code", {"write_to_file", "execute_command"}, set()),
        ("architect", {"write_to_file", "read_file"}, {"execute_command"}),
        ("ask", {"read_file"}, {"write_to_file", "execute_command"}),
        ("orchestrator", {"attempt_completion"}, {"read_file", "write_to_file", "execute_command"}),
    ],
)
async def test_a_mode_has_the_tools_of_its_groups(
    agent: Agent, mode: str, has: set[str], lacks: set[str]
) -> None:
    await agent.run([done()], mode=mode)
    names = offered(agent.model.requests[0])
    assert has <= names
    assert not lacks & names


async def test_a_tool_that_the_mode_lacks_is_refused_even_if_the_model_calls_it(agent: Agent) -> None:
    task = await agent.run([call("execute_command", command="touch made")], [done()], mode="ask")
    answer = agent.model.requests[1].turns[-1]
    assert "not available in Ask mode" in answer.text
    assert not task.result or not task.result.files_created


async def test_architect_edits_markdown_only(agent: Agent) -> None:
    task = await agent.run(
        [
            call("write_to_file", path="plan.md", content="plan"),
            call("write_to_file", path="code.py", content="x = 1"),
        ],
        [done()],
        mode="architect",
    )
    assert task.result is not None
    assert task.result.files_created == ["/plan.md"]
    assert "only Markdown files may be edited" in agent.model.requests[1].turns[-1].text


async def test_a_custom_mode_comes_from_the_workspace(agent: Agent) -> None:
    agent.write(".roomodes", ROOMODES)
    task = await agent.run(
        [
            call("write_to_file", path="docs/a.md", content="a"),
            call("write_to_file", path="README.md", content="b"),
        ],
        [done()],
        mode="docs",
    )
    assert task.result is not None
    assert task.result.files_created == ["/docs/a.md"]
    assert agent.model.requests[0].system.startswith("You write documents.")


async def test_switching_takes_effect_with_the_next_request(agent: Agent) -> None:
    switch = call("switch_mode", mode_slug="ask", reason="only a question")
    task = await agent.run([switch], [done()])
    assert task.mode == "ask"
    assert "write_to_file" not in offered(agent.model.requests[1])
    [told] = await agent.events("mode.switched")
    assert (told["mode"], told["reason"]) == ("ask", "only a question")


async def test_a_mode_that_there_is_not_is_no_mode_to_begin_in(agent: Agent) -> None:
    with pytest.raises(InvalidField) as refused:
        await agent.start(mode="none")
    assert "architect" in refused.value.details["known"]


async def test_a_mode_that_vanishes_ends_the_task_with_its_reason(agent: Agent) -> None:
    agent.write(".roomodes", ROOMODES)

    def vanish(_: ModelRequest) -> list[object]:
        agent.write(".roomodes", "customModes: [{slug: docs}]")
        return [call("list_files", path=".")]

    task = await agent.run(vanish, mode="docs")  # type: ignore[arg-type]
    assert task.status is TaskStatus.FAILED
    assert task.error is not None
    assert task.error.code == "MODE_UNKNOWN"


@pytest.mark.parametrize(
    "content",
    [
        "customModes: 3",
        "[",
        "customModes: [{slug: 'a b', name: n, roleDefinition: r, groups: []}]",
        "customModes: [{slug: a, name: n, roleDefinition: r, groups: [read, read]}]",
        "customModes: [{slug: a, name: n, roleDefinition: r, groups: [power]}]",
        "customModes: [{slug: a, name: n, roleDefinition: r, groups: [[edit, {fileRegex: '('}]]}]",
        "customModes: [{slug: a, name: n, roleDefinition: r}, {slug: a, name: n, roleDefinition: r}]",
        "customModes: [1]",
        "customModes: [{slug: a, name: n, roleDefinition: r, groups: [3]}]",
        "customModes: [" + "{slug: a, name: n, roleDefinition: r}, " * 3000 + "]",
        "[" * 100_000,
        " " * 200_001,
    ],
)
async def test_modes_that_cannot_be_used_are_left_out_and_said_to_be_so(tmp_path: Path, content: str) -> None:
    workspace = Workspace(tmp_path / "session-1", max_file_bytes=1_000_000)
    await workspace.make()
    (workspace.folder / ".roomodes").write_text(content)
    modes = await ModeBook([]).of(workspace)
    assert modes.problem is not None
    assert set(modes.by_slug) == {mode.slug for mode in BUILT_IN}


async def test_an_expression_that_runs_away_matches_nothing(agent: Agent) -> None:
    agent.write(
        ".roomodes",
        "customModes: [{slug: slow, name: n, roleDefinition: r, groups: [[edit, {fileRegex: '^(a|aa)+$'}]]}]",
    )
    await agent.run([call("write_to_file", path="a" * 200 + "b", content="x")], [done()], mode="slow")
    assert "may be edited" in agent.model.requests[1].turns[-1].text


async def test_an_expression_has_one_time_for_all_files_of_a_call(agent: Agent) -> None:
    agent.write(
        ".roomodes",
        "customModes: [{slug: slow, name: n, roleDefinition: r, groups: [[edit, {fileRegex: '^(a|aa)+$'}]]}]",
    )
    block = "<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE"
    files = [{"path": f"{'a' * 100}{number}", "diff": block} for number in range(20)]
    await agent.run([call("apply_diff", files=files)], [done()], mode="slow")
    assert "matching takes too long" in agent.model.requests[1].turns[-1].text


async def test_instructions_of_the_workspace_reach_the_model(
    make_agent: Callable[..., Awaitable[Agent]],
) -> None:
    agent = await make_agent({"custom_instructions": "Be brief."}, {"customInstructions": "Use tabs."})
    agent.write("AGENTS.md", "Run make test.")
    agent.write(".roo/rules/style.md", "No abbreviations.")
    agent.write(".roo/rules-code/more.md", "Types everywhere.")
    agent.write(".roo/rules-ask/other.md", "Not for this mode.")
    await agent.run([done()])
    system = agent.model.requests[0].system
    for text in ("Be brief.", "Use tabs.", "Run make test.", "No abbreviations.", "Types everywhere."):
        assert text in system
    assert "Not for this mode." not in system


async def test_the_model_is_told_of_a_sessions_servers_in_a_mode_that_may_use_them(
    make_agent: Callable[..., Awaitable[Agent]],
) -> None:
    servers = {"small": {"command": "python3", "args": ["-c", ""], "disabled": False}}
    agent = await make_agent(config={"mcpServers": servers})
    await agent.run([done()])
    assert "## small" in agent.model.requests[-1].system
    await agent.run([done()], mode="orchestrator")
    assert "## small" not in agent.model.requests[-1].system


async def test_what_the_workspace_tells_the_agent_is_heeded_at_the_next_request_whoever_changes_it(
    make_agent: Callable[..., Awaitable[Agent]],
) -> None:
    rules = {"autoApprovalEnabled": True, "alwaysAllowWrite": True, "alwaysAllowWriteProtected": True}
    rules |= {"alwaysAllowExecute": True, "allowedCommands": ["*"]}
    agent = await make_agent(config={"autoApproval": rules})
    agent.write("AGENTS.md", "Rule 0.")
    agent.write(".roomodes", ROOMODES)
    await agent.run(
        [call("write_to_file", path="AGENTS.md", content="Rule 1.")],
        [call("execute_command", command="printf 'Rule 2.' > AGENTS.md")],
        [call("execute_command", command="mkdir -p .roo/rules; echo 'Rule 3.' > .roo/rules/a.md")],
        [call("execute_command", command="rm .roomodes AGENTS.md")],
        [done()],
    )
    systems = [request.system for request in agent.model.requests]
    assert [[word for word in "0123" if f"Rule {word}." in system] for system in systems] == [
        ["0"],
        ["1"],
        ["2"],
        ["2", "3"],
        ["3"],
    ]
    assert ["docs (Documentation)" in system for system in systems] == [True, True, True, True, False]


async def test_files_that_have_not_changed_are_not_read_again_at_each_request(
    agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def content(self: FileCache, path: str, facts: os.stat_result, read_it: Callable[[], bytes]) -> bytes:
        def noted() -> bytes:
            read.append(path)
            return read_it()

        return whole(self, path, facts, noted)

    whole = FileCache.content
    monkeypatch.setattr(FileCache, "content", content)
    files = {".roomodes": ROOMODES, "AGENTS.md": "a", ".rooignore": "secret", ".roo/rules/a.md": "b"}
    files[".roo/mcp.json"] = '{"mcpServers": {}}'
    for path, text in files.items():
        agent.write(path, text)
    await asyncio.sleep(2 * TIMESTAMP_LAG_NS / 1e9)
    held = agent.engine.sessions.workspace(agent.session_id)  # what is kept is kept as long as that
    await agent.run(*([call("list_files", path=path)] for path in (".", ".roo", ".", ".roo")), [done()])
    assert len(agent.model.requests) == 5
    assert sorted(read) == sorted(files)
    assert await held.read_cached("AGENTS.md") == b"a"
