"""A program inside a session's container, supervised from outside."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections import deque
from dataclasses import dataclass
from typing import Final

import structlog
from aiodocker.execs import Exec
from aiodocker.stream import Stream

from roocode_server.engine.concurrency.shield import run_to_completion
from roocode_server.engine.runtimes.child import End
from roocode_server.engine.runtimes.docker import scripts
from roocode_server.engine.runtimes.docker.container import SessionContainer
from roocode_server.engine.runtimes.docker.report import Report, Reported
from roocode_server.engine.runtimes.process import MARK_VARIABLE
from roocode_server.engine.runtimes.runtime import KILLED_EXIT_CODE, Command, RuntimeUnavailable, SandboxSpec
from roocode_server.models.process import ListeningPort
from roocode_server.models.session import mount_path

_STDOUT: Final = 1
_CHUNKS: Final = 8
"""How many pieces of output are buffered; then the program waits for its reader."""
_DEATH_ROUNDS: Final = 10
_DEATH_PAUSE_S: Final = 0.1
_END_TIMEOUT_S: Final = 5.0
"""How long the outermost process may take to notice that its child has been killed."""

log = structlog.get_logger("docker")


class SandboxLost(RuntimeUnavailable):
    """The container ended while something ran in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A command, and where it runs."""

    container: SessionContainer
    sandbox: SandboxSpec
    command: Command

    @property
    def folder(self) -> str:
        """The command's working directory in the container."""
        return "/".join([mount_path(self.sandbox.session_id), self.command.directory.strip("/")]).rstrip("/")


