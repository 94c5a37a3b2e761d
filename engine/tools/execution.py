"""Running a prepared call, for a task and for a direct call alike."""

from __future__ import annotations

from roocode_server.engine.tools.reach import reach
from roocode_server.engine.tools.rooignore import RooIgnore
from roocode_server.engine.tools.tool import FileChange, PreparedCall, ToolContext, ToolFailure, ToolResult
from roocode_server.models.event import Event
from roocode_server.models.file import FileCreated, FileDeleted, FileModified
from roocode_server.models.tool import ToolOutcome


async def execute(call: PreparedCall, context: ToolContext) -> ToolResult:
    """What came of the call; a tool that cannot do it gives a result that says why.

    Raises: AppError, for paths that leave the workspace and the like.
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
    """The result as callers and watchers see it. Source: S0, `result`."""
    by_command = result.exit.files_changed if result.exit else ()
    return ToolOutcome(
        success=result.success,
        output=result.output,
        files_changed=[*(change.path for change in result.changes), *by_command],
        exit_code=result.exit.code if result.exit else None,
    )


def file_event(change: FileChange) -> Event:
    """The event that tells of a changed file."""
    match change.kind:
        case "created":
            return FileCreated(path=change.path)
        case "deleted":
            return FileDeleted(path=change.path)
        case _:
            return FileModified(path=change.path, changes=change.changes)
