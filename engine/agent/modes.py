"""The modes of a session: built in, from the settings, and from the workspace's `.roomodes`.

Source: S2; docs/modes.md. Modes are enforced here, whatever the model was told: the tool groups limit which
tools it may call, and a group's file expression limits which files it may edit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from roocode_server.engine.agent.roomodes import (
    LARGEST_ROOMODES_BYTES,
    ROOMODES,
    ModesInvalid,
    check,
    finds,
    modes_in,
)
from roocode_server.engine.concurrency.worker import Exhausted, run_in_worker
from roocode_server.engine.tools.reach import Touched
from roocode_server.engine.tools.tool import PreparedCall
from roocode_server.engine.workspace.workspace import Workspace
from roocode_server.models.error import AppError, NotFound
from roocode_server.models.mode import Mode, ModeGroup
from roocode_server.models.settings import ModeSettings
from roocode_server.models.tool import ToolGroup

MATCH_CPU_S: Final = 1
"""Processor time for matching an expression against the paths of one call."""
_KEPT_FILES: Final = 64


@dataclass(frozen=True, slots=True)
class Modes:
    """The modes of a session by slug; `problem` says why its `.roomodes` could not be used, if so."""

    by_slug: Mapping[str, Mode]
    problem: str | None = None

    def find(self, slug: str) -> Mode:
        """Return the mode with this slug. Raises: NotFound."""
        mode = self.by_slug.get(slug)
        if mode is None:
            raise NotFound("mode", slug)
        return mode

    async def objection(
        self, slug: str, call: PreparedCall, touched: Sequence[Touched], *, owner: str
    ) -> str | None:
        """Return why a call may not be made in a mode, or None. `owner` is whom the matching is done for."""
        mode = self.by_slug.get(slug)
        if mode is None:
            return f"There is no mode `{slug}`. Switch to one of: {', '.join(self.by_slug)}."
        group = call.tool.group
        if group in (ToolGroup.ALWAYS, ToolGroup.MODES):
            return None
        granted = next((each for each in mode.groups if each.name == group.value), None)
        if granted is None:
            return f"The tool `{call.tool.name}` is not available in {mode.name} mode (`{slug}`)."
        edits = next((each for each in mode.groups if each.name == ToolGroup.EDIT), None)
        written = [each for each in touched if each.group is ToolGroup.EDIT]
        if written and edits is None:
            return f"Files may not be written in {mode.name} mode (`{mode.slug}`), not even by a redirection."
        own = [each for each in touched if each.group is call.tool.group and group is not ToolGroup.COMMAND]
        for rule, reached in ((granted, own), (edits or granted, written)):
            refused = await _path_objection(mode, rule, reached, owner)
            if refused is not None:
                return refused
        return None


async def _path_objection(mode: Mode, group: ModeGroup, touched: Sequence[Touched], owner: str) -> str | None:
    if group.file_regex is None or not touched:
        return None
    which = group.description or f"files matching `{group.file_regex}`"
    paths = [each.path for each in touched if each.path is not None]
    try:
        found = await run_in_worker(finds, group.file_regex, paths, owner=owner, cpu_s=MATCH_CPU_S)
    except Exhausted:
        return f"In {mode.name} mode (`{mode.slug}`) only {which} may be edited, and matching takes too long."
    refused = [path for path, is_found in zip(paths, found, strict=True) if not is_found]
    if len(paths) < len(touched):
        refused.append("what is only known when it runs")
    if not refused:
        return None
    return f"In {mode.name} mode (`{mode.slug}`) only {which} may be edited, not {refused[0]}."


class ModeBook:
    """Reads the modes of sessions."""

    def __init__(self, settings: Sequence[ModeSettings]) -> None:
        """Raises: ModesInvalid, if the modes in the settings cannot be used."""
        custom = [_from_settings(each) for each in settings]
        check(custom)
        self._standing = {mode.slug: mode for mode in [*BUILT_IN, *custom]}
        self._read: dict[bytes, Sequence[Mode]] = {}
        """Parsed modes by file content, least recently used first: the modes are needed at every step."""

    @property
    def standing(self) -> Modes:
        """The modes of every session: the built-in and the configured ones."""
        return Modes(self._standing)

    async def of(self, workspace: Workspace) -> Modes:
        """Return a session's modes; those of its workspace replace others with the same slug."""
        try:
            content = await _content(workspace)
            own = await self._modes_in(content, str(workspace.folder)) if content else []
        except ModesInvalid as mistake:
            return Modes(self._standing, problem=str(mistake))
        return Modes({**self._standing, **{mode.slug: mode for mode in own}})

    async def _modes_in(self, content: bytes, owner: str) -> Sequence[Mode]:
        """Parse the modes, or take them from the cache. Raises: ModesInvalid."""
        known = self._read.pop(content, None)
        if known is None:
            known = await _understood(content, owner)
        self._read[content] = known
        while len(self._read) > _KEPT_FILES:
            self._read.pop(next(iter(self._read)), None)
        return known


