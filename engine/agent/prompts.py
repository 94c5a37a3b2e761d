"""The system prompt: the task's mode, its environment, and people's instructions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from roocode_server.engine.agent.instructions import instructions
from roocode_server.engine.agent.modes import Modes
from roocode_server.engine.shell_lines.allowlist import ANYTHING
from roocode_server.models.mode import Mode
from roocode_server.models.session import Session, mount_path
from roocode_server.models.task import Task
from roocode_server.models.tool import ToolGroup

if TYPE_CHECKING:
    from roocode_server.engine.agent.task_context import TaskContext

_WORK: Final = (
    "Work step by step with the tools; after each step look at what came of it. "
    "Read a file before you change it, keep changes small, and prove them by running the project's tests. "
    "Every answer calls at least one tool. When the task is done, call attempt_completion with a short "
    "summary. When you cannot decide without the person, call ask_followup_question."
)


async def system_prompt(work: TaskContext, modes: Modes) -> str:
    """Build the system prompt for a task's next request."""
    mode = modes.find(work.task.mode)
    parts = [
        mode.role_definition,
        _WORK,
        _surroundings(work.session, work.task),
        _modes(modes, mode),
        _todos(work.task),
        await _servers(work, mode),
        *await _instructions(work, mode),
    ]
    return "\n\n".join(part for part in parts if part)


def _surroundings(session: Session, task: Task) -> str:
    allowed = session.config.allowed_commands
    commands = "any command" if ANYTHING in allowed else ", ".join(allowed) or "no command"
    network = "can" if session.config.network else "cannot"
    return (
        f"Mode: {task.mode}\n"
        f"Workspace: {mount_path(session.id)} (paths in tool calls are relative to it)\n"
        f"Commands run in a sandbox that {network} reach the network. You may run: {commands}."
    )


def _modes(modes: Modes, current: Mode) -> str:
    others = [
        f"- {mode.slug} ({mode.name}): {mode.when_to_use or mode.description or mode.role_definition[:200]}"
        for mode in modes.by_slug.values()
        if mode.slug != current.slug
    ]
    return "The other modes, for switch_mode and new_task:\n" + "\n".join(others) if others else ""


def _todos(task: Task) -> str:
    return f"Your list of things to do:\n{task.todos}" if task.todos else ""


async def _servers(work: TaskContext, mode: Mode) -> str:
    """Describe the MCP servers, if the mode may use them."""
    may_use = any(group.name == ToolGroup.MCP for group in mode.groups)
    return await work.services.mcp.describe(work.session.id) if may_use else ""


async def _instructions(work: TaskContext, mode: Mode) -> list[str]:
    """Return the instructions of the mode, the server, the session and the workspace, in this order."""
    standing = [
        ("of this mode", mode.custom_instructions),
        ("of this server", work.services.settings.custom_instructions),
        ("of this session", work.session.config.custom_instructions),
    ]
    told = [f"Instructions {where}:\n{text}" for where, text in standing if text]
    files = await instructions(work.workspace, mode.slug)
    return told + [f"Instructions in `{path}`:\n{text}" for path, text in files]
