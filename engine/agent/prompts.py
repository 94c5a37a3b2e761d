"""What a model is told before the conversation begins."""

from __future__ import annotations

from engine.runtimes.runtime import mount_path
from models.session import Session

_ROLE = (
    "You are a software engineer who works on the project in the workspace below. "
    "Work step by step with the tools; after each step look at what came of it. "
    "Read a file before you change it, keep changes small, and prove them by running the project's tests. "
    "When the task is done, call attempt_completion with a short summary. "
    "When you cannot decide without the person, call ask_followup_question."
)


def system_prompt(session: Session) -> str:
    """The system text for a session's agent: its role, and what its sandbox allows."""
    allowed = session.config.allowed_commands
    commands = "any command" if "*" in allowed else ", ".join(allowed) or "no command"
    network = "can" if session.config.network else "cannot"
    return (
        f"{_ROLE}\n\n"
        f"Mode: {session.config.mode}\n"
        f"Workspace: {mount_path(session.id)} (paths in tool calls are relative to it)\n"
        f"Commands run in a sandbox that {network} reach the network. You may run: {commands}."
    )
