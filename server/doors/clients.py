"""The clients of the Socket.IO door: who they are, what they follow, and how bytes reach them."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any

import orjson

from roocode_server.engine.accounts.watch import CredentialWatch
from roocode_server.engine.events.hub import Hub
from roocode_server.engine.events.log import EventLog
from roocode_server.engine.sessions.access_watch import AccessWatch
from roocode_server.handlers.connection import WatchSource
from roocode_server.handlers.dialects.dialect import DialectAdapter
from roocode_server.handlers.operation import Operation
from roocode_server.models.error import AppError, PermissionDenied, TokenExpired
from roocode_server.models.event import EVENTS, Broadcast, LogStart, StoredEvent, notice
from roocode_server.models.identifier import SessionId
from roocode_server.models.session import SessionScope
from roocode_server.models.user import Caller, Identity, Permission
from roocode_server.server.doors.frames import text_frame
from roocode_server.server.doors.overview import OverviewFollower, Overviews
from roocode_server.server.doors.subscriber import Subscriber
from roocode_server.server.doors.tenure import Tenure
from roocode_server.server.doors.transport import PacketQueue
from roocode_server.server.doors.watches import Watches
from roocode_server.server.identity import new_request_id


class Client:
    """One client in one namespace. It is the `Connection` of its calls and the `Outlet` of its events."""

    def __init__(
        self,
        namespace: str,
        caller: Caller,
        queue: PacketQueue,
        clients: Clients,
        engine_id: str,
        adapter: DialectAdapter | None = None,
    ) -> None:
        self.namespace = namespace
        self.adapter = adapter
        """Translates its calls and events if the namespace is a dialect's."""
        self.engine_id = engine_id
        self.pending = 0
        self._ended = asyncio.Event()
        self._prefix = "" if namespace == "/" else f"{namespace},"
        self._caller = caller
        self._queue = queue
        self._clients = clients
        self._defaults: dict[str, Any] = {}
        self._wanted: dict[SessionId, tuple[int | None, LogStart | None]] = {}
        self._following: dict[SessionId, Subscriber] = {}
        self._leaving: dict[SessionId, Callable[[], None]] = {}
        """For each session that it follows by itself: stops watching whether it may."""
        self._watches = Watches(self._send_broadcast)
        self._overview: OverviewFollower | None = None
        self._ending_with_it: set[asyncio.Task[Any]] = set()
        self._is_connected = False
        self._tenure = Tenure(clients.watch, clients.grace_s, expired=self._tell_expired, over=self._show_out)
        self._disconnect: Callable[[], Awaitable[None]] | None = None

    def caller_for(self, request_id: str) -> Caller:
        """The caller of one call."""
        return self._caller.calling(request_id)

    def remember(self, session_id: SessionId, head: int) -> None:
        """Keep the session that the client connected for: its calls may leave it out. Source: S0.

        `head` is the last event of the session, after which it is sent what follows if it has named no other.
        """
        self._defaults = {"sessionId": session_id}
        if self.adapter is not None:
            after, _ = self._wanted[session_id]
            self.adapter.enter(session_id, head if after is None else after)

    def with_defaults(self, operation: Operation, raw: Any) -> Any:
        """Return the call's argument, with the session from the handshake if it names none."""
        if not self._defaults or not isinstance(raw, dict) or "sessionId" in raw:
            return raw
        return {**self._defaults, **raw} if operation.on == "session_id" else raw

    def begin(self, call: asyncio.Task[None]) -> None:
        """Count a call until it has been answered."""
        self.pending += 1
        call.add_done_callback(self._end)

    async def one_has_ended(self) -> None:
        """Return when a call that is under way has been answered."""
        self._ended.clear()
        await self._ended.wait()

    @contextlib.contextmanager
    def ending_with_it(self) -> Iterator[None]:
        """Cancel the task that runs this block when the client disconnects."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - calls are answered in tasks
        self._ending_with_it.add(task)
        try:
            yield
        finally:
            self._ending_with_it.discard(task)

    def connected(self, disconnect: Callable[[], Awaitable[None]]) -> None:
        """Mark the client as connected: events may follow its CONNECT packet, as long as its credentials are
        valid.
        """
        self._is_connected = True
        self._disconnect = disconnect
        wanted, self._wanted = self._wanted, {}
        for session_id, (after, reset) in wanted.items():
            self._start(session_id, after, reset)
        self._tenure.begin(self._caller)

    def renew(self, identity: Identity) -> None:
        """Use this credential for the client and the same user's other clients on its connection."""
        for client in self._clients.of(self.engine_id):
            client.admit(identity)

    def admit(self, identity: Identity) -> None:
        """Use this credential if it belongs to the client's user."""
        if identity.user.id == self._caller.user_id:
            self._caller = self._caller.renewed(identity)
            self._tenure.begin(self._caller)
            for subject in self._watches.renew(self._caller):
                failure = PermissionDenied(f"The new credentials do not permit to watch {subject}")
                self.tell("error", failure.body(new_request_id()))

    def follow(self, session_id: SessionId, *, after: int | None, reset: LogStart | None = None) -> None:
        """Send the session's events; a second call for the same session starts over from `after`."""
        self._stop(session_id)
        ended = functools.partial(self._shut_out, session_id)
        self._leaving[session_id] = self._clients.access.follow(
            session_id, self._caller, Permission.EVENT_READ, ended
        )
        if self._is_connected:
            self._start(session_id, after, reset)
        else:
            self._wanted[session_id] = (after, reset)

    def unfollow(self, session_id: SessionId) -> None:
        """Stop sending events of this session, unless all sessions are followed."""
        self._stop(session_id)

    def follow_all(
        self, scope: SessionScope, types: Sequence[str], *, after: int, reset: LogStart | None = None
    ) -> None:
        """As `OverviewConnection.follow_all`."""
        self.unfollow_all()
        if reset is not None:
            self.tell(reset.name, notice(reset))
        self._overview = self._clients.overviews.follow(
            self, self._caller, scope, types, after=after, is_followed=self._leaving.__contains__
        )

    def unfollow_all(self) -> None:
        """As `OverviewConnection.unfollow_all`."""
        if self._overview is not None:
            self._overview.close()
            self._overview = None

    def _stop(self, session_id: SessionId) -> None:
        self._wanted.pop(session_id, None)
        leave = self._leaving.pop(session_id, None)
        if leave is not None:
            leave()
        subscriber = self._following.pop(session_id, None)
        if subscriber is not None:
            subscriber.close()

    @property
    def watched(self) -> list[str]:
        """What it watches beside sessions."""
        return self._watches.subjects

    def watch(self, subject: str, permission: Permission, source: WatchSource) -> None:
        """Send what the source delivers, as long as the caller has the permission."""
        self._watches.begin(subject, permission, source, self._caller)

    def unwatch(self, subject: str) -> None:
        """Send nothing more of this subject."""
        self._watches.end(subject)

    def close(self) -> None:
        """Release everything of a client that has disconnected."""
        self._tenure.end()
        self._watches.close()
        for task in self._ending_with_it:
            task.cancel()
        self.unfollow_all()
        for session_id in list(self._leaving):
            self._stop(session_id)

    def write(self, stored: StoredEvent) -> bool:
        """Send an event if it belongs to this namespace; False if the client is full or expired."""
        if self._tenure.is_expired:
            return False
        if self.adapter is not None:
            return self._write_translated(self.adapter, stored)
        if self.namespace != "/" and EVENTS[stored.type].namespace != self.namespace:
            return True
        return self._queue.write_frame(self._frame(stored.type, stored))

    def _send_broadcast(self, broadcast: Broadcast) -> None:
        """Send an event of no session; a client that is full or expired does not get it."""
        if not self._tenure.is_expired:
            self._queue.write_frame(self._frame(broadcast.happened.name, broadcast))

    def _frame(self, name: str, event: StoredEvent | Broadcast) -> bytes:
        """The event as a packet of this namespace, made once for all of its clients."""
        frame = event.frames.get(self.namespace)
        if frame is None:
            payload = f'42{self._prefix}["{name}",'.encode() + event.body + b"]"
            event.frames[self.namespace] = frame = text_frame(payload)
        return frame

    def _write_translated(self, adapter: DialectAdapter, stored: StoredEvent) -> bool:
        """An event may become several packets or none; they are sent together, or later."""
        if not self._queue.has_room:
            return False
        for event in adapter.render(stored):
            self._queue.write_payload(f"42{self._prefix}".encode() + event)
        return True

    async def drained(self) -> None:
        """Return once the client has read what was sent. Raises: ConnectionError, if it is gone."""
        await self._tenure.renewed()
        await self._queue.drained()

    def abandon(self) -> None:
        """Break the connection off, so that the client reconnects and resumes."""
        self._clients.break_off(self.engine_id)

    def acknowledge(self, call_id: int, body: Mapping[str, Any]) -> None:
        """Send the acknowledgement of a call."""
        self._queue.write_payload(f"43{self._prefix}{call_id}[".encode() + orjson.dumps(body) + b"]")

    def tell(self, event: str, body: Mapping[str, Any]) -> None:
        """Send an event that belongs to no session to this client only."""
        self._queue.write_payload(f"42{self._prefix}".encode() + orjson.dumps([event, body]))

    def _tell_expired(self) -> None:
        self.tell("error", TokenExpired().body(new_request_id()))

    def _show_out(self, failure: AppError) -> None:
        """Close the transport, not the namespace, so that the client reconnects, with other credentials."""
        if not isinstance(failure, TokenExpired):
            self.tell("error", failure.body(new_request_id()))
        if self._disconnect is not None:
            self._clients.end(self._disconnect)

    def _shut_out(self, session_id: SessionId, failure: AppError) -> None:
        """Send nothing more of a session to which its access has been taken away.

        A dialect's client works in one session: it is shown out.
        """
        self._stop(session_id)
        if self.adapter is not None:
            self._show_out(failure)
        else:
            self.tell("error", failure.body(new_request_id()))

    def _end(self, call: asyncio.Task[None]) -> None:
        self.pending -= 1
        self._ended.set()

    def _start(self, session_id: SessionId, after: int | None, reset: LogStart | None) -> None:
        if reset is not None and self.adapter is None:
            # In every namespace: the client's cursor of this session is no longer valid.
            self.tell(reset.name, notice(reset, session_id))
        self._following[session_id] = Subscriber(
            session_id, self, self._clients.log, self._clients.hub, after=after
        )


