"""Sessions: ownership, configuration, and the workspace on disk. Source: S0, "Session Management"."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

import structlog

from roocode_server.engine.concurrency.keyed_locks import KeyedLocks
from roocode_server.engine.events.log import EventLog
from roocode_server.engine.runtimes.runtime import Runtime, RuntimeUnavailable, SandboxPlace, SandboxSpec
from roocode_server.engine.sessions.access_watch import refused
from roocode_server.engine.sessions.secrets import SessionSecretStore
from roocode_server.engine.sessions.sharing import Sharing
from roocode_server.engine.storage.creation import OnCreated, nothing_more
from roocode_server.engine.storage.database import Database, Transaction
from roocode_server.engine.storage.sessions import SessionRepository
from roocode_server.engine.workspace.quota import DiskQuota
from roocode_server.engine.workspace.workspace import Workspace
from roocode_server.models.clock import format_time, now
from roocode_server.models.error import Conflict, InvalidField, NotFound, WorkspaceLimitExceeded
from roocode_server.models.identifier import SessionId, new_id
from roocode_server.models.session import (
    UNTITLED,
    ListedSession,
    ResourceLimits,
    Session,
    SessionConfig,
    SessionConfigChange,
    SessionCreatedEvent,
    SessionDeletedEvent,
    SessionEnsure,
    SessionExpired,
    SessionFields,
    SessionList,
    SessionRequest,
    SessionStatus,
    SessionUpdate,
    SessionUpdatedEvent,
    SessionWork,
    mount_path,
)
from roocode_server.models.session import Sandbox as SandboxState
from roocode_server.models.session_secrets import HOLD_SECRETS, NO_SECRETS, hidden, settled
from roocode_server.models.settings import FileSettings, SessionSettings
from roocode_server.models.shape import LEFT_OUT, Shape, camel_case
from roocode_server.models.sharing import PERMITTED, Access
from roocode_server.models.user import Caller, Permission

CHANGED: Final = ("name", "config", "status", "expires_at")
"""The fields of a session that users can change."""

log = structlog.get_logger("sessions")

AnyShape = TypeVar("AnyShape", bound=Shape)
CheckConfig = Callable[[Workspace | None, SessionConfigChange], Awaitable[None]]
EndOfSession = Callable[[SessionId], Awaitable[None]]
ChangeOfSession = Callable[[Session], None]


class SessionAccess(NamedTuple):
    """A session that is open to a caller, and what they may do there."""

    session: Session
    access: Access


class Sessions:
    """The sessions of all users. `sharing` knows who may enter which."""

    def __init__(
        self,
        database: Database,
        repository: SessionRepository,
        log: EventLog,
        runtime: Runtime,
        secrets: SessionSecretStore,
        sharing: Sharing,
        *,
        folder: Path,
        defaults: SessionSettings,
        files: FileSettings,
        most_of_user: int | None,
    ) -> None:
        self._database = database
        self._repository = repository
        self._log = log
        self._runtime = runtime
        self._secrets = secrets
        self.sharing = sharing
        self._folder = folder
        self._defaults = defaults
        self._files = files
        self._most_of_user = most_of_user
        self._before_deletion: list[EndOfSession] = []
        self._at_expiry: list[EndOfSession] = []
        self._when_changed: list[ChangeOfSession] = []
        self._expiring: dict[SessionId, asyncio.Event] = {}
        """Sessions that are expiring; the event is set when everything in them has been stopped."""
        self.expiry_changed = asyncio.Event()
        """Set when a session that expires may do so at another time."""
        self._checks: list[CheckConfig] = []
        self._rooms: dict[SessionId, DiskQuota] = {}
        self._ensuring = KeyedLocks()

    def check_configurations_by(self, check: CheckConfig) -> None:
        """Call `check` with each configuration before a session gets it; it raises if it refuses it.

        It also gets the session's workspace, or None for a session that is being created.
        """
        self._checks.append(check)

    def at_expiry(self, end: EndOfSession) -> None:
        """Call `end` with the id of each session that expires, to stop what runs there."""
        self._at_expiry.append(end)

    def before_deletion(self, end: EndOfSession) -> None:
        """Call `end` with the id of each session that is about to be deleted."""
        self._before_deletion.append(end)

    def when_changed(self, heard: ChangeOfSession) -> None:
        """Call `heard` with each session that has been changed, after that is committed."""
        self._when_changed.append(heard)

    async def accessible(
        self, caller: Caller, session_id: SessionId, permission: Permission
    ) -> SessionAccess:
        """Return a session in which the caller has this permission.

        Raises: NotFound, if there is no such session or it is not open to the caller: they cannot tell which,
        not even by the time it takes; PermissionDenied, if it is open to them, but not for this.
        """
        access = await self.sharing.access(caller, session_id)
        session = await self._repository.find(session_id) if access is not None else None
        if access is None or session is None:
            raise refused(session_id, permission, None)
        if permission not in PERMITTED[access]:
            raise refused(session_id, permission, access)
        return SessionAccess(session, access)

    async def open_to(
        self, caller: Caller, session_ids: Iterable[SessionId], permission: Permission
    ) -> set[SessionId]:
        """Return those of these sessions in which the caller has the permission."""
        found = set()
        for session_id in set(session_ids):
            access = await self.sharing.access(caller, session_id)
            if access is not None and permission in PERMITTED[access]:
                found.add(session_id)
        return found

    async def get(self, session_id: SessionId) -> Session:
        """Return the session. Raises: NotFound."""
        session = await self._repository.find(session_id)
        if session is None:
            raise NotFound("session", session_id)
        return session

    async def exists(self, session_id: SessionId) -> bool:
        """Return whether the session exists."""
        return await self._repository.find(session_id) is not None

    async def exists_on(self, unit: Transaction, session_id: SessionId) -> bool:
        """As `exists`, as the unit of work sees it."""
        return await self._repository.find_on(unit, session_id) is not None

    async def get_active(self, session_id: SessionId, session: Session | None = None) -> Session:
        """Return a session that accepts work; `session` is it, if the caller has just loaded it.

        Raises: NotFound; Conflict, if it is inactive or has expired.
        """
        if session is None:
            session = await self.get(session_id)
        if session.expires_at is not None and has_expired(session):
            raise Conflict(
                "The session has expired; give it a later expiresAt and the status active first",
                expiresAt=format_time(session.expires_at),
            )
        if session.status is not SessionStatus.ACTIVE:
            raise Conflict("The session is not active; set its status to active first", status=session.status)
        return session

    async def list(self, caller: Caller, request: SessionList) -> tuple[list[ListedSession], int]:
        """Return one page of the caller's sessions and of those shared with them, newest first, and their
        total number.
        """
        page, total = await self._repository.page(
            caller.user_id,
            request.scope,
            request.status,
            purpose=request.purpose,
            limit=request.limit,
            offset=request.offset,
        )
        foreign = [session.id for session in page if session.user_id != caller.user_id]
        given = await self.sharing.given_to(caller, foreign) if foreign and not caller.is_admin else {}
        work = await self._repository.work([session.id for session in page])
        return [
            ListedSession.at_work(each, given.get(each.id, Access.OWNER), work.get(each.id, SessionWork.IDLE))
            for each in page
        ], total

    async def ensure(self, caller: Caller, request: SessionEnsure) -> tuple[Session, bool]:
        """Return the caller's session for a purpose, and whether it was created. Raises: as `create`."""
        async with self._ensuring.holding((caller.user_id, request.purpose)):
            async with self._database.transaction() as unit:
                found = await self._repository.with_purpose_on(unit, caller.user_id, request.purpose)
            if found is not None:
                return found, False
            return await self.create(caller, request, purpose=request.purpose), True

    async def create(
        self,
        caller: Caller,
        request: SessionRequest,
        purpose: str | None = None,
        *,
        on_created: OnCreated[Session] = nothing_more,
    ) -> Session:
        """Create a session with an empty workspace.

        Raises: InvalidField, ExtraNotInstalled, if its configuration is refused; WorkspaceLimitExceeded, if
        the user has reached `limits.sessions`.
        """
        config = await self.admitted(request.config)
        if request.expires_at is not None:
            _check_expiry(request.expires_at)
        session_id = self._runtime.take_warm_session() or SessionId(new_id("session"))
        moment = now()
        session = Session(
            id=session_id,
            user_id=caller.user_id,
            name=request.name,
            workspace_id=session_id,
            config=hidden(config),
            status=SessionStatus.ACTIVE,
            created_at=moment,
            updated_at=moment,
            expires_at=request.expires_at,
            purpose=purpose,
        )
        await self.workspace(session_id).make()
        try:
            async with self._database.transaction() as unit:
                await self._check_number(unit, caller)
                await self._repository.insert(unit, session, self._secrets.sealed(session_id, config))
                unit.append(session_id, SessionCreatedEvent(session=session))
                await on_created(unit, session)
        except Exception:
            await self.workspace(session_id).remove()
            raise
        self._heed_expiry(session)
        return session

    async def draft(
        self, caller: Caller, config: SessionConfig, *, name: str, expires_at: datetime.datetime | None
    ) -> Session:
        """Begin a session of the caller that is made from another one, with an empty workspace.

        Nobody sees it until `complete`; `config` has its secrets in clear. Whoever begins one completes it or
        calls `discard`. Raises: InvalidField, ExtraNotInstalled; WorkspaceLimitExceeded, if the user has
        reached `limits.sessions`.
        """
        session_id, moment = SessionId(new_id("session")), now()
        session = Session(
            id=session_id,
            user_id=caller.user_id,
            name=name,
            workspace_id=session_id,
            config=hidden(config),
            status=SessionStatus.ACTIVE,
            created_at=moment,
            updated_at=moment,
            expires_at=expires_at,
        )
        async with self._database.transaction() as unit:
            await self._check_number(unit, caller)
            sealed = self._secrets.sealed(session_id, config)
            await self._repository.insert_draft(unit, session, sealed)
        await self.workspace(session_id).make()
        return session

    async def complete(self, unit: Transaction, caller: Caller, session: Session) -> None:
        """Show a session that is whole now; call `completed` after the unit of work.

        Raises: WorkspaceLimitExceeded.
        """
        await self._check_number(unit, caller)
        await self._repository.complete(unit, session.id)
        unit.append(session.id, SessionCreatedEvent(session=session))

    def completed(self, session: Session) -> None:
        """Show a session from now on that `complete` has made whole."""
        self.forget(session.id)
        self._heed_expiry(session)

    async def admitted(self, wanted: SessionConfigChange) -> SessionConfig:
        """Return the configuration of a new session for which this is wanted.

        Raises: InvalidField, ExtraNotInstalled, if it is refused.
        """
        await self._check(None, wanted)
        return settled(self._configure(wanted), self._standard(), NO_SECRETS)

    async def discard(self, session_id: SessionId) -> None:
        """Remove a session that has not become whole, of which nobody has been told."""
        await self._remove(session_id)

    async def drafts(self) -> Sequence[SessionId]:
        """Return the sessions that are not whole."""
        return await self._repository.drafts()

    async def discard_drafts(self) -> None:
        """Remove the sessions whose making a stop of the server has cut short."""
        for session_id in await self.drafts():
            await self.discard(session_id)

    async def _check_number(self, unit: Transaction, caller: Caller) -> None:
        """Raises: WorkspaceLimitExceeded."""
        most = self._most_of_user
        if most is None or caller.is_admin:
            return
        if await self._repository.count_on(unit, caller.user_id) >= most:
            raise WorkspaceLimitExceeded(
                f"You have reached the limit of {most} sessions; delete some first",
                limit="sessions",
                most=most,
            )

    async def update(self, request: SessionUpdate) -> Session:
        """Change a session; fields left out stay as they are, null resets a field to its default.

        Raises: NotFound; InvalidField; ExtraNotInstalled, if the new provider is not installed.
        """
        if (
            request.session_id in self._expiring
        ):  # work started after the change must not be stopped by the expiry
            await self._expiring[request.session_id].wait()
        async with self._database.transaction() as unit:
            changed = await self.change(unit, request)
        self.forget(request.session_id)
        self.tell(changed)
        return changed

    async def change(self, unit: Transaction, request: SessionUpdate) -> Session:
        """As `update`, in a unit of work; call `forget` after it, and `tell` if it was committed.

        Raises: NotFound, InvalidField.
        """
        session, wanted = await self.get(request.session_id), _wanted(request)
        _check_unchanged(session, wanted)
        if isinstance(wanted.config, SessionConfigChange):
            await self._check(self.workspace(session.id), wanted.config)
        standard = dataclasses.replace(
            session, name=UNTITLED, status=SessionStatus.ACTIVE, config=self._standard(), expires_at=None
        )
        change = {name: getattr(wanted, name) for name in CHANGED if getattr(wanted, name) is not LEFT_OUT}
        changed = merged(dataclasses.replace(session, updated_at=now()), change, standard)
        if changed.expires_at is not None and changed.expires_at != session.expires_at:
            _check_expiry(changed.expires_at)
        if "status" in change and changed.status is SessionStatus.ACTIVE and has_expired(changed):
            raise InvalidField("expiresAt", "The session has expired: set a time in the future, or null.")
        differences = _differences(session, changed)
        if any(getattr(changed.config, name) != getattr(session.config, name) for name in HOLD_SECRETS):
            config = await self._secrets.settled(unit, session, changed.config)
            await self._repository.save_sealed(unit, session.id, self._secrets.sealed(session.id, config))
            changed = dataclasses.replace(changed, config=hidden(config))
        await self._repository.save(unit, changed)
        unit.append(session.id, SessionUpdatedEvent(session=changed, changed=differences))
        return changed

    async def revealed(self, session: Session) -> SessionConfig:
        """Return the session's configuration with its secrets in clear. Raises: SealBroken."""
        return await self._secrets.revealed(session)

    def forget(self, session_id: SessionId) -> None:
        """Drop the session from the cache after a unit of work that changed it."""
        self._repository.forget(session_id)

    def tell(self, changed: Session) -> None:
        """Tell those who want to know that a session has been changed."""
        self._heed_expiry(changed)
        for heard in self._when_changed:
            heard(changed)

    def _heed_expiry(self, session: Session) -> None:
        """A session that no longer expires need not be heeded: when its time comes, it is left alone."""
        if session.expires_at is not None:
            self.expiry_changed.set()

    def configured(self, standing: SessionConfig, change: SessionConfigChange) -> SessionConfig:
        """Return a configuration with a change applied."""
        return merged(standing, given(change), self._standard())

    async def expire_overdue(self) -> datetime.datetime | None:
        """Stop everything in the sessions that have expired; return when the next one expires, or None."""
        for session_id in await self._repository.overdue(now()):
            await self._expire(session_id)
        return await self._repository.next_expiry()

    async def _expire(self, session_id: SessionId) -> None:
        """Make a session inactive, so that nothing new starts there, then stop what runs."""
        async with self._database.transaction() as unit:
            session = await self._repository.find_on(unit, session_id)
            if session is None or session.status is not SessionStatus.ACTIVE or not has_expired(session):
                return
            expired = dataclasses.replace(session, status=SessionStatus.INACTIVE, updated_at=now())
            await self._repository.save(unit, expired)
            unit.append(session_id, SessionExpired())
            unit.append(session_id, SessionUpdatedEvent(session=expired, changed=["status"]))
        self._repository.forget(session_id)
        ended = self._expiring[session_id] = asyncio.Event()
        try:
            for end in (*self._at_expiry, self._runtime.close):
                await self._attempt(end, session_id)
        finally:
            del self._expiring[session_id]
            ended.set()

    async def _attempt(self, end: EndOfSession, session_id: SessionId) -> None:
        """A failure is logged, so that everything else is still stopped."""
        try:
            await end(session_id)
        except Exception:
            log.exception("an expired session could not be ended completely", session_id=session_id)

    @property
    def default_mode(self) -> str:
        """The mode of sessions that name none."""
        return self._defaults.mode

    async def delete(self, session_id: SessionId) -> None:
        """Stop what runs in a session, then delete it with its workspace, tasks and events.

        Callers cannot find it any more at once; followers get `session.deleted` when everything has been
        stopped.
        """
        async with self._database.transaction() as unit:
            await self._repository.mark_deleted(unit, session_id)
        await self.finish_deletion(session_id)

    async def finish_deletion(self, session_id: SessionId) -> None:
        """Stop what runs in a session that has been marked as deleted, then remove it."""
        self._repository.forget(session_id)
        await self._end(session_id)
        await self._log.append(session_id, SessionDeletedEvent())
        await self._remove(session_id)

    async def finish_deletions(self) -> None:
        """Finish the deletions that a stop of the server interrupted."""
        for session in await self._repository.half_deleted():
            await self._end(session.id)
            if not await self._is_told_deleted(session.id):
                await self._log.append(session.id, SessionDeletedEvent())
            await self._remove(session.id)

    async def _is_told_deleted(self, session_id: SessionId) -> bool:
        """Return whether the last event of the session's log says that it is deleted."""
        head = await self._log.head(session_id)
        last = await self._log.read(session_id, after=max(head - 1, 0), limit=1)
        return bool(last) and last[0].type == SessionDeletedEvent.name

    def workspace(self, session_id: SessionId) -> Workspace:
        """Return the workspace of a session."""
        return Workspace(
            self._folder / session_id, max_file_bytes=self._files.max_file_bytes, room=self._room(session_id)
        )

    def new_place(self) -> Path:
        """Return where a workspace could be that is not there yet, for those who stage its content."""
        return self._folder / new_id("session")

    def sandbox(self, session: Session) -> SandboxSpec:
        """Return what the runtime needs to know to run the session's commands."""
        return SandboxSpec(
            session_id=session.id,
            folder=self._folder / session.id,
            limits=session.config.resource_limits,
            network=session.config.network,
        )

    async def sandbox_state(self, session: Session) -> SandboxState:
        """Return where a session's commands run; `unavailable` if the runtime does not answer."""
        try:
            place = await self._runtime.place(session.id)
        except RuntimeUnavailable as failure:
            log.warning("sandbox unavailable", session_id=session.id, reason=failure.message)
            place = SandboxPlace(id="", status="unavailable")
        return SandboxState(
            runtime=self._runtime.name,
            id=place.id,
            path=mount_path(session.id),
            status=place.status,
            limits=dict(self._runtime.enforced_limits()),
        )

    async def active(self) -> int:
        """Return the number of active sessions."""
        return await self._repository.active()

    def _room(self, session_id: SessionId) -> DiskQuota:
        """Return the disk usage of the session's workspace, shared by all who write there."""

        async def limits() -> ResourceLimits:
            return (await self.get(session_id)).config.resource_limits

        return self._rooms.setdefault(session_id, DiskQuota(limits))

    async def is_anything_left(self, session_id: SessionId) -> bool:
        """Return whether the session, or at least its workspace, still exists."""
        return await self.exists(session_id) or await asyncio.to_thread((self._folder / session_id).exists)

    async def _end(self, session_id: SessionId) -> None:
        """Stop everything in a session; if interrupted at any step, it can be repeated."""
        await self._runtime.end(session_id)
        for end in self._before_deletion:
            await end(session_id)
        await self._runtime.close(session_id)

    async def _remove(self, session_id: SessionId) -> None:
        await self._runtime.close(session_id)
        await self.workspace(session_id).remove()
        self._rooms.pop(session_id, None)
        await self._log.shorten(session_id)
        async with self._database.transaction() as unit:
            await self._log.retire(unit, session_id)
            await self._repository.remove(unit, session_id)

    async def _check(self, workspace: Workspace | None, wanted: SessionConfigChange) -> None:
        for check in self._checks:
            await check(workspace, wanted)

    def _configure(self, wanted: SessionConfigChange) -> SessionConfig:
        return self.configured(self._standard(), wanted)

    def _standard(self) -> SessionConfig:
        return SessionConfig(
            provider=self._defaults.provider,
            model=self._defaults.model,
            mode=self._defaults.mode,
            allowed_commands=self._defaults.allowed_commands,
            resource_limits=self._defaults.resource_limits,
            network=self._defaults.network,
            concurrent_tasks=self._defaults.concurrent_tasks,
        )


