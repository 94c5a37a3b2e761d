"""Events as they are read: each once and in order, whatever happens to the connection."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import Any, Final

from roocode.errors import ConnectionFailed, RooCodeError
from roocode.event import Event
from roocode.sockets import LastingSocket, Socket
from roocode.transport import Transport
from roocode.wire import loaded_event

WAITING_EVENTS: Final = 1000
"""How many events wait for a slow reader; those after them are sent again once it has read these."""


class Follower:
    """A reader of a session's events, from a cursor on."""

    def __init__(self, session_id: str, last_seq: int, last_event_id: str | None) -> None:
        self.session_id = session_id
        self.last_seq = last_seq
        self.last_event_id = last_event_id
        self.is_behind = False
        """Whether events were left out that have to be sent again."""
        self.is_replaying = False
        self.failure: Exception | None = None
        self._events: deque[Mapping[str, Any]] = deque()
        self._news = asyncio.Event()
        self._is_over = False

    def offer(self, event: Mapping[str, Any]) -> None:
        """Take an event if it is the next one."""
        seq = event.get("seq")
        if event["type"] == "log.reset":
            self.last_seq, self.last_event_id = (event.get("first") or 1) - 1, None
        elif event["type"] == "log.cut":
            if event["first"] - 1 <= self.last_seq:
                return  # told to another reader, who was before it
            self.last_seq, self.last_event_id = event["first"] - 1, None
        elif len(self._events) >= WAITING_EVENTS:
            self.is_behind = self.is_behind or seq is not None
            return
        elif seq is not None:
            if seq != self.last_seq + 1:
                self.is_behind = self.is_behind or (seq > self.last_seq and not self.is_replaying)
                self._news.set()
                return
            self.last_seq, self.last_event_id = seq, event["id"]
            self._is_over = event["type"] == "session.deleted"
        elif self.is_behind:
            return
        self._events.append(event)
        self._news.set()

    def fail(self, failure: Exception) -> None:
        """End the reader with a failure, after what it has got."""
        self.failure = failure
        self._news.set()

    async def next(self, replay: Callable[[], Awaitable[None]]) -> Mapping[str, Any] | None:
        """Return the next event; None after the session's last. Raises: what the reader has failed with."""
        while not self._events:
            if self.failure is not None:
                raise self.failure
            if self._is_over:
                return None
            if self.is_behind:
                self.is_behind, self.is_replaying = False, True
                try:
                    await replay()
                finally:
                    self.is_replaying = False
                continue
            self._news.clear()
            await self._news.wait()
        return self._events.popleft()


