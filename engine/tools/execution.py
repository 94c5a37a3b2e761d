"""Execution of a prepared call, for tasks and direct calls alike."""

from __future__ import annotations

from roocode_server.engine.tools.reach import reach
from roocode_server.engine.tools.rooignore import RooIgnore
from roocode_server.engine.tools.tool import FileChange, PreparedCall, ToolContext, ToolFailure, ToolResult
from roocode_server.models.event import Event
from roocode_server.models.file import FileCreated, FileDeleted, FileModified
from roocode_server.models.tool import ToolOutcome


async def execute(call: PreparedCall, context: ToolContext) -> ToolResult:
    """Run a call and return its result; a tool's failure becomes a result that says why.

    Raises: AppError, if a path leaves the workspace, for example.
    """
    try:
        touched = await reach(context.workspace, call)
        objection = await (await RooIgnore.of(context)).objection(touched)
        if objection is not None:
            await context.say("rooignore_error", objection)
            raise ToolFailure(objection)
        return await call.tool.run(context, call.parameters)
    except ToolFailure as failure:
        return ToolResult(success=False, output=str(failure))


def outcome(result: ToolResult) -> ToolOutcome:
    """Return the result as callers see it. Source: S0, `result`."""
    by_command = result.exit.files_changed if result.exit else ()
    return ToolOutcome(
        success=result.success,
        output=result.output,
        files_changed=[*(change.path for change in result.changes), *by_command],
        exit_code=result.exit.code if result.exit else None,
    )


def file_event(change: FileChange) -> Event:
    """Return the event for a changed file."""
    match change.kind:
        case "created":
            return FileCreated(path=change.path)
        case "deleted":
            return FileDeleted(path=change.path)
        case _:
            return FileModified(path=change.path, changes=change.changes)
