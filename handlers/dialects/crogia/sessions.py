"""S3's sessions and tasks, and its health check. Source: S3, "Session Management", "Task Execution"."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import field
from typing import Any, Final

from handlers.dialects.crogia.endpoint import Asking, endpoint
from models.shape import PlainShape, limited, value

PAGE: Final = 100
MOST_SESSIONS: Final = 1000
"""S3 has no pages: older sessions than these are left out."""
_TASK: Final = limited(shortest=1, longest=1_000_000)


@value
class Nothing(PlainShape):
    """No fields."""


@value
class OneSession(PlainShape):
    session_id: str


@value
class NewSession(PlainShape):
    task: str = field(metadata=_TASK)


@value
class NewTask(PlainShape):
    session_id: str
    task: str = field(metadata=_TASK)


@endpoint("GET /api/health", "system.health", is_open=True)
async def health(asking: Asking, request: Nothing) -> dict[str, Any]:
    """Check if the server and Docker are running properly."""
    found = await asking.ask("system.health")
    return {
        "status": found["status"],
        "timestamp": found["timestamp"],
        "active_sessions": found["activeSessions"],
        "docker_available": found["dockerAvailable"],
    }


@endpoint("GET /api/sessions", "session.list", "task.list", "session.sandbox")
async def list_sessions(asking: Asking, request: Nothing) -> list[dict[str, Any]]:
    """List all active agent sessions of the caller, newest first."""
    return [await _told(asking, session) async for session in _active(asking)]


@endpoint("POST /api/sessions", "session.create", "task.create", "task.list", "session.sandbox")
async def create_session(asking: Asking, request: NewSession) -> dict[str, Any]:
    """Create a new agent session and start its first task."""
    made = await asking.ask("session.create", name=request.task[:100])
    session = made["session"]
    await asking.ask("task.create", sessionId=session["id"], input=request.task)
    return await _told(asking, session)


@endpoint("GET /api/sessions/{session_id}", "session.get", "task.list", "session.sandbox")
async def get_session(asking: Asking, request: OneSession) -> dict[str, Any]:
    """Get information about a specific session."""
    found = await asking.ask("session.get", sessionId=request.session_id)
    return await _told(asking, found["session"])


@endpoint("DELETE /api/sessions/{session_id}", "session.delete")
async def delete_session(asking: Asking, request: OneSession) -> dict[str, Any]:
    """Stop and delete a session."""
    await asking.ask("session.delete", sessionId=request.session_id)
    return {"message": f"Session {request.session_id} deleted successfully"}


@endpoint("POST /api/sessions/{session_id}/tasks", "task.create")
async def execute_task(asking: Asking, request: NewTask) -> dict[str, Any]:
    """Execute a task in an existing session. Its progress is streamed via WebSocket."""
    await asking.ask("task.create", sessionId=request.session_id, input=request.task)
    return {"message": f"Task started in session {request.session_id}", "task": request.task}


async def _active(asking: Asking) -> AsyncIterator[dict[str, Any]]:
    for offset in range(0, MOST_SESSIONS, PAGE):
        page = await asking.ask("session.list", status="active", limit=PAGE, offset=offset)
        for session in page["sessions"]:
            yield session
        if not page["hasMore"]:
            return


async def _told(asking: Asking, session: dict[str, Any]) -> dict[str, Any]:
    sandbox = (await asking.ask("session.sandbox", sessionId=session["id"]))["sandbox"]
    tasks = (await asking.ask("task.list", sessionId=session["id"], limit=1))["data"]
    return {
        "session_id": session["id"],
        "container_id": sandbox["id"],
        "workdir": sandbox["path"],
        "created": session["createdAt"],
        "last_task": tasks[0]["input"] if tasks else None,
        "status": session["status"],
        "container_status": sandbox["status"],
    }


SESSION_ENDPOINTS: Final = (
    health,
    list_sessions,
    create_session,
    get_session,
    delete_session,
    execute_task,
)