class ContainerChild:
    """A command line in the container, with everything that it starts."""

    def __init__(self, placed: Placed, *, has_input: bool = False, has_terminal: bool = False) -> None:
        self.ended = asyncio.Event()
        self.end: End | None = None
        self.loss: RuntimeUnavailable | None = None
        """Why it is not known how it ended, if so."""
        self._placed = placed
        self._container = placed.container
        self._has_input = has_input or has_terminal
        self._has_terminal = has_terminal
        self.mark = secrets.token_hex(16)
        """The value of `MARK_VARIABLE` in its environment."""
        self._introduction = "" if has_terminal else secrets.token_hex(16)
        self._reported = Reported(self._introduction.encode())
        self._report: Report | None = None
        self._stdout, self._stderr = _Pieces(), _Pieces()
        self._program: Exec | None = None
        self._stream: Stream | None = None
        self._following: asyncio.Task[None] | None = None
        self._killing: asyncio.Task[None] | None = None
        self._is_closed = False
        self._is_doomed = False

    async def begin(self) -> tuple[_Pieces, _Pieces]:
        """Start it. Even if cancelled, it completes the start, so that `close` knows what to kill.

        Raises: RuntimeUnavailable; Conflict, if the container cannot be changed as the session needs it now.
        """
        await run_to_completion(self._start())
        return self._stdout, self._stderr

    async def write(self, content: bytes) -> None:
        """Write to its stdin. Raises: BrokenPipeError, if it no longer reads."""
        if self._stream is None or self._is_closed or self.ended.is_set():
            raise BrokenPipeError("it has ended")
        try:
            with self._container.engine.translated_errors():
                await self._stream.write_in(content)
        except (RuntimeUnavailable, AssertionError) as failure:
            raise BrokenPipeError("it has ended") from failure

    def close_input(self) -> None:
        """Close its stdin; its output can still be read."""
        transport = self._transport
        if transport is not None and transport.can_write_eof():
            transport.write_eof()

    @property
    def _transport(self) -> asyncio.Transport | None:
        """The stream's transport, because the stream itself can only close both directions at once."""
        answer = self._stream._resp if self._stream is not None else None
        return answer.connection.transport if answer is not None and answer.connection is not None else None

    async def resize(self, columns: int, rows: int) -> None:
        """Resize its terminal. Raises: RuntimeUnavailable."""
        if self._program is not None and not self.ended.is_set():
            await self._container.engine.resize(self._program, columns, rows)

    def is_out_of_memory(self) -> bool:
        """Return False: this is known at its end only."""
        return False

    def kill(self) -> None:
        """Kill it and all that it has started."""
        self._is_doomed = True
        if self._killing is None and self._following is not None and not self._is_closed:
            self._killing = asyncio.create_task(self._kill())

    async def terminate(self) -> None:
        """Send SIGTERM to it and all that it has started; failures are ignored, because they can be killed
        later.
        """
        await self._container.end(self.mark, "TERM")

    async def listeners(self) -> list[ListeningPort]:
        """Return the TCP ports, with their addresses, on which it, and all that it has started, listen."""
        return await self._container.listeners(self.mark)

    async def end_stragglers(self) -> None:
        """Kill what it has left behind, unless its report says that there is nothing."""
        is_clean = self._container.id is None or (self._report is not None and not self._report.has_left)
        if not is_clean and self.loss is None:
            await self._kill()

    def close_pipes(self) -> None:
        """Close its stdout and stderr."""
        for pieces in (self._stdout, self._stderr):
            pieces.close()

    async def close(self) -> None:
        """Kill what is left of it and release all its resources."""
        try:
            if self._killing is not None:
                await self._killing
            if self._program is not None and not self.ended.is_set():
                await self._kill()
            elif self._has_terminal:
                await self.end_stragglers()
        finally:
            self._is_closed = True
            self.close_pipes()
            if self._following is not None:
                self._following.cancel()
                await asyncio.gather(self._following, return_exceptions=True)
            if self._stream is not None:
                await self._close_stream()
            if self.end is None:
                self._set_end(KILLED_EXIT_CODE)

    async def _start(self) -> None:
        environment = {**self._placed.command.environment, MARK_VARIABLE: self.mark}
        self._program = await self._container.prepare(
            self._placed.sandbox,
            scripts.supervise(self._placed.command.line, self._introduction),
            environment=environment,
            folder=self._placed.folder,
            has_input=self._has_input,
            has_terminal=self._has_terminal,
        )
        self._stream = self._program.start(detach=False)
        with self._container.engine.translated_errors():
            await self._stream.__aenter__()
        self._following = asyncio.create_task(self._follow(self._stream))
        if self._is_doomed:
            self.kill()

    async def _follow(self, stream: Stream) -> None:
        try:
            with self._container.engine.translated_errors():
                while message := await stream.read_out():
                    if self._has_terminal or message.stream == _STDOUT:
                        await self._stdout.put(message.data)
                    else:
                        await self._stderr.put(self._reported.feed(message.data))
            await self._conclude()
        except RuntimeUnavailable as failure:
            self._container.forget()
            self.loss = failure
            self._set_end(KILLED_EXIT_CODE)
        finally:
            self.close_pipes()

    async def _conclude(self) -> None:
        """Find out how it ended."""
        assert self._program is not None  # noqa: S101 - it has been followed
        if not self._has_terminal:
            left, self._report = self._reported.end()
            await self._stderr.put(left)
        if self._report is not None:
            self._set_end(await self._container.outcome(self._program))
            return
        death = await self._container.death()
        code = await self._container.outcome(self._program) if death is None else KILLED_EXIT_CODE
        for _ in range(_DEATH_ROUNDS):
            if death is not None or code != KILLED_EXIT_CODE or self._is_doomed:
                break
            # The engine reports the end of a program before the end of its container.
            await asyncio.sleep(_DEATH_PAUSE_S)
            death = await self._container.death()
        if death is None:
            self._set_end(code)
            return
        if death == "killed" and not self._is_doomed:
            self.loss = SandboxLost(
                "The session's container ended while the command ran; the next command gets a new one."
            )
        self._set_end(KILLED_EXIT_CODE, is_out_of_memory=death == "memory")

    def _set_end(self, code: int, *, is_out_of_memory: bool = False) -> None:
        report = self._report
        self.end = End(
            code=code,
            peak_memory_bytes=report.peak_memory_bytes if report else 0,
            cpu_s=report.cpu_s if report else 0.0,
            is_out_of_memory=is_out_of_memory or (report is not None and report.memory_kills > 0),
        )
        self.ended.set()

    async def _kill(self) -> None:
        """Kill its processes or, if that fails, the whole container."""
        is_gone = await self._container.end(self.mark, "KILL")
        if is_gone and (await self._break_off() or await self._has_ended()):
            return
        log.warning("killing a whole container", session_id=self._placed.sandbox.session_id)
        await self._container.kill()
        await self._has_ended()

    async def _break_off(self) -> bool:
        """Abort the connection if unread input is stuck in it, because the engine then never reports the
        end.
        """
        transport = self._transport
        if transport is None or not transport.get_write_buffer_size() or self._following is None:
            return False
        self._following.cancel()
        await asyncio.gather(self._following, return_exceptions=True)
        transport.abort()
        self._set_end(KILLED_EXIT_CODE)
        return True

    async def _has_ended(self) -> bool:
        """Wait briefly for its end, and return whether it has ended or was never started."""
        if self._following is None:
            return True
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.ended.wait(), _END_TIMEOUT_S)
        return self.ended.is_set()

    async def _close_stream(self) -> None:
        assert self._stream is not None  # noqa: S101 - the callers have seen to that
        with (
            contextlib.suppress(AssertionError, RuntimeUnavailable),
            self._container.engine.translated_errors(),
        ):
            await self._stream.close()


class _Pieces:
    """The output of one stream, passed from its writer to its reader through a bounded buffer."""

    def __init__(self) -> None:
        self._pieces: deque[bytes] = deque()
        self._has_room = asyncio.Event()
        self._is_filled = asyncio.Event()
        self._is_closed = False

    async def put(self, piece: bytes) -> None:
        """Add a piece, waiting until there is room; after the end it is discarded."""
        while len(self._pieces) >= _CHUNKS and not self._is_closed:
            self._has_room.clear()
            await self._has_room.wait()
        if piece and not self._is_closed:
            self._pieces.append(piece)
            self._is_filled.set()

    async def read(self, most: int = 2**16) -> bytes:
        """Return the next bytes; empty at the end. If cancelled, nothing is lost."""
        await asyncio.sleep(0)  # let others run even if the output is endless
        while not self._pieces and not self._is_closed:
            self._is_filled.clear()
            await self._is_filled.wait()
        if not self._pieces:
            return b""
        taken = self._pieces.popleft()
        if len(taken) > most:
            self._pieces.appendleft(taken[most:])
        self._has_room.set()
        return taken[:most]

    def close(self) -> None:
        """Mark the end of the output, after what is already buffered."""
        self._is_closed = True
        self._has_room.set()
        self._is_filled.set()
