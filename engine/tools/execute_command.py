"""`execute_command`: run a shell command in the session's sandbox. Source: S2; S0 for `allowedCommands`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import field
from typing import ClassVar, Final

from roocode_server.engine.runtimes.runtime import Exit, StillRunning
from roocode_server.engine.shell_lines.allowlist import objection
from roocode_server.engine.tools.paths import is_folder, place
from roocode_server.engine.tools.text import printable, shortened, without_nul
from roocode_server.engine.tools.tool import Notice, Tool, ToolContext, ToolFailure, ToolResult
from roocode_server.engine.workspace.workspace import Workspace
from roocode_server.models.session import ResourceLimits
from roocode_server.models.shape import LONGEST_PATH, PlainShape, described, limited, value
from roocode_server.models.tool import ToolGroup

_BACKGROUND: Final = re.compile(r"(?<![&<>|\\])&(?![&>])")
"""An `&` that starts a background job, as far as a regular expression can tell."""


@value
class ExecuteCommandParameters(PlainShape):
    """The arguments of `execute_command`."""

    command: str = field(
        metadata=described("The command line, run by `sh -c`", **limited(shortest=1, longest=100_000))
    )
    cwd: str | None = field(
        default=None,
        metadata=described(
            "The folder to run it in, relative to the workspace; the workspace itself if left out",
            **limited(shortest=1, longest=LONGEST_PATH),
        ),
    )
    timeout: float | None = field(
        default=None,
        metadata=described(
            "Seconds to wait for its end. After that it continues in the background: you get its output so "
            "far, and the rest later. Use it for programs that keep running, such as a server",
            **limited(least=0.1, most=86_400),
        ),
    )


class ExecuteCommand(Tool[ExecuteCommandParameters]):
    """Runs commands that the session's `allowedCommands` permit; it succeeds if the exit code is 0."""

    name: ClassVar = "execute_command"
    description: ClassVar = (
        "Run a shell command in the workspace and wait for its end. The result is its exit code and what "
        "it printed. It has no terminal and no input, and what it leaves in the background ends with it. It "
        "is stopped at the session's time limit; with `timeout` it goes on in the background after that "
        "time, until it ends, or the task does."
    )
    group: ClassVar = ToolGroup.COMMAND
    parameters: ClassVar = ExecuteCommandParameters

    def describe(self, parameters: ExecuteCommandParameters) -> str:
        """Quote the command."""
        place = f" in {parameters.cwd}" if parameters.cwd else ""
        return f"Run{place}: {parameters.command}"

    def paths(self, parameters: ExecuteCommandParameters) -> Sequence[str]:
        """The folder in which the command runs."""
        return (parameters.cwd or ".",)

    def command(self, parameters: ExecuteCommandParameters) -> str | None:
        """The command line."""
        return parameters.command

    async def notice(self, context: ToolContext, parameters: ExecuteCommandParameters) -> Notice | None:
        """Return S2's `command` notice."""
        return Notice(kind="command", text=parameters.command)

    async def run(self, context: ToolContext, parameters: ExecuteCommandParameters) -> ToolResult:
        """Run the command. Raises: ToolFailure, if it is not allowed or the folder does not exist."""
        without_nul(parameters.command)
        refusal = objection(parameters.command, context.config.allowed_commands)
        if refusal is not None:
            raise ToolFailure(f"{refusal} Nothing was run.")
        directory = await _directory(context.workspace, parameters.cwd)
        done = await context.run_command(
            parameters.command, directory=directory, timeout_s=parameters.timeout
        )
        if isinstance(done, StillRunning):
            return ToolResult(
                success=True, output=_interim(done), command=parameters.command, is_background=True
            )
        return ToolResult(
            success=done.code == 0 and done.stopped_by is None,
            output=_report(done, parameters, context.config.resource_limits),
            command=parameters.command,
            exit=done,
        )


async def _directory(workspace: Workspace, cwd: str | None) -> str:
    """Return the folder relative to the workspace, `""` for its root.

    Raises: ToolFailure, if it does not exist.
    """
    folder = place(workspace, cwd or "").strip("/")
    if folder and not await is_folder(workspace, folder):
        raise ToolFailure(f"There is no folder {cwd}. Nothing was run.")
    return folder


def _interim(running: StillRunning) -> str:
    printed = shortened(printable(running.output.rstrip("\n")))
    return (
        f"It still runs after {running.duration_s:.1f} s and goes on in the background. You will hear what "
        f"it prints and when it ends. So far:\n{printed or '(it has printed nothing)'}"
    )


def _report(done: Exit, parameters: ExecuteCommandParameters, limits: ResourceLimits) -> str:
    head = f"Exit code {done.code} after {done.duration_s:.1f} s."
    if done.stopped_by is not None:
        head += f" It was stopped: {_stop(done.stopped_by, limits, parameters.timeout)}"
    printed = shortened(printable(done.output.rstrip("\n")))
    parts = [head, printed or "(it printed nothing)"]
    if done.is_truncated:
        parts.append("(it printed more than is kept; the middle is left out)")
    if _BACKGROUND.search(parameters.command):
        parts.append("(what it may have left in the background has ended with it; `timeout` lets it go on)")
    return "\n".join(parts)


def _stop(limit: str, limits: ResourceLimits, timeout_s: float | None) -> str:
    longest_s = min(limits.max_execution_time, timeout_s or limits.max_execution_time)
    reasons = {
        "person": "a person ended it.",
        "time": f"it ran longer than the {longest_s:g} seconds that it may take.",
        "memory": f"it took more than {limits.max_memory_mb} MiB of memory.",
        "disk": f"the workspace has no room left (limit {limits.max_disk_mb} MiB).",
        "output": "it printed more than one command may; send the output to a file.",
    }
    return reasons.get(limit, f"it reached the session's {limit} limit.")
