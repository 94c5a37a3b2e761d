"""What the agent may do without asking: rules, protected files, automatic approval; each case with its
verdict.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from roocode_server.engine.agent.policy import ApprovalPolicy
from roocode_server.engine.tools.codebase_search import CodebaseSearch
from roocode_server.engine.tools.reach import reach
from roocode_server.engine.tools.registry import DEFAULT_TOOLS, ToolRegistry
from roocode_server.engine.workspace.workspace import Workspace
from roocode_server.models.approval import ApprovalRule
from roocode_server.models.auto_approval import AutoApproval
from roocode_server.models.session import ResourceLimits, SessionConfig
from roocode_server.models.settings import ApprovalSettings

TOOLS = ToolRegistry([*DEFAULT_TOOLS, CodebaseSearch(None)])  # type: ignore[arg-type]
DIFF = "<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace with links to files that rules name."""
    folder = tmp_path / "workspace"
    for path in ("secret/a", "src/deep/a.py", "src/a.py", ".roo/rules/r.md", "plain.txt", ".env"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("x\n")
    (folder / "to-secret").symlink_to("secret")
    (folder / "to-env").symlink_to(".env")
    (folder / "to-nothing").symlink_to("AGENTS.md")
    return Workspace(folder, max_file_bytes=1000)


async def verdict(
    workspace: Workspace,
    tool: str,
    arguments: dict[str, Any],
    *,
    rules: list[dict[str, Any]] | None = None,
    auto: dict[str, Any] | None = None,
    defaults: dict[str, Any] | None = None,
) -> str:
    """Return the policy's verdict on a call in a session with these rules and settings."""
    config = SessionConfig(
        provider="p",
        model="m",
        mode="code",
        allowed_commands=["*"],
        resource_limits=ResourceLimits(),
        approvals=[ApprovalRule.load(rule) for rule in rules or []],
        auto_approval=AutoApproval.load({"autoApprovalEnabled": bool(auto), **(auto or {})}),
    )
    call = TOOLS.prepare(tool, arguments)
    policy = ApprovalPolicy(ApprovalSettings.load_plain(defaults or {}))
    return policy.decide(config, call, await reach(workspace, call)).value


def write(path: str) -> tuple[str, dict[str, Any]]:
    return "write_to_file", {"path": path, "content": "x\n"}


def read(path: str) -> tuple[str, dict[str, Any]]:
    return "read_file", {"path": path}


def run(command: str, **more: Any) -> tuple[str, dict[str, Any]]:
    return "execute_command", {"command": command, **more}


NEVER_SECRET = {"decision": "never", "path": "secret/**"}


@pytest.mark.parametrize(
    ("rule", "call", "expected"),
    [
        ({"decision": "never", "path": "**/.env"}, read(".env"), "never"),
        ({"decision": "never", "path": "**/.env"}, write("a/b/.env"), "never"),
        ({"decision": "never", "path": ".env"}, read("deep/down/.env"), "never"),
        ({"decision": "never", "path": "/.env"}, read("deep/.env"), "always"),
        ({"decision": "never", "path": "**/.env"}, read("to-env"), "never"),
        ({"decision": "never", "path": "**/.env"}, run("cat .env"), "never"),
        ({"decision": "never", "path": "**/.env"}, run("cat < .env"), "never"),
        ({"decision": "never", "path": "**/.env"}, run("echo x > .env"), "never"),
        ({"decision": "never", "path": "**/.env"}, run("cp --target=.env a"), "never"),
        ({"decision": "never", "path": "**/secrets/**"}, read("secrets/a"), "never"),
        ({"decision": "never", "path": "**/secrets/**"}, read("x/secrets/y/a"), "never"),
        ({"decision": "never", "path": "secrets/"}, read("x/secrets/a"), "never"),
        ({"decision": "always", "path": "src/*.py"}, write("src/a.py"), "always"),
        ({"decision": "always", "path": "src/*.py"}, write("src/deep/a.py"), "ask"),
        ({"decision": "always", "path": "src/**"}, write("src/deep/a.py"), "always"),
        ({"decision": "always", "path": "src/**"}, write("src/../plain.txt"), "ask"),
        ({"decision": "always", "path": "src"}, write("src/deep/a.py"), "always"),
        ({"decision": "always", "path": "src/**"}, run("rm -rf /", cwd="src"), "ask"),
        (NEVER_SECRET, ("search_files", {"path": "secret", "regex": "."}), "never"),
        (NEVER_SECRET, ("search_files", {"path": "to-secret", "regex": "."}), "never"),
        (NEVER_SECRET, ("search_files", {"path": ".", "regex": "."}), "always"),
        (NEVER_SECRET, ("list_files", {"path": "secret"}), "never"),
        (NEVER_SECRET, ("list_files", {"path": "to-secret/"}), "never"),
        (NEVER_SECRET, ("list_code_definition_names", {"path": "secret"}), "never"),
        (NEVER_SECRET, ("codebase_search", {"path": "secret", "query": "q"}), "never"),
        (NEVER_SECRET, ("codebase_search", {"query": "q"}), "always"),
        (NEVER_SECRET, ("read_file", {"path": "plain.txt", "files": [{"path": "secret/a"}]}), "never"),
        (
            NEVER_SECRET,
            ("apply_diff", {"files": [{"path": "a", "diff": DIFF}, {"path": "to-secret/a", "diff": DIFF}]}),
            "never",
        ),
        (NEVER_SECRET, run("grep -r x secret"), "never"),
        (NEVER_SECRET, run("cat secret/*"), "never"),
        (NEVER_SECRET, run("mv plain.txt secret/b"), "never"),
        (NEVER_SECRET, run("cp secret/a ."), "never"),
        (NEVER_SECRET, run("cat to-secret/a"), "never"),
        (NEVER_SECRET, run("cd secret && cat a"), "never"),
        (NEVER_SECRET, run("cat a", cwd="secret"), "never"),
        (NEVER_SECRET, run("sh -c 'echo x > secret/a'"), "never"),
        (NEVER_SECRET, run("echo secret-santa"), "ask"),
        ({"decision": "never", "path": "[a"}, read("plain.txt"), "never"),
        ({"decision": "always", "path": "[a"}, write("plain.txt"), "ask"),
    ],
)
async def test_a_rule_for_paths_means_what_it_means_in_gitignore_and_judges_the_files_reached(
    workspace: Workspace, rule: dict[str, Any], call: tuple[str, dict[str, Any]], expected: str
) -> None:
    assert await verdict(workspace, *call, rules=[rule]) == expected


ALWAYS_EDIT = {"decision": "always", "group": "edit"}
ALL_WRITES = {"alwaysAllowWrite": True, "alwaysAllowExecute": True, "allowedCommands": ["*"]}
PROTECTED_ONLY = {"alwaysAllowWriteProtected": True}
PROTECTED = [
    ".roomodes",
    "AGENTS.md",
    "sub/AGENTS.md",
    ".roo/mcp.json",
    "deep/.roo/rules/x.md",
    ".rooignore",
    ".roorules-code",
    ".vscode/settings.json",
    "to-nothing",
    ".roo/../.roo/x",
]


@pytest.mark.parametrize("path", PROTECTED)
async def test_only_what_speaks_of_protected_files_lets_one_be_written_unasked(
    workspace: Workspace, path: str
) -> None:
    everything: dict[str, Any] = {"defaults": {"edit": "always", "command": "always"}}
    assert await verdict(workspace, *write(path), rules=[ALWAYS_EDIT]) == "ask"
    assert await verdict(workspace, *write(path), rules=[{"decision": "always"}]) == "ask"
    assert await verdict(workspace, *write(path), rules=[{"decision": "always", "path": "**"}]) == "ask"
    assert await verdict(workspace, *write(path), auto=ALL_WRITES) == "ask"
    assert await verdict(workspace, *write(path), **everything) == "ask"
    assert await verdict(workspace, *write(path), auto={**ALL_WRITES, **PROTECTED_ONLY}) == "always"
    assert await verdict(workspace, *write("plain.txt"), rules=[ALWAYS_EDIT]) == "always"


async def test_the_setting_for_protected_files_allows_no_more_than_for_plain_ones(
    workspace: Workspace,
) -> None:
    assert await verdict(workspace, *write(".roomodes"), auto=PROTECTED_ONLY) == "ask"
    assert await verdict(workspace, *write("AGENTS.md"), auto=PROTECTED_ONLY) == "ask"
    assert await verdict(workspace, *write("plain.txt"), auto=PROTECTED_ONLY) == "ask"


async def test_a_rule_whose_path_is_that_of_a_protected_file_covers_it(workspace: Workspace) -> None:
    rules = [{"decision": "always", "path": "AGENTS.md"}, ALWAYS_EDIT]
    assert await verdict(workspace, *write("AGENTS.md"), rules=rules) == "always"
    assert await verdict(workspace, *write(".roomodes"), rules=rules) == "ask"
    assert await verdict(workspace, *read(".roomodes"), rules=rules) == "always"


@pytest.mark.parametrize(
    "line",
    [
        "echo evil > AGENTS.md",
        "echo evil >> AGENTS.md",
        "echo evil >| AGENTS.md",
        "echo evil &> AGENTS.md",
        "echo evil &>> AGENTS.md",
        "echo evil >& AGENTS.md",
        "echo evil 2> AGENTS.md",
        "echo evil 3<> AGENTS.md",
        "> AGENTS.md echo evil",
        "> AGENTS.md",
        "{ echo evil; } > AGENTS.md",
        "(echo evil) > ./sub/../AGENTS.md",
        'echo evil > "AGENTS.md"',
        "echo evil > AGENTS'.md'",
        "cat > AGENTS.md <<EOF\nevil\nEOF\n",
        "cat <<'EOF' > AGENTS.md\nevil\nEOF\n",
        "cat <<EOF | tee AGENTS.md\nevil\nEOF\n",
        "cat <<< evil > AGENTS.md",
        "echo evil > >(tee AGENTS.md)",
        "echo evil | tee -a AGENTS.md",
        "echo evil | sudo tee AGENTS.md",
        "cp evil AGENTS.md",
        "mv AGENTS.md x",
        "dd if=evil of=AGENTS.md",
        "sed -i s/a/b/ AGENTS.md",
        "sh -c 'echo evil > AGENTS.md'",
        "eval 'echo evil > AGENTS.md'",
        "cd .roo && echo evil > mcp.json",
        "echo evil > to-nothing",
        "F=AGENTS.md; echo evil > $F",
        "echo evil > AGENTS.*",
        "echo evil > /proc/self/cwd/AGENTS.md",
        "echo evil > $(echo AGENTS.md)",
        "if true; then echo evil > AGENTS.md; fi",
        "echo $(echo evil > AGENTS.md)",
        "echo " + "x" * 9000 + " > AGENTS.md",
    ],
)
@pytest.mark.parametrize(
    "session",
    [
        {"auto": ALL_WRITES},
        {"rules": [{"decision": "always", "group": "command"}, ALWAYS_EDIT]},
        {"rules": [{"decision": "always", "command": "*"}]},
        {"defaults": {"command": "always", "edit": "always"}},
    ],
)
async def test_a_command_that_may_write_a_protected_file_is_asked_about(
    workspace: Workspace, session: dict[str, Any], line: str
) -> None:
    assert await verdict(workspace, *run(line), **session) == "ask"


ECHO = {"alwaysAllowExecute": True, "allowedCommands": ["echo"]}


@pytest.mark.parametrize(
    ("line", "auto", "expected"),
    [
        ("echo hi", ECHO, "always"),
        ("echo hi > plain.txt", ECHO, "ask"),
        ("echo hi > plain.txt", {**ECHO, "alwaysAllowWrite": True}, "always"),
        ("echo hi > AGENTS.md", {**ECHO, "alwaysAllowWrite": True}, "ask"),
        (
            "echo hi > AGENTS.md",
            {**ECHO, "alwaysAllowWrite": True, "alwaysAllowWriteProtected": True},
            "always",
        ),
        ("echo hi > /dev/null 2>&1", ECHO, "always"),
        ("echo hi 2>/dev/null >&2", ECHO, "always"),
        ("echo hi > /tmp/out", ECHO, "always"),
        ("echo AGENTS.md", ECHO, "always"),
        ("cat AGENTS.md", {**ECHO, "allowedCommands": ["cat"]}, "always"),
    ],
)
async def test_a_redirection_is_a_write(
    workspace: Workspace, line: str, auto: dict[str, Any], expected: str
) -> None:
    assert await verdict(workspace, *run(line), auto=auto) == expected


@pytest.mark.parametrize(
    ("auto", "expected"),
    [
        ({"alwaysAllowReadOnly": False}, "ask"),
        ({"alwaysAllowReadOnly": True}, "always"),
        ({"alwaysAllowWrite": True}, "always"),
    ],
)
async def test_reading_is_asked_about_where_the_session_says_so(
    workspace: Workspace, auto: dict[str, Any], expected: str
) -> None:
    assert await verdict(workspace, *read("plain.txt"), auto=auto) == expected


async def test_each_file_of_a_call_is_judged_and_the_strictest_verdict_holds(workspace: Workspace) -> None:
    rules = [{"decision": "always", "path": "src/**"}, {"decision": "always", "path": "docs/**"}]
    both = {"files": [{"path": "src/a", "diff": DIFF}, {"path": "docs/a", "diff": DIFF}]}
    more = {"files": [*both["files"], {"path": "plain.txt", "diff": DIFF}]}
    assert await verdict(workspace, "apply_diff", both, rules=rules) == "always"
    assert await verdict(workspace, "apply_diff", more, rules=rules) == "ask"
