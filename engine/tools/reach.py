"""The files that a tool call touches, with links resolved."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from roocode_server.engine.shell_lines.named_files import NamedFile, Naming, named_files
from roocode_server.engine.tools.paths import place
from roocode_server.engine.workspace.name_spelling import spelled
from roocode_server.engine.workspace.workspace import Workspace
from roocode_server.models.error import AppError, InvalidField
from roocode_server.models.identifier import SessionId
from roocode_server.models.session import mount_path
from roocode_server.models.tool import ToolGroup

if TYPE_CHECKING:
    from roocode_server.engine.tools.tool import PreparedCall

_ANY_USE: Final = frozenset({ToolGroup.READ, ToolGroup.EDIT, ToolGroup.COMMAND})


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """A file or folder that a call touches.

    `path` is relative to the workspace, `""` for its root; None if it is not known before the call runs.
    `group` is the permission that touching it needs, `groups` are those whose restrictions apply. `is_folder`
    means that everything below it is touched, too. If not `is_certain`, it is a word of a command that may
    name a file.
    """

    path: str | None
    group: ToolGroup
    groups: frozenset[ToolGroup]
    is_written: bool = False
    is_folder: bool = False
    is_certain: bool = True


async def reach(workspace: Workspace, call: PreparedCall) -> Sequence[Touched]:
    """Return everything that a call is known to touch, both as named and with links resolved.

    Raises: InvalidField, if a path is invalid or leads out of the workspace.
    """
    line, group = call.command(), call.tool.group
    touched = [
        Touched(
            path=path,
            group=group,
            groups=frozenset({group}),
            is_written=group is ToolGroup.EDIT,
            is_folder=call.tool.looks_below,
        )
        for path in await _places(workspace, call.paths())
    ]
    touched += [
        Touched(path=path, group=ToolGroup.READ, groups=frozenset({ToolGroup.READ, group}))
        for path in await _places(workspace, call.sources())
    ]
    if line is not None:
        folders = call.paths() or ("",)
        for file in named_files(line):
            touched += await _named(workspace, folders[0], file)
    return list(dict.fromkeys(touched))


async def _places(workspace: Workspace, paths: Iterable[str]) -> Sequence[str]:
    """Return the paths as named and with links resolved, without the leading `/`."""
    found: list[str] = []
    for path in paths:
        named = place(workspace, path)
        found.append(named)
        try:
            found += await workspace.reached(named)
        except InvalidField:
            raise
        except AppError:
            continue  # nothing can be opened by this name, as the call will find out
    return [path.strip("/") for path in dict.fromkeys(found)]


async def _named(workspace: Workspace, folder: str, file: NamedFile) -> Sequence[Touched]:
    """Return the files in the workspace that a command line names."""
    is_output, is_input = file.naming is Naming.OUTPUT, file.naming is Naming.INPUT
    uses = {
        Naming.OUTPUT: frozenset({ToolGroup.EDIT, ToolGroup.COMMAND}),
        Naming.INPUT: frozenset({ToolGroup.READ, ToolGroup.COMMAND}),
    }
    groups = uses.get(file.naming, _ANY_USE)
    return [
        Touched(
            path=path,
            group=ToolGroup.EDIT if is_output else ToolGroup.COMMAND,
            groups=groups,
            is_written=is_output or file.naming is Naming.WRITTEN,
            is_folder=not (is_output or is_input),
            is_certain=is_output,
        )
        for path in await _in_workspace(workspace, folder, file.path)
    ]


async def _in_workspace(workspace: Workspace, folder: str, path: str | None) -> Sequence[str | None]:
    """Return a path of a command line as paths in the workspace; empty if it is outside."""
    if path is None or path.startswith("/proc/"):
        return [None]  # `/proc/self/cwd` and the like lead anywhere
    roots = (mount_path(SessionId(workspace.folder.name)), str(workspace.folder))
    if path.startswith("/"):
        within = [root for root in roots if path == root or path.startswith(f"{root}/")]
        if not within:
            return []
        path = path[len(within[0]) :]
    else:
        path = posixpath.join(folder, path)
    try:
        return await _places(workspace, [spelled(path.strip("/"))])
    except InvalidField:
        return []  # it leads out of the workspace, which the sandbox prevents
