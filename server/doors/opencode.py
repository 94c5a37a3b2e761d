"""The raw WebSocket door `/ws`: S4's typed messages and S1's broadcast.

Source: S4; S1, "Server Architecture".
"""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Final

import orjson
from aiohttp import WSCloseCode, WSMsgType, web

from roocode_server.engine.limits.rates import RateLimits
from roocode_server.handlers.connection import WatchSource
from roocode_server.handlers.dialects.opencode.conversation import TypedConversation
from roocode_server.handlers.dialects.opencode.exchange import counted_by_messages
from roocode_server.handlers.dialects.opencode.place import Place
from roocode_server.handlers.dialects.opencode.refusals import RefusalCode, refused, told_refusal
from roocode_server.models.error import (
    AppError,
    AuthenticationFailed,
    NotFound,
    PermissionDenied,
    RateLimitExceeded,
    TokenExpired,
    ValidationFailed,
)
from roocode_server.models.event import Broadcast, LogStart, StoredEvent
from roocode_server.models.identifier import SessionId
from roocode_server.models.log_entry import LogWritten
from roocode_server.models.quota import Limit
from roocode_server.models.session import SessionDeletedEvent, SessionScope
from roocode_server.models.tool import ToolGroup
from roocode_server.models.user import Caller, Identity, Permission
from roocode_server.server.doors.frames import close_frame, text_frame
from roocode_server.server.doors.json import decode
from roocode_server.server.doors.overview import OverviewFollower, Overviews
from roocode_server.server.doors.raw import (
    ACCESS_ENDED,
    RawConnection,
    RawDoor,
    RawServices,
    offered_protocols,
)
from roocode_server.server.doors.subscriber import Subscriber
from roocode_server.server.doors.watches import Watches
from roocode_server.server.identity import query_of

SESSION: Final = "sessionId"
HEARTBEAT_LOST: Final = 4408
"""The code with which a connection is closed whose client does not answer pings."""
GOODBYE_S: Final = 1.0
"""How long a client may take to confirm that its connection is closed."""
AGENT_PAUSE_S: Final = 0.5
"""The least time between two updates of the same agents."""
TURNED_AWAY: Final = (RateLimitExceeded, NotFound, PermissionDenied)
"""What a caller is told who is known: too many connections, or a session that is not theirs to enter."""
MOST_ENTRIES: Final = 1000
"""The log entries that wait until the ids of their tasks are known; of more, the oldest are left out."""
UPDATE_FRAME: Final = "opencode"
EVENT_FRAME: Final = "broadcast"

_numbers = itertools.count(1)