class Clients:
    """All clients of this process."""

    def __init__(
        self,
        log: EventLog,
        hub: Hub,
        watch: CredentialWatch,
        access: AccessWatch,
        overviews: Overviews,
        *,
        grace_s: float,
    ) -> None:
        self.log = log
        self.hub = hub
        self.watch = watch
        self.access = access
        self.overviews = overviews
        self.grace_s = grace_s
        self._clients: dict[str, dict[str, Client]] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._break_off: Callable[[str], Awaitable[None]]

    def find(self, engine_id: str, namespace: str) -> Client | None:
        """The client of this connection in this namespace."""
        return self._clients.get(engine_id, {}).get(namespace)

    def of(self, engine_id: str) -> list[Client]:
        """The clients of one connection, one for each namespace that it is in."""
        return list(self._clients.get(engine_id, {}).values())

    def knows(self, engine_id: str) -> bool:
        """Whether a connection has joined a namespace, and so is authenticated."""
        return engine_id in self._clients

    def add(self, client: Client, disconnect: Callable[[], Awaitable[None]]) -> None:
        """Add a client that has been sent its CONNECT packet."""
        self._clients.setdefault(client.engine_id, {})[client.namespace] = client
        client.connected(disconnect)

    def remove(self, engine_id: str, namespace: str) -> None:
        """Remove a client that has left."""
        here = self._clients.get(engine_id, {})
        client = here.pop(namespace, None)
        if client is not None:
            client.close()
            if not here:
                del self._clients[engine_id]

    def break_off_by(self, break_off: Callable[[str], Awaitable[None]]) -> None:
        """Set how the connection with an engine.io id is broken off."""
        self._break_off = break_off

    def break_off(self, engine_id: str) -> None:
        """Break a connection off, so that its client reconnects."""
        self.end(lambda: self._break_off(engine_id))

    def end(self, disconnect: Callable[[], Awaitable[None]]) -> None:
        """Disconnect a client, in a separate task."""
        ending = asyncio.ensure_future(disconnect())
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)