async def _understood(content: bytes, owner: str) -> Sequence[Mode]:
    """Parse the modes of a `.roomodes` file. Raises: ModesInvalid."""
    if len(content) > LARGEST_ROOMODES_BYTES:
        raise ModesInvalid(f"{ROOMODES} is larger than {LARGEST_ROOMODES_BYTES} bytes")
    try:
        found = await run_in_worker(modes_in, content, owner=owner)
    except Exhausted:
        raise ModesInvalid(f"{ROOMODES} takes too long to be read") from None
    if "mistake" in found:
        raise ModesInvalid(found["mistake"])
    return [Mode.load(each) for each in found["modes"]]


async def _content(workspace: Workspace) -> bytes:
    try:
        return await workspace.read_cached(ROOMODES)
    except NotFound:
        return b""
    except AppError as failure:
        raise ModesInvalid(f"{ROOMODES} cannot be read: {failure.message}") from failure


def _from_settings(given: ModeSettings) -> Mode:
    return Mode(
        slug=given.slug,
        name=given.name,
        role_definition=given.role_definition,
        groups=list(given.groups),
        when_to_use=given.when_to_use or None,
        custom_instructions=given.custom_instructions or None,
        source="settings",
    )


def _groups(*names: str) -> list[ModeGroup]:
    return [ModeGroup(name=name) for name in names]


BUILT_IN: Final = (
    Mode(
        slug="code",
        name="Code",
        role_definition=(
            "You are a software engineer with broad knowledge of languages, frameworks and good practice. "
            "You write, change and repair code."
        ),
        when_to_use="Writing, changing or refactoring code.",
        groups=_groups("read", "edit", "browser", "command", "mcp"),
    ),
    Mode(
        slug="architect",
        name="Architect",
        role_definition=(
            "You are a technical lead who plans before anybody builds. You gather what is known, find out "
            "what is not, and write a plan that others can carry out."
        ),
        when_to_use="Planning and design before anything is built.",
        groups=[
            *_groups("read", "browser", "mcp"),
            ModeGroup(name="edit", file_regex=r"\.md$", description="Markdown files"),
        ],
        custom_instructions=(
            "Look at the project first and ask what you cannot find out. Keep the plan as a list of things "
            "to do (`update_todo_list`), each one step that can be checked. When the person agrees with it, "
            "switch to the mode that carries it out."
        ),
    ),
    Mode(
        slug="ask",
        name="Ask",
        role_definition=(
            "You are a technical expert who explains. You answer questions about software, this project and "
            "its surroundings, and change nothing."
        ),
        when_to_use="Questions and explanations.",
        groups=_groups("read", "browser", "mcp"),
    ),
    Mode(
        slug="debug",
        name="Debug",
        role_definition=(
            "You are an expert in finding the cause of faults, who works step by step and proves each "
            "conclusion."
        ),
        when_to_use="Finding out why something fails.",
        groups=_groups("read", "edit", "browser", "command", "mcp"),
        custom_instructions=(
            "Think of several possible causes, choose the likeliest, and prove it by logs or a test before "
            "you change anything. Say what the cause is before you fix it."
        ),
    ),
    Mode(
        slug="orchestrator",
        name="Orchestrator",
        role_definition=(
            "You are a coordinator. You divide large tasks into subtasks and hand each to the mode that fits."
        ),
        when_to_use="Tasks of several parts that need different skills.",
        groups=[],
        custom_instructions=(
            "Hand each part over with `new_task`: with everything that is needed to do it, its bounds, and "
            "what its result has to say. Look at each result before you go on, and sum up at the end."
        ),
    ),
)
"""The modes that every session has. Source: S2; the role texts are our own."""
