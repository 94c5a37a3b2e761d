"""The tables of docs/ match the code: operations, codes, tools, roles, protected files, layers."""

from __future__ import annotations

import ast
import functools
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.__main__ import PROGRAMS
from roocode_server.engine.agent.policy import PROTECTED
from roocode_server.engine.engine import open_engine, own_providers
from roocode_server.handlers.operation import OF_IDEMPOTENCY_KEYS, Operation, Registry
from roocode_server.models.auto_approval import AutoApproval
from roocode_server.models.error import AppError
from roocode_server.models.event import EVENTS, Event
from roocode_server.models.limit_settings import LimitSettings
from roocode_server.models.profile import PROVIDERS
from roocode_server.models.quota import Limit
from roocode_server.models.settings import ProviderSettings, Settings
from roocode_server.models.task import CallFailure
from roocode_server.models.user import Role
from tests.support.server import PROJECT

DOCUMENTS = {path.name: path.read_text() for path in sorted((PROJECT / "docs").glob("*.md"))}
OPERATION_ROW = re.compile(
    r"^\| `([a-z]+\.[A-Za-z_]+)`[^|`]*\| `((?:GET|POST|PUT|DELETE) [^`]+)`", re.MULTILINE
)
CODE = re.compile(r"`([A-Z]+_[A-Z_]+)`")
FAILURES = frozenset({"TaskFailure", "ProviderFailure", "TaskError"})
OF_THE_SYSTEM = re.compile(
    r"RLIMIT_|CAP_|XDG_|NO_COLOR|RESOLVE_|ROOCODE_|OTEL_|O_[A-Z]+$|.*_(API_KEY|BASE_URL|HOST|PROXY)$"
)
"""Names of the operating system and of environment variables, which look like codes."""


def rows() -> Iterator[tuple[str, str, str]]:
    for name, text in DOCUMENTS.items():
        for operation, binding in OPERATION_ROW.findall(text):
            yield name, operation, binding


def all_errors(above: type[AppError] = AppError) -> Iterator[type[AppError]]:
    for error in above.__subclasses__():
        yield error
        yield from all_errors(error)


def codes_in(folder: Path) -> set[str]:
    """Return all codes with which failures of tasks are created."""
    found: set[str] = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in FAILURES:
                given = [*node.args[:1], *(word.value for word in node.keywords if word.arg == "code")]
                found |= {each.value for each in given if isinstance(each, ast.Constant)}
    return found


def test_the_tables_of_operations_are_found() -> None:
    assert len(list(rows())) > 20


@pytest.mark.parametrize(("document", "name", "binding"), list(rows()))
def test_an_operation_in_a_table_is_declared_so(
    declarations: Registry, transfers: Registry, document: str, name: str, binding: str
) -> None:
    everything: dict[str, Operation] = {**dict(declarations), **dict(transfers)}
    declared = everything[name].rest
    assert declared is not None
    method, _, path = binding.partition(" ")
    assert declared.method == method
    assert declared.path.endswith(path.partition("?")[0].removeprefix("…"))


def test_every_rest_operation_is_named_in_some_document(declarations: Registry, transfers: Registry) -> None:
    everything = "".join(DOCUMENTS.values())
    mirrored = [each for each in (*declarations.values(), *transfers.values()) if each.rest]
    assert [each.name for each in mirrored if f"`{each.name}`" not in everything] == []


def test_the_table_of_accounts_has_every_operation_and_its_errors(declarations: Registry) -> None:
    text = DOCUMENTS["authentication.md"]
    for name, declared in declarations.items():
        if not name.startswith(("auth.", "identity.", "key.", "user.")):
            continue
        [row] = [line for line in text.splitlines() if line.startswith(f"| `{name}`")]
        told = set(re.findall(CODE, row.rpartition("|")[0].rpartition("|")[2]))
        elsewhere = {"VALIDATION_ERROR", "RESOURCE_NOT_FOUND"}
        if declared.needs_receipt:  # docs/errors.md, "Repeating calls"
            elsewhere |= {error.code for error in OF_IDEMPOTENCY_KEYS}
        raised = {error.code for error in declared.errors} - elsewhere
        assert told == raised, name


def test_every_role_has_a_row() -> None:
    section = DOCUMENTS["authentication.md"].partition("## Roles")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == [role.value for role in Role]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_code_that_is_named_exists(document: str) -> None:
    text = DOCUMENTS[document]
    named = {code for code in CODE.findall(text) if not OF_THE_SYSTEM.match(code)}
    named |= set(re.findall(r"(?:answered with|answers?) `([A-Z_]+)`", text))
    assert named <= codes()


