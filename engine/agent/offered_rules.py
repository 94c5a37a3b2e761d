"""The rule that a remembered answer makes: as narrow as the question, and never a licence to run anything.

It is offered only if it would have answered the question, so that what people are shown is what they get.
Source: docs/approvals.md, "Answers that stay".
"""

from __future__ import annotations

import dataclasses
import posixpath
import re
from collections.abc import Sequence
from typing import Final

from roocode_server.engine.agent.policy import ApprovalPolicy
from roocode_server.engine.shell_lines.allowlist import InvalidCommand, SimpleCommand, parse
from roocode_server.engine.shell_lines.vocabulary import INTERPRETERS, RUNNING_ANYTHING
from roocode_server.engine.tools.reach import Touched
from roocode_server.engine.tools.tool import PreparedCall
from roocode_server.models.approval import ApprovalRule, Decision
from roocode_server.models.session import SessionConfig
from roocode_server.models.tool import ToolGroup

MOST_OFFERED: Final = 20
"""How many files of a call are offered as rules; a call for more is not remembered."""
_INSTALLING: Final = frozenset({"install", "add", "i"})
"""Subcommands that run the code of what they name: they are remembered with it."""
_WITH_A_NAME: Final = frozenset({"run", "exec", "compose", "run-script"})
"""Subcommands that are followed by what they run."""
_SUBCOMMAND: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", re.ASCII)
_SPECIAL: Final = re.compile(r"([\\*?\[!# ])")


def offered_rules(
    policy: ApprovalPolicy, config: SessionConfig, call: PreparedCall, touched: Sequence[Touched]
) -> list[ApprovalRule]:
    """Return the rules with which the call would not have been asked about; none if there are no such."""
    rules = _rules(call, touched)
    judged = dataclasses.replace(config, approvals=[*config.approvals, *rules])
    return rules if rules and policy.decide(judged, call, touched) is Decision.ALWAYS else []


def _rules(call: PreparedCall, touched: Sequence[Touched]) -> list[ApprovalRule]:
    line = call.command()
    if line is not None:
        prefix = command_prefix(line)
        return [] if prefix is None else [ApprovalRule(decision=Decision.ALWAYS, command=prefix)]
    server = getattr(call.parameters, "server_name", None)
    if call.tool.group is ToolGroup.MCP:
        return [_rule(group=ToolGroup.MCP, server=server)] if isinstance(server, str) else []
    if call.tool.group not in (ToolGroup.READ, ToolGroup.EDIT):
        return [_rule(tool=call.tool.name)]
    paths = {(each.group, each.path, each.is_folder): None for each in touched}
    if not paths or len(paths) > MOST_OFFERED or any(path is None for _, path, _ in paths):
        return []
    return [
        _rule(group=group, path=_pattern(path or "", is_folder=is_folder)) for group, path, is_folder in paths
    ]


def _rule(**names: str) -> ApprovalRule:
    return ApprovalRule(decision=Decision.ALWAYS, **names)


def _pattern(path: str, *, is_folder: bool) -> str:
    """The `.gitignore` pattern for one path, or for all that is in a folder."""
    if not path:
        return "**"
    named = "/" + _SPECIAL.sub(r"\\\1", path)
    return f"{named}/**" if is_folder else named


def command_prefix(line: str) -> str | None:
    """Return the words with which commands like this line begin: `git status`, `npm test`, or all its words.

    None if the line has several commands, words that are only known when it runs, or words that a prefix
    cannot hold, or if the prefix would allow any code: of a shell, of `sudo`, of an interpreter that names no
    file.
    """
    try:
        commands = parse(line)
    except InvalidCommand:
        return None
    if len(commands) != 1:
        return None
    words = _words(commands[0])
    if words is None:
        return None
    program, rest = posixpath.basename(words[0]), words[1:]
    if program in RUNNING_ANYTHING or (program in INTERPRETERS and not _names_a_program(rest)):
        return None
    has_subcommand = bool(rest) and program not in INTERPRETERS and bool(_SUBCOMMAND.fullmatch(rest[0]))
    if has_subcommand and rest[0] not in _INSTALLING:
        return " ".join(words[: 3 if rest[0] in _WITH_A_NAME else 2])
    return None if program == "git" else " ".join(words)


def _words(command: SimpleCommand) -> list[str] | None:
    words = [word.text for word in command.words]
    usable = all(word.is_static and word.text and not re.search(r"\s", word.text) for word in command.words)
    return words if words and usable else None


def _names_a_program(words: Sequence[str]) -> bool:
    """Whether the words name a file before any option that takes code or a value."""
    for word in words:
        if not word.startswith("-"):
            return True
        if word not in ("-B", "-u"):
            return False
    return False
