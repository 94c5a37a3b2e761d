"""What the agent may do without asking. Source: docs/approvals.md; S2's settings for automatic approval."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from roocode_server.engine.shell_lines.allowlist import allowed
from roocode_server.engine.shell_lines.allowlist import matches as matches_command
from roocode_server.engine.tools.path_patterns import matches
from roocode_server.engine.tools.reach import Touched
from roocode_server.engine.tools.tool import PreparedCall
from roocode_server.models.approval import ApprovalRule, Decision
from roocode_server.models.auto_approval import AutoApproval
from roocode_server.models.session import SessionConfig
from roocode_server.models.settings import ApprovalSettings
from roocode_server.models.tool import ToolGroup

PROTECTED: Final = (
    ".roo",
    ".roomodes",
    ".rooignore",
    ".rooprotected",
    ".roorules*",
    ".clinerules*",
    "AGENTS.md",
    "AGENT.md",
    ".vscode",
    "*.code-workspace",
)
"""Files and folders that configure agents and editors, as gitignore patterns: changing them needs an approval
of its own. Source: S2's users.
"""

SUBTASKS: Final = "new_task"
_STRICTNESS: Final = (Decision.ALWAYS, Decision.ASK, Decision.NEVER)


@dataclass(frozen=True, slots=True)
class ApprovalPolicy:
    """Decides on tool calls. Each file that a call touches is judged, and the strictest verdict applies.

    The verdict comes from the first of: the last rule of the session that matches; the protection of
    certain files; what the configuration allows by name; the session's automatic approval; the server's
    default for the tool group. A protected file is only changed without asking if a setting or rule
    explicitly covers protected files.
    """

    defaults: ApprovalSettings

    def decide(self, config: SessionConfig, call: PreparedCall, touched: Sequence[Touched]) -> Decision:
        """Decide on a call that touches these files."""
        if call.tool.group is ToolGroup.ALWAYS:
            return Decision.ALWAYS
        verdicts = [self._judge(config, call, each) for each in touched or (None,)]
        return max(verdicts, key=_STRICTNESS.index)

    def ruling(
        self, config: SessionConfig, call: PreparedCall, touched: Sequence[Touched]
    ) -> ApprovalRule | None:
        """Return the rule by which a call is allowed or forbidden; None if it is asked about, or if something
        other than a rule decides.
        """
        decision = self.decide(config, call, touched)
        if decision is Decision.ASK:
            return None
        is_lifted = _is_lifted(config.auto_approval)
        rules = [_last(config.approvals, call, each, is_lifted=is_lifted) for each in touched or (None,)]
        return next((rule for rule in rules if rule is not None and rule.decision is decision), None)

    def withholds(
        self, config: SessionConfig, call: PreparedCall, touched: Sequence[Touched]
    ) -> Callable[[str], bool]:
        """Return a test for files that the call finds, true if the file must not be shown to the agent.

        That is the case if a rule forbids it, or requires an approval that was not asked for, because the
        call named only a folder above the file.
        """

        @functools.cache
        def withheld(path: str) -> bool:
            group = call.tool.group
            found = Touched(path=path, group=group, groups=frozenset({group}))
            rule = _last(config.approvals, call, found, is_lifted=True)
            if rule is None or rule.decision is Decision.ALWAYS:
                return False
            is_asked = rule.decision is Decision.ASK and any(_fits(rule, call, each) for each in touched)
            return not is_asked

        return withheld

    def _judge(self, config: SessionConfig, call: PreparedCall, touched: Touched | None) -> Decision:
        auto = config.auto_approval
        is_lifted = _is_lifted(auto)
        rule = _last(config.approvals, call, touched, is_lifted=is_lifted)
        if rule is not None:
            return rule.decision
        if touched is not None and not is_lifted and _is_protected(touched):
            return Decision.ASK
        if touched is not None and not touched.is_certain:
            return Decision.ALWAYS
        group = call.tool.group if touched is None else touched.group
        if call.is_allowed(config) or (auto.auto_approval_enabled and _is_automatic(auto, group, call)):
            return Decision.ALWAYS
        return self._default(auto, group)

    def _default(self, auto: AutoApproval, group: ToolGroup) -> Decision:
        if auto.auto_approval_enabled and group is not ToolGroup.READ:
            return Decision.ASK
        if auto.auto_approval_enabled and auto.always_allow_read_only is False:
            return Decision.ASK
        standing = {
            ToolGroup.READ: self.defaults.read,
            ToolGroup.EDIT: self.defaults.edit,
            ToolGroup.COMMAND: self.defaults.command,
            ToolGroup.BROWSER: self.defaults.browser,
            ToolGroup.MCP: self.defaults.mcp,
            ToolGroup.MODES: self.defaults.modes,
        }
        return standing[group]


def _is_lifted(auto: AutoApproval) -> bool:
    """Whether protected files are like any others."""
    return auto.auto_approval_enabled and auto.always_allow_write_protected


def _is_automatic(auto: AutoApproval, group: ToolGroup, call: PreparedCall) -> bool:
    match group:
        case ToolGroup.READ:
            return bool(auto.always_allow_read_only)
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
    """Whether each command of the line has an allowed prefix that is longer than any denied prefix of the
    line.
    """
    denying = [len(prefix) for prefix in auto.denied_commands if matches_command(line, prefix, any_of=True)]
    longest = max(denying, default=0)
    return allowed(line, [prefix for prefix in auto.allowed_commands if len(prefix) > longest]) is None


def _is_protected(touched: Touched) -> bool:
    """Whether the call would change a protected file, or may do so."""
    if not touched.is_written:
        return False
    return touched.path is None or any(matches(pattern, touched.path) for pattern in PROTECTED)


def _last(
    rules: Sequence[ApprovalRule], call: PreparedCall, touched: Touched | None, *, is_lifted: bool
) -> ApprovalRule | None:
    """Return the last matching rule.

    An allowing rule covers a protected file only if its path names such files.
    """
    is_protected = touched is not None and not is_lifted and _is_protected(touched)
    for rule in reversed(rules):
        if is_protected and rule.decision is Decision.ALWAYS and not _speaks_of_protected(rule):
            continue
        if _fits(rule, call, touched):
            return rule
    return None


def _speaks_of_protected(rule: ApprovalRule) -> bool:
    """Whether a rule's path is itself that of a protected file: `AGENTS.md`, `**/.roo/**`, not `**`."""
    return rule.path is not None and any(matches(pattern, rule.path.lstrip("/")) for pattern in PROTECTED)