@functools.cache
def codes() -> frozenset[str]:
    """All codes that the sources know."""
    found = {error.code for error in all_errors()} | codes_in(PROJECT / "engine")
    found |= set(re.findall(r'"([A-Z]+_[A-Z_]+)"', "".join(_sources())))
    of_agents = (PROJECT / "engine" / "agent" / "external" / "run.py").read_text()
    found |= {f"AGENT_{reason.upper()}" for reason in re.findall(r'"([a-z_]+)"', of_agents)}
    return frozenset(found | set(CallFailure))


def _sources() -> Iterator[str]:
    for package in ("models", "engine", "handlers", "server"):
        for path in (PROJECT / package).rglob("*.py"):
            yield path.read_text()


def test_every_code_by_which_a_task_fails_is_in_the_table_of_failures() -> None:
    table = DOCUMENTS["errors.md"].partition("## Why tasks fail")[2]
    assert codes_in(PROJECT / "engine") <= set(CODE.findall(table))


def test_every_failure_of_a_provider_is_in_the_table_of_models() -> None:
    table = DOCUMENTS["models.md"].partition("## Failures")[2].partition("\n## ")[0]
    named = set(re.findall(r"^\| `([A-Z_]+)`", table, re.MULTILINE))
    of_playbooks = set(CODE.findall(DOCUMENTS["playbooks.md"]))
    assert codes_in(PROJECT / "engine" / "providers") - of_playbooks <= named


async def test_the_table_of_tools_has_every_tool_of_the_server(tmp_path: Path) -> None:
    settings = Settings.load_plain({"server": {"data_dir": str(tmp_path)}, "runtime": {"kind": "local"}})
    engine = await open_engine(settings)
    try:
        tools = engine.tools.describe()
    finally:
        await engine.close()
    listed = re.findall(r"^\| \[`(\w+)`\]\(#\w+\) \| (\w+) \|", DOCUMENTS["tools.md"], re.MULTILINE)
    there = {(tool.name, tool.group.value) for tool in tools}
    assert there - set(listed) == set(), "docs/tools.md has no such row"
    assert set(listed) - there == set(), "docs/tools.md has rows of other tools"
    assert len(listed) == len(set(listed))


def test_every_provider_has_its_row_and_can_be_that_of_a_profile() -> None:
    providers = {each.name for each in own_providers(ProviderSettings())}
    table = DOCUMENTS["models.md"].partition("\n\n`auto` means")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == providers
    assert set(PROVIDERS) == providers


LIMIT_ROW = re.compile(r"^\| [^|]+ \| ([^|]+) \| `([a-z_.]+)` \| ([^|]+) \| [^|]+ \|$", re.MULTILINE)


def test_the_table_of_limits_has_every_limit_of_the_settings_with_its_default() -> None:
    rows = {setting: default for default, setting, _ in LIMIT_ROW.findall(DOCUMENTS["limits.md"])}
    defaults = Settings()
    for setting, told in rows.items():
        found: object = defaults
        for name in setting.split("."):
            found = getattr(found, name)
        assert told == str(found), setting
    assert {f"limits.{name}" for name in LimitSettings.schema().fields} <= rows.keys()
    assert {f"limits.{limit}" for limit in Limit} <= rows.keys()


def test_each_class_of_calls_is_asked_for_by_an_operation(declarations: Registry) -> None:
    asked = {declared.limit for declared in declarations.values()}
    elsewhere = {Limit.CONNECTIONS, Limit.MESSAGES, Limit.MESSAGE_TASKS}
    assert asked == {None, *Limit} - elsewhere


@pytest.mark.parametrize("pattern", PROTECTED)
def test_every_protected_file_is_named(pattern: str) -> None:
    assert f"`{pattern}`" in DOCUMENTS["approvals.md"] or f"`{pattern}/`" in DOCUMENTS["approvals.md"]


@pytest.mark.parametrize("setting", [field.data_key for field in AutoApproval.schema().fields.values()])
def test_every_setting_of_automatic_approval_is_described(setting: str) -> None:
    assert f"| `{setting}` |" in DOCUMENTS["approvals.md"]


def test_the_layers_are_those_that_the_import_linter_holds() -> None:
    contracts = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    [inside] = [each["layers"] for each in contracts if each["name"] == "Inside the engine"]
    assert " → ".join(f"`{layer}`" for layer in inside) in DOCUMENTS["architecture.md"]


@pytest.mark.parametrize(
    "happened", [each for each in EVENTS.values() if each.log], ids=lambda each: each.name
)
def test_every_event_with_a_line_in_the_log_is_told_of(happened: type[Event]) -> None:
    assert happened.log is not None
    [row] = [line for line in DOCUMENTS["operations.md"].splitlines() if f"| `{happened.name}` |" in line]
    assert f"| {happened.log.level} |" in row
    for field in happened.log.fields:
        assert f"`{field.replace('.', '_')}`" in row


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_benchmark_has_its_row(program: str) -> None:
    assert f"`{program}`" in DOCUMENTS["performance.md"]
