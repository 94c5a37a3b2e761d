"""What the agent may do by itself: the session's rules, then the defaults. Source: docs/approvals.md."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass

from engine.runtimes.command_line import matches
from engine.tools.catalogue import PreparedCall
from models.approval import ApprovalRule, Decision
from models.session import SessionConfig
from models.settings import ApprovalSettings
from models.tool import ToolGroup


@dataclass(frozen=True, slots=True)
class ApprovalPolicy:
    """Decides on tool calls. The last rule of the session that fits a call decides; else its group does."""

    defaults: ApprovalSettings

    def decide(self, config: SessionConfig, call: PreparedCall, paths: list[str]) -> Decision:
        """`paths` are the call's workspace paths, absolute within the workspace."""
        if call.tool.group is ToolGroup.ALWAYS:
            return Decision.ALWAYS
        fitting = [rule for rule in config.approvals if _fits(rule, call, paths)]
        return fitting[-1].decision if fitting else self._default(call.tool.group)

    def _default(self, group: ToolGroup) -> Decision:
        standing = {
            ToolGroup.READ: self.defaults.read,
            ToolGroup.EDIT: self.defaults.edit,
            ToolGroup.COMMAND: self.defaults.command,
        }
        return standing.get(group, Decision.ASK)


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
    line = call.tool.command(call.parameters)
    return line is not None and matches(line, rule.command, any_of=rule.decision is not Decision.ALWAYS)


def _matches_path(pattern: str, path: str) -> bool:
    return fnmatch.fnmatchcase(path.lstrip("/"), pattern.lstrip("/"))
