"""The modes of a session: built in, from the settings, and from its workspace's `.roomodes`.

Source: S2; docs/modes.md. A mode is enforced here, whatever the model was told: its tool groups bound which
tools it has, and a group's file expression bounds which files it may edit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import regex
import yaml

from engine.runtimes.workspace import Workspace
from engine.tools.catalogue import PreparedCall
from engine.tools.reach import Touched
from models.error import AppError, NotFound, ValidationFailed
from models.mode import Mode, ModeGroup
from models.settings import ModeSettings
from models.tool import ToolGroup

ROOMODES: Final = ".roomodes"
LARGEST: Final = 200_000
MATCH_S: Final = 0.2
"""How long one expression may take over one path."""

_SLUG: Final = re.compile(r"[a-zA-Z0-9-]+")
_GROUPS: Final = frozenset(group.value for group in ToolGroup) - {ToolGroup.ALWAYS.value}


class ModesInvalid(Exception):
    """Custom modes that cannot be used; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Modes:
    """The modes that a session has, by slug; `problem` says why its `.roomodes` is left out, if it is."""

    by_slug: Mapping[str, Mode]
    problem: str | None = None

    def find(self, slug: str) -> Mode:
        """Raises: NotFound."""
        mode = self.by_slug.get(slug)
        if mode is None:
            raise NotFound("mode", slug)
        return mode

    def objection(self, slug: str, call: PreparedCall, touched: Sequence[Touched]) -> str | None:
        """Why a call may not be made in a mode; None if it may."""
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
            return f"Files may not be written in {mode.name} mode (`{mode.slug}`), by a redirection neither."
        own = [each for each in touched if each.group is call.tool.group and group is not ToolGroup.COMMAND]
        return _path_objection(mode, granted, own) or _path_objection(mode, edits or granted, written)


def _path_objection(mode: Mode, group: ModeGroup, touched: Sequence[Touched]) -> str | None:
    if group.file_regex is None:
        return None
    for path in (each.path for each in touched):
        if path is None or not _finds(group.file_regex, path):
            which = group.description or f"files matching `{group.file_regex}`"
            named = path or "what is only known when it runs"
            return f"In {mode.name} mode (`{mode.slug}`) only {which} may be edited, not {named}."
    return None


def _finds(expression: str, path: str) -> bool:
    """Whether the expression finds something in the path; one that takes too long does not."""
    try:
        return regex.search(expression, path, timeout=MATCH_S) is not None
    except TimeoutError:
        return False


class ModeBook:
    """Reads the modes of sessions."""

    def __init__(self, settings: Sequence[ModeSettings]) -> None:
        """Raises: ModesInvalid, for modes of the settings that cannot be used."""
        custom = [_from_settings(each) for each in settings]
        _check(custom)
        self._standing = {mode.slug: mode for mode in [*BUILT_IN, *custom]}

    @property
    def standing(self) -> Modes:
        """The modes of every session: built in and configured."""
        return Modes(self._standing)

    async def of(self, workspace: Workspace) -> Modes:
        """The modes of a session as its workspace is now; its own win over the others by their slug."""
        try:
            content = await _content(workspace)
            own = _read(content) if content else []
        except ModesInvalid as mistake:
            return Modes(self._standing, problem=str(mistake))
        return Modes({**self._standing, **{mode.slug: mode for mode in own}})


async def _content(workspace: Workspace) -> bytes:
    try:
        return (await workspace.read(ROOMODES)).content
    except NotFound:
        return b""
    except AppError as failure:
        raise ModesInvalid(f"{ROOMODES} cannot be read: {failure.message}") from failure


def _read(content: bytes) -> list[Mode]:
    """The modes in a `.roomodes` file, YAML or JSON: `customModes: [{slug, name, roleDefinition, …}]`."""
    if len(content) > LARGEST:
        raise ModesInvalid(f"{ROOMODES} is larger than {LARGEST} bytes")
    try:
        loaded = yaml.safe_load(content.decode()) or {}
    except (UnicodeDecodeError, yaml.YAMLError, RecursionError) as mistake:
        raise ModesInvalid(f"{ROOMODES} is not valid YAML: {mistake}") from mistake
    entries = loaded.get("customModes", []) if isinstance(loaded, dict) else None
    if not isinstance(entries, list):
        raise ModesInvalid(f"{ROOMODES} has no list `customModes`")
    modes = [_mode(entry) for entry in entries]
    _check(modes)
    return modes


def _mode(entry: Any) -> Mode:
    if not isinstance(entry, dict):
        raise ModesInvalid(f"{ROOMODES}: a mode is an object")
    groups = entry.get("groups", [])
    known = {key: content for key, content in entry.items() if key in _FIELDS}
    try:
        return Mode.load({**known, "groups": [_group(each) for each in groups], "source": ROOMODES})
    except (ValidationFailed, TypeError) as mistake:
        details = mistake.details if isinstance(mistake, ValidationFailed) else mistake
        raise ModesInvalid(f"{ROOMODES}: mode {str(entry.get('slug'))[:64]}: {details}") from mistake


_FIELDS: Final = frozenset(
    {"slug", "name", "roleDefinition", "whenToUse", "description", "customInstructions"}
)


def _group(entry: Any) -> dict[str, Any]:
    """`"read"`, or `["edit", {"fileRegex": …, "description": …}]`."""
    if isinstance(entry, str):
        return {"name": entry}
    if isinstance(entry, list) and len(entry) == 2 and isinstance(entry[1], dict):
        return {"name": entry[0], **entry[1]}
    raise TypeError("a group is a name, or a list of a name and its options")


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


def _check(modes: Sequence[Mode]) -> None:
    slugs = [mode.slug for mode in modes]
    for mode in modes:
        names = [group.name for group in mode.groups]
        if not _SLUG.fullmatch(mode.slug):
            raise ModesInvalid(f"mode `{mode.slug}`: a slug has letters, digits and dashes only")
        if slugs.count(mode.slug) > 1:
            raise ModesInvalid(f"mode `{mode.slug}` is there twice")
        for name in names:
            if name not in _GROUPS or names.count(name) > 1:
                known = ", ".join(sorted(_GROUPS))
                raise ModesInvalid(f"mode `{mode.slug}`: group `{name}` is unknown or double ({known})")
        for group in mode.groups:
            _check_expression(mode, group)


def _check_expression(mode: Mode, group: ModeGroup) -> None:
    try:
        regex.compile(group.file_regex or "")
    except regex.error as mistake:
        raise ModesInvalid(f"mode `{mode.slug}`: fileRegex `{group.file_regex}`: {mistake}") from mistake


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
            "you change anything. Say what the cause is before you mend it."
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
"""The modes that every session has. Source: S2; the roles are our own words."""