class OpencodeConnection(RawConnection):
    """One client at `/ws`."""

    def __init__(self, door: OpencodeDoor, request: web.Request, caller: Caller, place: Place) -> None:
        super().__init__(door.services, request, caller)
        self._door = door
        self._name = str(next(_numbers))
        self._watches = Watches(self._send_broadcast)
        self._overview: OverviewFollower | None = None
        self._followed: tuple[SessionId, Subscriber] | None = None
        self._leave: Callable[[], None] | None = None
        self._stop_guarding: Callable[[], None] | None = None
        self._learning: asyncio.Task[None] | None = None
        self._telling: asyncio.Task[None] | None = None
        self._entries: deque[LogWritten] = deque(maxlen=MOST_ENTRIES)
        self._logging: asyncio.Task[None] | None = None
        self._conversation = TypedConversation(door.operations, self, place, door.allowed)

    def begin(self, socket: web.WebSocketResponse) -> None:
        """The connection is open: greet the client."""
        super().begin(socket)
        session_id = self._conversation.place.session_id
        if session_id is not None:
            self._stop_guarding = self._services.access.follow(
                session_id, self.caller, Permission.SESSION_READ, self._shut_out
            )
        self.tell(self._conversation.greeting())

    def end(self) -> None:
        """The client has disconnected."""
        super().end()
        self._watches.close()
        self.unfollow_all()
        self._stop_following()
        if self._stop_guarding is not None:
            self._stop_guarding()
        for task in (self._learning, self._telling, self._logging):
            if task is not None:
                task.cancel()

    async def follow_everything(self) -> None:
        """Be told every event until the first typed message, as S1's clients are."""
        try:
            await self._conversation.begin(self.calling())
        except AppError as failure:
            self.refuse(failure)

    async def take(self, sent: bytes) -> None:
        """Answer a message."""
        caller = self.calling()
        try:
            await self._door.rates.count(Limit.MESSAGES, caller, connection=self._name)
            said = decode(sent)
        except ValidationFailed as failure:
            self.tell(told_refusal(RefusalCode.INVALID_JSON, failure.details["reason"], failure.details))
        except RateLimitExceeded as failure:
            self.refuse(failure)
        else:
            if not await self.take_credentials(said):
                self.tell(await self._conversation.answer(said, caller))

    def tell(self, content: Mapping[str, Any]) -> None:
        """Send a message."""
        self.send(orjson.dumps(content))

    def render_refusal(self, failure: AppError) -> bytes:
        """An error in S4's form."""
        return orjson.dumps(refused(failure))

    def renew(self, identity: Identity) -> None:
        """Use this credential from now on."""
        super().renew(identity)
        for subject in self._watches.renew(self.caller):
            self.refuse(PermissionDenied(f"The new credentials do not permit to watch {subject}"))

    def follow(self, session_id: SessionId, *, after: int | None, reset: LogStart | None = None) -> None:
        """Send the updates of this session, and of no other."""
        self._stop_following()
        self._leave = self._services.access.follow(
            session_id, self.caller, Permission.EVENT_READ, self._shut_out
        )
        self._followed = (session_id, self.subscribed(session_id, after=after))

    def unfollow(self, session_id: SessionId) -> None:
        """Send no more updates of this session."""
        if self._followed is not None and self._followed[0] == session_id:
            self._stop_following()

    def follow_all(
        self, scope: SessionScope, types: Sequence[str], *, after: int, reset: LogStart | None = None
    ) -> None:
        """As `OverviewConnection.follow_all`; its clients name no cursor, so that there is no reset."""
        self.unfollow_all()
        self._overview = self._door.overviews.follow(self, self.caller, scope, types, after=after)

    def unfollow_all(self) -> None:
        """As `OverviewConnection.unfollow_all`."""
        if self._overview is not None:
            self._overview.close()
            self._overview = None

    @property
    def watched(self) -> list[str]:
        """What it watches beside sessions."""
        return self._watches.subjects

    def watch(self, subject: str, permission: Permission, source: WatchSource) -> None:
        """As `WatchingConnection.watch`."""
        self._watches.begin(subject, permission, source, self.caller)

    def unwatch(self, subject: str) -> None:
        """As `WatchingConnection.unwatch`."""
        self._watches.end(subject)

    def write(self, stored: StoredEvent) -> bool:
        """Send an event: as it is to S1's clients, as updates to S4's. False if it has to wait."""
        if self.is_gone:
            return True
        if not self.has_room:
            return False
        if self._conversation.is_broadcast:
            self.send_frame(self._broadcast_frame(stored))
            return True
        task_id = self._conversation.needs(stored)
        if task_id is not None:
            self._learn(stored, task_id)
            return False
        for said in self._conversation.updates(stored):
            self.send(said)
        self._tell_agents()
        if stored.type == SessionDeletedEvent.name:
            asyncio.get_running_loop().call_soon(self.unfollow, stored.session_id)
        return True

    async def drained(self) -> None:
        """Return once there is room, and what has to be known for the next event is known."""
        await super().drained()
        if self._learning is not None:
            await asyncio.wait([self._learning])

    def tell_silence(self) -> None:
        """Tell the client, if it still hears, that it has not answered a ping."""
        told = "No answer to a ping; the connection is closed, connect again"
        self.tell(told_refusal(RefusalCode.HEARTBEAT_TIMEOUT, told, {}))
        self.send_frame(close_frame(HEARTBEAT_LOST, RefusalCode.HEARTBEAT_TIMEOUT))

    def tell_stop(self) -> None:
        """Tell the client that the server is stopping."""
        told = "The server is stopping; connect again, with growing pauses"
        self.tell(told_refusal(RefusalCode.CONNECTION_LOST, told, {}))

    def _learn(self, stored: StoredEvent, task_id: str) -> None:
        if self._learning is None or self._learning.done():
            learning = self._conversation.learn(stored, task_id, self.calling())
            self._learning = asyncio.create_task(learning, name="task of an update")

    def _tell_agents(self) -> None:
        """Tell agents that have changed; several changes in a moment are told as one."""
        if self._conversation.has_agent_news and (self._telling is None or self._telling.done()):
            self._telling = asyncio.create_task(self._tell_agent_updates(), name="updates of agents")

    async def _tell_agent_updates(self) -> None:
        while self._conversation.has_agent_news:
            for told in await self._conversation.agent_updates(self.calling()):
                if self.has_room:
                    self.tell(told)
            await asyncio.sleep(AGENT_PAUSE_S)

    def _stop_following(self) -> None:
        if self._followed is not None:
            self._followed[1].close()
            self._followed = None
        if self._leave is not None:
            self._leave()
            self._leave = None

    def _send_broadcast(self, broadcast: Broadcast) -> None:
        """Send an event of no session; a client that is full or expired does not get it."""
        if self.is_gone or not self.has_room:
            return
        if isinstance(broadcast.happened, LogWritten):
            self._tell_entry(broadcast.happened)
            return
        is_wanted = self._conversation.wants(broadcast)
        self._tell_agents()
        if not is_wanted:
            return
        frame = broadcast.frames.get(UPDATE_FRAME)
        if frame is None:
            told = orjson.dumps(self._conversation.watched(broadcast))
            broadcast.frames[UPDATE_FRAME] = frame = text_frame(told)
        self.send_frame(frame)

    def _tell_entry(self, happened: LogWritten) -> None:
        """Tell a log entry once its task's id is known, after those that came before it."""
        self._entries.append(happened)
        if self._logging is None or self._logging.done():
            self._logging = asyncio.create_task(self._tell_entries(), name="log entries")

    async def _tell_entries(self) -> None:
        while self._entries:
            told = await self._conversation.log_entry(self._entries.popleft(), self.calling())
            if told is not None and self.has_room:
                self.tell(told)

    def _broadcast_frame(self, stored: StoredEvent) -> bytes:
        """The event as S1's clients are told it, made once for all of them."""
        frame = stored.frames.get(EVENT_FRAME)
        if frame is None:
            stored.frames[EVENT_FRAME] = frame = text_frame(self._conversation.broadcast(stored))
        return frame

    def _show_out(self, failure: AppError) -> None:
        if not isinstance(failure, TokenExpired):
            self.refuse(failure)
        super()._show_out(failure)

    def _shut_out(self, refusal: AppError) -> None:
        """The access to the session has been taken away."""
        self._stop_following()
        self.refuse(refusal)
        self.close(ACCESS_ENDED, refusal.code)


