"""Sessions: who owns one, its configuration, and its workspace on disk. Source: S0, "Session Management"."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import structlog

from engine.events.log import EventLog
from engine.runtimes.room import Room
from engine.runtimes.runtime import Place, Runtime, RuntimeUnavailable, Sandbox, mount_path
from engine.runtimes.workspace import Workspace
from engine.storage.database import Database, Transaction
from engine.storage.sessions import SessionRepository
from models.clock import now
from models.error import Conflict, NotFound
from models.identifier import SessionId, new_id
from models.session import (
    ResourceLimits,
    Session,
    SessionConfig,
    SessionConfigChange,
    SessionCreate,
    SessionCreatedEvent,
    SessionDeletedEvent,
    SessionList,
    SessionStatus,
    SessionUpdate,
    SessionUpdatedEvent,
)
from models.session import Sandbox as SandboxState
from models.settings import FileSettings, SessionSettings
from models.shape import Shape
from models.user import Caller

log = structlog.get_logger("sessions")

AnyShape = TypeVar("AnyShape", bound=Shape)
CheckConfig = Callable[[Workspace | None, SessionConfigChange], Awaitable[None]]
BeforeDeletion = Callable[[SessionId], Awaitable[None]]


class Sessions:
    """The sessions of all users."""

    def __init__(
        self,
        database: Database,
        repository: SessionRepository,
        log: EventLog,
        runtime: Runtime,
        *,
        folder: Path,
        defaults: SessionSettings,
        files: FileSettings,
    ) -> None:
        self._database = database
        self._repository = repository
        self._log = log
        self._runtime = runtime
        self._folder = folder
        self._defaults = defaults
        self._files = files
        self._before_deletion: list[BeforeDeletion] = []
        self._checks: list[CheckConfig] = []
        self._rooms: dict[SessionId, Room] = {}

    def check_configurations_by(self, check: CheckConfig) -> None:
        """Have `check` called with each configuration that a session is to get; it raises what refuses it.

        It is given the session's workspace, too; None for a session that is still to be opened.
        """
        self._checks.append(check)

    def before_deletion(self, end: BeforeDeletion) -> None:
        """Have `end` called with the id of each session that is about to vanish."""
        self._before_deletion.append(end)

    async def check_access(self, caller: Caller, session_id: SessionId) -> None:
        """Raises: NotFound, if there is no such session or it is somebody else's: the two read alike."""
        session = await self._repository.find(session_id)
        if session is None or not (session.user_id == caller.user_id or caller.is_admin):
            raise NotFound("session", session_id)

    async def get(self, session_id: SessionId) -> Session:
        """Raises: NotFound."""
        session = await self._repository.find(session_id)
        if session is None:
            raise NotFound("session", session_id)
        return session

    async def exists(self, session_id: SessionId) -> bool:
        """Whether there is such a session."""
        return await self._repository.find(session_id) is not None

    async def get_active(self, session_id: SessionId) -> Session:
        """A session that takes work. Raises: NotFound, Conflict."""
        session = await self.get(session_id)
        if session.status is not SessionStatus.ACTIVE:
            raise Conflict("The session is not active; set its status to active first", status=session.status)
        if session.expires_at is not None and session.expires_at <= now():
            raise Conflict("The session has expired; give it a later expiresAt first")
        return session

    async def list(self, caller: Caller, request: SessionList) -> tuple[list[Session], int]:
        """The caller's own sessions, newest first, and how many there are in all."""
        return await self._repository.page(
            caller.user_id, request.status, limit=request.limit, offset=request.offset
        )

    async def create(self, caller: Caller, request: SessionCreate) -> Session:
        """Open a session with an empty workspace.

        Raises: InvalidField, ExtraNotInstalled, for its configuration.
        """
        await self._check(None, request.config)
        session_id = self._runtime.reserved() or SessionId(new_id("session"))
        moment = now()
        session = Session(
            id=session_id,
            user_id=caller.user_id,
            name=request.name,
            workspace_id=session_id,
            config=self._configure(request.config),
            status=SessionStatus.ACTIVE,
            created_at=moment,
            updated_at=moment,
            expires_at=request.expires_at,
        )
        await self.workspace(session_id).make()
        async with self._database.transaction() as unit:
            await self._repository.insert(unit, session)
            unit.append(session_id, SessionCreatedEvent(session=session))
        return session

    async def update(self, request: SessionUpdate) -> Session:
        """Change a session; what the request leaves out stays as it is.

        Raises: NotFound; ExtraNotInstalled, for the provider that the change names.
        """
        async with self._database.transaction() as unit:
            changed = await self.change(unit, request)
        self.forget(request.session_id)
        return changed

    async def change(self, unit: Transaction, request: SessionUpdate) -> Session:
        """As `update`, with the unit; `forget` comes after its end. Raises: NotFound, InvalidField."""
        session = await self.get(request.session_id)
        if request.config is not None:
            await self._check(self.workspace(session.id), request.config)
        changed = dataclasses.replace(
            session,
            name=request.name or session.name,
            status=request.status or session.status,
            config=merged(session.config, request.config) if request.config else session.config,
            expires_at=request.expires_at or session.expires_at,
            updated_at=now(),
        )
        await self._repository.save(unit, changed)
        unit.append(session.id, SessionUpdatedEvent(session=changed, changed=_differences(session, changed)))
        return changed

    def forget(self, session_id: SessionId) -> None:
        """A unit that has changed the session has ended: it is read anew."""
        self._repository.forget(session_id)

    async def delete(self, session_id: SessionId) -> None:
        """End what runs in a session and remove it with its workspace, tasks and events.

        It is gone for callers at once; those who follow it are told when nothing of it runs any more.
        """
        async with self._database.transaction() as unit:
            await self._repository.mark_deleted(unit, session_id)
        self._repository.forget(session_id)
        await self._end(session_id)
        await self._log.append(session_id, SessionDeletedEvent())
        await self._remove(session_id)

    async def finish_deletions(self) -> None:
        """Go on with the deletions that a stop of the server cut short."""
        for session in await self._repository.half_deleted():
            await self._end(session.id)
            await self._remove(session.id)

    def workspace(self, session_id: SessionId) -> Workspace:
        """The files of a session."""
        return Workspace(
            self._folder / session_id, max_file_bytes=self._files.max_file_bytes, room=self._room(session_id)
        )

    def sandbox(self, session: Session) -> Sandbox:
        """What the runtime needs to run the session's commands."""
        return Sandbox(
            session_id=session.id,
            folder=self._folder / session.id,
            limits=session.config.resource_limits,
            network=session.config.network,
        )

    async def sandbox_state(self, session_id: SessionId) -> SandboxState:
        """Where a session's commands run; `unavailable`, if the runtime does not answer. Raises: NotFound."""
        session = await self.get(session_id)
        try:
            place = await self._runtime.place(session.id)
        except RuntimeUnavailable as failure:
            log.warning("sandbox unavailable", session_id=session.id, reason=failure.message)
            place = Place(id="", status="unavailable")
        return SandboxState(
            runtime=self._runtime.name,
            id=place.id,
            path=mount_path(session.id),
            status=place.status,
            limits=dict(self._runtime.holds()),
        )

    async def active(self) -> int:
        """How many sessions there are that take work."""
        _, count = await self._repository.page(None, SessionStatus.ACTIVE, limit=1, offset=0)
        return count

    def _room(self, session_id: SessionId) -> Room:
        """What the session's workspace takes: one count for all who write there."""

        async def limits() -> ResourceLimits:
            return (await self.get(session_id)).config.resource_limits

        return self._rooms.setdefault(session_id, Room(limits))

    async def is_anything_left(self, session_id: SessionId) -> bool:
        """Whether there is such a session, or at least its workspace."""
        return await self.exists(session_id) or await asyncio.to_thread((self._folder / session_id).exists)

    async def _end(self, session_id: SessionId) -> None:
        """End all that a session has; cut short at any step, it can be done again."""
        await self._runtime.end(session_id)
        for end in self._before_deletion:
            await end(session_id)
        await self._runtime.close(session_id)

    async def _remove(self, session_id: SessionId) -> None:
        await self._runtime.close(session_id)
        await self.workspace(session_id).remove()
        self._rooms.pop(session_id, None)
        async with self._database.transaction() as unit:
            await self._log.retire(unit, session_id)
            await self._repository.remove(unit, session_id)

    async def _check(self, workspace: Workspace | None, wanted: SessionConfigChange) -> None:
        for check in self._checks:
            await check(workspace, wanted)

    def _configure(self, wanted: SessionConfigChange) -> SessionConfig:
        standard = SessionConfig(
            provider=self._defaults.provider,
            model=self._defaults.model,
            mode=self._defaults.mode,
            allowed_commands=self._defaults.allowed_commands,
            resource_limits=self._defaults.resource_limits,
            network=self._defaults.network,
        )
        return merged(standard, wanted)


def merged(standing: AnyShape, change: Shape) -> AnyShape:
    """`standing` with every field that `change` gives; nested shapes are merged the same way."""
    given: dict[str, object] = {}
    for field in dataclasses.fields(change):  # type: ignore[arg-type]
        content = getattr(change, field.name)
        if content is None:
            continue
        before = getattr(standing, field.name)
        is_change = isinstance(before, Shape) and type(content) is not type(before)
        given[field.name] = merged(before, content) if is_change else content
    return dataclasses.replace(standing, **given)  # type: ignore[type-var]


def _differences(before: Session, after: Session) -> list[str]:
    """The wire names of the fields that differ; those of the configuration one by one."""
    inner = [f"config.{name}" for name in _differing(before.config, after.config)]
    return [name for name in _differing(before, after) if name not in ("config", "updatedAt")] + inner


def _differing(before: Shape, after: Shape) -> list[str]:
    fields = type(after).schema().fields
    return [
        field.data_key or name
        for name, field in fields.items()
        if getattr(before, name) != getattr(after, name)
    ]