class SessionStreams:
    """The events of sessions, over one connection for all readers of a client."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._followers: set[Follower] = set()
        self._socket: Socket | None = None
        self._running: asyncio.Task[None] | None = None

    async def follow(
        self, session_id: str, after: int, last_event_id: str | None = None
    ) -> AsyncGenerator[Event, None]:
        """Yield the events of a session after a number, until the session is deleted.

        Raises: RooCodeError, if it cannot be followed (any more).
        """
        follower = Follower(session_id, after, last_event_id)
        self._followers.add(follower)
        try:
            if self._running is None:
                self._running = asyncio.create_task(self._run())
            else:
                await self._subscribe(session_id)
            while (event := await follower.next(lambda: self._subscribe(session_id))) is not None:
                yield loaded_event(event)
        finally:
            self._followers.discard(follower)
            await self._leave(session_id)

    async def close(self) -> None:
        """End the connection; readers get ConnectionFailed."""
        for follower in self._followers:
            follower.fail(ConnectionFailed("the client is closed"))
        await self._stop()

    async def _run(self) -> None:
        try:
            await LastingSocket(self._transport, self._happened, self._opened).run()
        except Exception as failure:  # a refusal or a defect, which each reader raises
            for follower in self._followers:
                follower.fail(failure)
        finally:
            if self._running is asyncio.current_task():
                self._socket = self._running = None

    async def _stop(self) -> None:
        running, self._running, self._socket = self._running, None, None
        if running is not None:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    async def _opened(self, socket: Socket) -> None:
        self._socket = socket
        for session_id in {follower.session_id for follower in self._followers}:
            await self._subscribe(session_id)

    async def _subscribe(self, session_id: str) -> None:
        """Have the events of a session sent from where its slowest reader is; the others leave out what they
        know.
        """
        followers = [each for each in self._followers if each.session_id == session_id]
        if self._socket is None or not followers:
            return  # as soon as there is a connection, it is done
        slowest = min(followers, key=lambda each: each.last_seq)
        request: dict[str, Any] = {"sessionId": session_id, "lastSeq": slowest.last_seq}
        if slowest.last_event_id is not None:
            request["lastEventId"] = slowest.last_event_id
        try:
            await self._socket.call("event.subscribe", request)
        except ConnectionFailed:
            return  # likewise
        except RooCodeError as error:
            for each in followers:
                each.fail(error)

    async def _leave(self, session_id: str) -> None:
        if not self._followers:
            await self._stop()
        elif self._socket is not None and all(each.session_id != session_id for each in self._followers):
            with contextlib.suppress(
                ConnectionFailed, RooCodeError
            ):  # then it is not followed any more, either
                await self._socket.call("event.unsubscribe", {"sessionId": session_id})

    def _happened(self, event: Mapping[str, Any]) -> None:
        for follower in self._followers:
            if follower.session_id == event.get("sessionId"):
                follower.offer(event)


async def live_events(
    transport: Transport, call: str, request: Mapping[str, Any], *, on_open: Callable[[], None] | None = None
) -> AsyncGenerator[Event, None]:
    """Yield the events that a call turns on, on a connection of its own; after each connect it is called
    again.

    They have no cursor: what happens while the connection is away is not sent, so `on_open` says when to look
    at the present state. A reader that is more than `WAITING_EVENTS` behind misses some, and is told by
    `on_open`. Raises: RooCodeError.
    """
    waiting: asyncio.Queue[Mapping[str, Any] | None] = asyncio.Queue(WAITING_EVENTS + 1)
    is_overrun = False

    def happened(event: Mapping[str, Any]) -> None:
        nonlocal is_overrun
        if waiting.qsize() < WAITING_EVENTS and not is_overrun:
            waiting.put_nowait(event)
        else:
            is_overrun = True

    async def opened(socket: Socket) -> None:
        await socket.call(call, request)
        if on_open is not None:
            on_open()

    async def run() -> None:
        try:
            await LastingSocket(transport, happened, opened).run()
        finally:
            waiting.put_nowait(None)

    running = asyncio.create_task(run())
    try:
        while (event := await waiting.get()) is not None:
            yield loaded_event(event)
            if is_overrun and waiting.empty():
                is_overrun = False
                if on_open is not None:
                    on_open()
        await running
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


class AllSessions:
    """A reader of the events of all sessions, each once and in order, over any number of disconnects.

    A reader that is slow gets the events later: what does not fit is sent again once the rest has been read.
    """

    def __init__(self, transport: Transport, request: Mapping[str, Any], cursor: str | None) -> None:
        self._transport = transport
        self._request = request
        self._cursor = cursor
        self._position = _position_of(cursor)
        self._events: deque[Mapping[str, Any]] = deque()
        self._news = asyncio.Event()
        self._socket: Socket | None = None
        self._is_behind = False

    async def read(self) -> AsyncGenerator[Event, None]:
        """Yield the events. Raises: RooCodeError, once they cannot be followed any more."""
        running = asyncio.create_task(LastingSocket(self._transport, self._happened, self._opened).run())
        running.add_done_callback(lambda _: self._news.set())
        try:
            while True:
                while self._events:
                    yield loaded_event(self._events.popleft())
                if running.done():
                    running.result()
                    return
                if self._is_behind:
                    await self._send_again()
                    continue
                self._news.clear()
                await self._news.wait()
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    def _happened(self, event: Mapping[str, Any]) -> None:
        if self._is_behind:
            return
        if len(self._events) >= WAITING_EVENTS:
            self._is_behind = True
            return
        cursor = event.get("cursor")
        if event["type"] == "log.reset":
            self._cursor, self._position = "0", 0
        elif cursor is not None:
            position = _position_of(cursor)
            if position <= self._position:
                return  # it is sent again, because two answers crossed
            self._cursor, self._position = cursor, position
        self._events.append(event)
        self._news.set()

    async def _opened(self, socket: Socket) -> None:
        self._socket = socket
        await self._follow(socket)

    async def _follow(self, socket: Socket) -> None:
        self._is_behind = False
        cursor = {} if self._cursor is None else {"cursor": self._cursor}
        answer = await socket.call("event.follow", {**self._request, **cursor})
        if self._cursor is None:
            self._cursor = answer["cursor"]

    async def _send_again(self) -> None:
        socket = self._socket
        assert socket is not None  # noqa: S101 - something came
        try:
            await socket.call("event.unfollow", {})
            await self._follow(socket)
        except ConnectionFailed:
            self._is_behind = (
                False  # what comes on this connection is over; the next one begins at the cursor
            )


def _position_of(cursor: str | None) -> int:
    number = (cursor or "").partition(".")[0]
    return int(number) if number.isascii() and number.isdigit() else 0