def _fits(rule: ApprovalRule, call: PreparedCall, touched: Touched | None) -> bool:
    """Whether the rule matches: an allowing rule must certainly match, a restricting one only possibly."""
    restricts = rule.decision is not Decision.ALWAYS
    if rule.tool is not None and rule.tool != call.tool.name:
        return False
    if rule.group is not None and not _fits_group(rule.group, call, touched, restricts=restricts):
        return False
    if rule.server is not None and rule.server != getattr(call.parameters, "server_name", None):
        return False
    if rule.path is not None and not _fits_path(rule, rule.path, call, touched, restricts=restricts):
        return False
    if rule.command is None:
        return True
    line = call.command()
    return line is not None and matches_command(line, rule.command, any_of=restricts)


def _fits_group(group: str, call: PreparedCall, touched: Touched | None, *, restricts: bool) -> bool:
    if touched is None:
        return group == call.tool.group
    return group in touched.groups if restricts else group == touched.group


def _fits_path(
    rule: ApprovalRule, pattern: str, call: PreparedCall, touched: Touched | None, *, restricts: bool
) -> bool:
    if touched is None:
        return False
    if not restricts and call.command() is not None and rule.command is None:
        return False  # the line does not say what the command touches besides what it names
    if touched.path is None:
        return restricts
    return matches(pattern, touched.path, is_folder=touched.is_folder, otherwise=restricts)
