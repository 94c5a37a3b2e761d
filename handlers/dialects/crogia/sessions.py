"""S3's sessions and tasks, and its health check. Source: S3, "Session Management", "Task Execution"."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import field
from typing import Any, Final

from roocode_server.handlers.dialects.crogia.answers import (
    CrogiaDone,
    CrogiaHealth,
    CrogiaSession,
    CrogiaTaskBegun,
)
from roocode_server.handlers.dialects.crogia.endpoint import Asking, endpoint
from roocode_server.handlers.dialects.unattended import unattended
from roocode_server.models.shape import PlainShape, limited, value

SESSIONS_PER_PAGE: Final = 100
MOST_SESSIONS: Final = 1000
"""S3 has no pages: older sessions than these are left out."""
_TASK: Final = limited(shortest=1, longest=1_000_000)


@value
class NoFields(PlainShape):
    """No fields."""


@value
class OneSession(PlainShape):
    """A session, by its id."""

    session_id: str


@value
class NewSession(PlainShape):
    """A session to open, with its first task."""

    task: str = field(metadata=_TASK)


@value
class TaskText(PlainShape):
    """A task for an existing session."""

    session_id: str
    task: str = field(metadata=_TASK)


@endpoint("GET /api/health", "system.health", is_open=True)
async def health(asking: Asking, request: NoFields) -> CrogiaHealth:
    """Check if the server and Docker are running properly."""
    found = await asking.ask("system.health")
    return CrogiaHealth(
        status=found["status"],
        timestamp=found["timestamp"],
        active_sessions=found["activeSessions"],
        docker_available=found["dockerAvailable"],
    )


@endpoint("GET /api/sessions", "session.list", "task.list", "session.sandbox")
async def list_sessions(asking: Asking, request: NoFields) -> list[CrogiaSession]:
    """List all active agent sessions of the caller, newest first."""
    return [await _told(asking, session) async for session in _active(asking)]


@endpoint("POST /api/sessions", "session.create", "task.create", "task.list", "session.sandbox")
async def create_session(asking: Asking, request: NewSession) -> CrogiaSession:
    """Create a new agent session and start its first task.

    S3 knows no approvals: the agent acts on its own within `crogia.allow` of the configuration, and anything
    beyond is refused at once.
    """
    made = await asking.ask("session.create", name=request.task[:100], config=unattended(asking.allowed))
    session = made["session"]
    await asking.ask("task.create", sessionId=session["id"], input=request.task)
    return await _told(asking, session)


@endpoint("GET /api/sessions/{session_id}", "session.get", "task.list", "session.sandbox")
async def get_session(asking: Asking, request: OneSession) -> CrogiaSession:
    """Get information about a specific session."""
    found = await asking.ask("session.get", sessionId=request.session_id)
    return await _told(asking, found["session"])


@endpoint("DELETE /api/sessions/{session_id}", "session.delete")
async def delete_session(asking: Asking, request: OneSession) -> CrogiaDone:
    """Stop and delete a session."""
    await asking.ask("session.delete", sessionId=request.session_id)
    return CrogiaDone(message=f"Session {request.session_id} deleted successfully")


@endpoint("POST /api/sessions/{session_id}/tasks", "task.create")
async def execute_task(asking: Asking, request: TaskText) -> CrogiaTaskBegun:
    """Execute a task in an existing session. Its progress is streamed via WebSocket.

    S3's users see one agent in one container: the task goes on with what the session knows, after the tasks
    that were asked for before.
    """
    await asking.ask("task.create", sessionId=request.session_id, input=request.task, continueLatest=True)
    return CrogiaTaskBegun(message=f"Task started in session {request.session_id}", task=request.task)


async def _active(asking: Asking) -> AsyncIterator[dict[str, Any]]:
    for offset in range(0, MOST_SESSIONS, SESSIONS_PER_PAGE):
        page = await asking.ask("session.list", status="active", limit=SESSIONS_PER_PAGE, offset=offset)
        for session in page["sessions"]:
            yield session
        if not page["hasMore"]:
            return


async def _told(asking: Asking, session: dict[str, Any]) -> CrogiaSession:
    sandbox = (await asking.ask("session.sandbox", sessionId=session["id"]))["sandbox"]
    tasks = (await asking.ask("task.list", sessionId=session["id"], limit=1))["data"]
    return CrogiaSession(
        session_id=session["id"],
        container_id=sandbox["id"],
        workdir=sandbox["path"],
        created=session["createdAt"],
        last_task=tasks[0]["input"] if tasks else None,
        status=session["status"],
        container_status=sandbox["status"],
    )


SESSION_ENDPOINTS: Final = (
    health,
    list_sessions,
    create_session,
    get_session,
    delete_session,
    execute_task,
)