class HeartbeatSocket(web.WebSocketResponse):
    """A WebSocket whose client is told when its answer to a ping does not come."""

    def __init__(self, connection: OpencodeConnection, interval_s: float, **options: Any) -> None:
        super().__init__(heartbeat=interval_s, **options)
        self._connection = connection

    def _pong_not_received(self) -> None:
        if not self.closed:
            self._connection.tell_silence()
        super()._pong_not_received()


class OpencodeDoor(RawDoor):
    """Serves `/ws`."""

    path: ClassVar[str] = "/ws"

    def __init__(
        self,
        services: RawServices,
        rates: RateLimits,
        overviews: Overviews,
        allowed: Sequence[ToolGroup],
        *,
        max_message_bytes: int,
    ) -> None:
        super().__init__(services)
        self.rates = rates
        self.overviews = overviews
        self.allowed = allowed
        self.operations = counted_by_messages(services.operations)
        self._max_message_bytes = max_message_bytes

    def socket(self, request: web.Request, connection: OpencodeConnection) -> HeartbeatSocket:
        """A WebSocket with a heartbeat of the protocol's own pings."""
        return HeartbeatSocket(
            connection,
            self.services.settings.ping_interval_s,
            timeout=GOODBYE_S,
            protocols=offered_protocols(request),
            max_msg_size=self._max_message_bytes,
            compress=False,
        )

    async def admit(self, request: web.Request, caller: Caller) -> OpencodeConnection:
        """Raises: AppError, if the caller is nobody, or may not read the session that they name."""
        if caller.is_anonymous:
            raise AuthenticationFailed
        named = query_of(request).get(SESSION)
        if named is not None:
            await self.operations.ask("session.get", caller, None, {SESSION: named})
        return OpencodeConnection(self, request, caller, Place(SessionId(named) if named else None))

    async def converse(self, socket: web.WebSocketResponse, connection: OpencodeConnection) -> None:
        """Answer one message after the other, until the client has disconnected."""
        await connection.follow_everything()
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await connection.take(message.data.encode())
                elif message.type is WSMsgType.BINARY:
                    await connection.take(message.data)
                else:
                    return
                await connection.flushed()
                await asyncio.sleep(0)  # messages that have come already must not keep others waiting
        except ConnectionError:
            return

    async def turn_away(self, request: web.Request, failure: AppError) -> web.StreamResponse:
        """Tell whoever is known, but may not come in, why: browsers show pages no response to a handshake."""
        socket = web.WebSocketResponse(
            timeout=GOODBYE_S, protocols=offered_protocols(request), compress=False
        )
        if not isinstance(failure, TURNED_AWAY) or not socket.can_prepare(request):
            return await super().turn_away(request, failure)
        await socket.prepare(request)
        await socket.send_str(orjson.dumps(refused(failure)).decode())
        is_later = isinstance(failure, RateLimitExceeded)
        code = WSCloseCode.TRY_AGAIN_LATER if is_later else ACCESS_ENDED
        await socket.close(code=code, message=failure.code.encode())
        return socket

    def body_of(self, failure: AppError) -> Mapping[str, Any]:
        """An error in S4's form."""
        return refused(failure)