def has_expired(session: Session) -> bool:
    """Whether the session has expired."""
    return session.expires_at is not None and session.expires_at <= now()


def given(change: Shape) -> dict[str, object]:
    """Return the fields that a change contains."""
    fields = dataclasses.fields(change)  # type: ignore[arg-type]
    contents = {field.name: getattr(change, field.name) for field in fields}
    return {name: content for name, content in contents.items() if content is not LEFT_OUT}


def merged(standing: AnyShape, change: Mapping[str, object], standard: AnyShape) -> AnyShape:
    """Apply `change` to `standing`, None meaning the value in `standard`; nested shapes likewise."""
    found: dict[str, object] = {}
    for name, content in change.items():
        before, default = getattr(standing, name), getattr(standard, name)
        if content is None:
            found[name] = default
        elif isinstance(before, Shape) and isinstance(content, Shape) and type(content) is not type(before):
            found[name] = merged(before, given(content), default)
        else:
            found[name] = content
    return dataclasses.replace(standing, **found)  # type: ignore[type-var]


def _wanted(request: SessionUpdate) -> SessionFields:
    """Return the requested fields.

    Raises: InvalidField, if they are given both in `session` and beside it.
    """
    if request.session is None:
        return request
    if any(getattr(request, name) is not LEFT_OUT for name in CHANGED):
        raise InvalidField("session", "Give the fields either inside this object or beside it, not both.")
    return request.session


def _check_unchanged(session: Session, wanted: SessionFields) -> None:
    """Raises: InvalidField, if the update gives a new value to a field that cannot be changed."""
    for name in ("id", "user_id", "workspace_id"):
        if getattr(wanted, name) not in (None, getattr(session, name)):
            raise InvalidField(camel_case(name), "This cannot be changed.")
    created = wanted.created_at
    if created is not None and format_time(created) != format_time(session.created_at):
        raise InvalidField("createdAt", "This cannot be changed.")


def _check_expiry(moment: datetime.datetime) -> None:
    if moment <= now():
        raise InvalidField("expiresAt", "Expected a time in the future.")


def _differences(before: Session, after: Session) -> list[str]:
    """Return the wire names of the fields that differ; those of the configuration one by one."""
    inner = [f"config.{name}" for name in _differing(before.config, after.config)]
    return [name for name in _differing(before, after) if name not in ("config", "updatedAt")] + inner


def _differing(before: Shape, after: Shape) -> list[str]:
    fields = type(after).schema().fields
    return [
        field.data_key or name
        for name, field in fields.items()
        if getattr(before, name) != getattr(after, name)
    ]
