"""What the agent may do by itself. Source: docs/approvals.md; S2's settings for automatic approval."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from engine.runtimes.command_line import allowed, matches
from engine.tools.catalogue import PreparedCall
from models.approval import ApprovalRule, Decision
from models.auto_approval import AutoApproval
from models.session import SessionConfig
from models.settings import ApprovalSettings
from models.tool import ToolGroup

PROTECTED: Final = (
    ".roo/*",
    ".roomodes",
    ".rooignore",
    ".roorules*",
    "AGENTS.md",
    ".vscode/*",
)
"""Files that steer agents and editors: changing them takes an approval of its own."""

SUBTASKS: Final = "new_task"


@dataclass(frozen=True, slots=True)
class ApprovalPolicy:
    """Decides on tool calls, in this order: the last rule of the session that fits the call; what the
    configuration names as allowed; protected files; the session's automatic approval; the server's default
    for the tool's group.
    """

    defaults: ApprovalSettings

    def decide(self, config: SessionConfig, call: PreparedCall, paths: list[str]) -> Decision:
        """`paths` are the call's workspace paths, absolute within the workspace."""
        if call.tool.group is ToolGroup.ALWAYS:
            return Decision.ALWAYS
        fitting = [rule for rule in config.approvals if _fits(rule, call, paths)]
        if fitting:
            return fitting[-1].decision
        if call.is_allowed(config):
            return Decision.ALWAYS
        if call.tool.group is ToolGroup.EDIT and _is_protected(paths):
            auto = config.auto_approval
            is_allowed = auto.auto_approval_enabled and auto.always_allow_write_protected
            return Decision.ALWAYS if is_allowed else Decision.ASK
        if config.auto_approval.auto_approval_enabled and _is_automatic(config.auto_approval, call):
            return Decision.ALWAYS
        return self._default(config.auto_approval, call)

    def _default(self, auto: AutoApproval, call: PreparedCall) -> Decision:
        if auto.auto_approval_enabled and call.tool.group is not ToolGroup.READ:
            return Decision.ASK
        standing = {
            ToolGroup.READ: self.defaults.read,
            ToolGroup.EDIT: self.defaults.edit,
            ToolGroup.COMMAND: self.defaults.command,
            ToolGroup.BROWSER: self.defaults.browser,
            ToolGroup.MCP: self.defaults.mcp,
            ToolGroup.MODES: self.defaults.modes,
        }
        return standing[call.tool.group]


def _is_automatic(auto: AutoApproval, call: PreparedCall) -> bool:
    match call.tool.group:
        case ToolGroup.READ:
            return auto.always_allow_read_only
        case ToolGroup.EDIT:
            return auto.always_allow_write
        case ToolGroup.COMMAND:
            return auto.always_allow_execute and _may_run(auto, call.command() or "")
        case ToolGroup.BROWSER:
            return auto.always_allow_browser
        case ToolGroup.MCP:
            return auto.always_allow_mcp
        case ToolGroup.MODES:
            is_subtask = call.tool.name == SUBTASKS
            return auto.always_allow_subtasks if is_subtask else auto.always_allow_mode_switch
        case _:
            return False


def _may_run(auto: AutoApproval, line: str) -> bool:
    """Whether each command of the line begins with an allowed prefix longer than any that denies the line."""
    denying = [len(prefix) for prefix in auto.denied_commands if matches(line, prefix, any_of=True)]
    longest = max(denying, default=0)
    return allowed(line, [prefix for prefix in auto.allowed_commands if len(prefix) > longest]) is None


def _is_protected(paths: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(path.lstrip("/"), pattern) for path in paths for pattern in PROTECTED)


def _fits(rule: ApprovalRule, call: PreparedCall, paths: list[str]) -> bool:
    """A rule that allows must fit all that a call touches; one that restricts, any of it."""
    every = all if rule.decision is Decision.ALWAYS else any
    if rule.tool is not None and rule.tool != call.tool.name:
        return False
    if rule.group is not None and rule.group != call.tool.group:
        return False
    if rule.path is not None and not (paths and every(_matches_path(rule.path, path) for path in paths)):
        return False
    if rule.command is None:
        return True
    line = call.command()
    return line is not None and matches(line, rule.command, any_of=rule.decision is not Decision.ALWAYS)


def _matches_path(pattern: str, path: str) -> bool:
    return fnmatch.fnmatchcase(path.lstrip("/"), pattern.lstrip("/"))
