"""Execution of one command: forwards its output, enforces its limits, and kills all of it at the end."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from roocode_server.engine.concurrency.pace import Pace
from roocode_server.engine.concurrency.shield import run_to_completion
from roocode_server.engine.runtimes.child import Child, Readable
from roocode_server.engine.runtimes.descriptor import PIPE_READ_BYTES
from roocode_server.engine.runtimes.output import Lines, Transcript
from roocode_server.engine.runtimes.runtime import EnoughOutput, Exit, OnStarted, OutputSink
from roocode_server.engine.workspace.unlinked import taken_bytes
from roocode_server.models.process import ListeningPort
from roocode_server.models.session import ResourceLimits

MOST_PRINTED_SHARES: Final = 16
"""A command that prints this many times the output that is kept is stopped."""

INCOMPLETE_LINE_TIMEOUT_S: Final = 0.1
"""An incomplete line is forwarded after this time."""

_OUTPUT_DRAIN_TIMEOUT_S: Final = 5.0
"""How long the output of a cancelled command is still read after it was killed."""
_CHECK_INTERVAL_S: Final = 1.0
DISK_MEASURE_SHARE: Final = 20
"""Measuring the disk takes at most one part in this many of the time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandLimits:
    """The limits of one command; `folder` is the workspace, whose size is measured."""

    limits: ResourceLimits
    folder: Path
    max_output_bytes: int
    is_lasting: bool = False
    only_reads: bool = False


class Execution:
    """A running command."""

    def __init__(self, child: Child, bounds: CommandLimits, on_output: OutputSink | None, pace: Pace) -> None:
        """`pace` is shared by all executions whose output is forwarded."""
        self._child = child
        self._pace = pace
        self._bounds = bounds
        self._on_output = on_output
        self._lines = {stream: Lines(is_kept=bounds.only_reads) for stream in ("stdout", "stderr")}
        self._output_lock = asyncio.Lock()
        self.transcript = Transcript(
            0 if bounds.is_lasting else bounds.max_output_bytes, is_kept=bounds.only_reads
        )
        self._stopped_by: str | None = None
        self._is_stopping = False
        self.finished = asyncio.Event()

    async def terminate(self) -> None:
        """Send SIGTERM to it and all that it has started."""
        await self._child.terminate()

    async def listeners(self) -> list[ListeningPort]:
        """Return the TCP ports, with their addresses, on which it, and all that it has started, listen."""
        return await self._child.listeners()

    async def run(self, on_started: OnStarted | None = None) -> Exit:
        """Run it to its end; if cancelled, kill the command and everything that it started.

        Raises: OSError, RuntimeUnavailable, if it cannot be started; whatever `on_output` raises.
        """
        started = time.monotonic()
        try:
            try:
                await self._followed(on_started)
            finally:
                await run_to_completion(self._child.close())
            return self._exit(time.monotonic() - started)
        finally:
            self.finished.set()

    def stop(self, reason: str | None = None) -> None:
        """Kill the command; `reason` is the limit that it has exceeded."""
        self._stopped_by = self._stopped_by or reason
        if not self._is_stopping:
            self._is_stopping = True
            self._child.kill()

    async def _followed(self, on_started: OnStarted | None) -> None:
        """Follow the command; if cancelled, kill it and read the rest of its output for a while."""
        following = asyncio.create_task(self._follow(on_started))
        try:
            await asyncio.shield(following)
        finally:
            if not following.done():
                self.stop()
                await run_to_completion(_ended(following))

    async def _follow(self, on_started: OnStarted | None) -> None:
        child = self._child
        stdout, stderr = await child.begin()
        if on_started is not None:
            on_started(self)
        try:
            async with asyncio.TaskGroup() as tasks:
                guard = tasks.create_task(self._guard())
                readers = [
                    tasks.create_task(self._read("stdout", stdout)),
                    tasks.create_task(self._read("stderr", stderr)),
                ]
                await child.ended.wait()
                await child.end_stragglers()
                await asyncio.wait(readers)
                guard.cancel()
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from None

    async def _read(self, stream: str, reader: Readable) -> None:
        loop = asyncio.get_running_loop()
        lines = self._lines[stream]
        due: float | None = None
        """When the incomplete line will be forwarded."""
        while True:
            try:
                async with asyncio.timeout_at(due):
                    chunk = await reader.read(PIPE_READ_BYTES)
            except TimeoutError:
                due = None
                await self._hand_on(stream, lines.begun)
                continue
            await self._hand_on(stream, partial(lines.feed, chunk) if chunk else lines.end)
            if not chunk:
                return
            if not lines.has_begun:
                due = None
            elif due is None:
                due = loop.time() + INCOMPLETE_LINE_TIMEOUT_S

    async def _hand_on(self, stream: str, take: Callable[[], list[str]]) -> None:
        """Forward what `take` returns, after the incomplete line of the other stream."""
        async with self._pace.turn(), self._output_lock:
            for other in self._lines.keys() - {stream}:
                await self._tell(other, self._lines[other].begun())
            await self._tell(stream, take())

    async def _tell(self, stream: str, pieces: list[str]) -> None:
        if self._on_output is None:
            pieces = ["".join(pieces)]
        for piece in pieces:
            most = (
                math.inf if self._bounds.is_lasting else MOST_PRINTED_SHARES * self._bounds.max_output_bytes
            )
            if self.transcript.printed_bytes > most:
                self.stop("output")
                return
            self.transcript.add(piece)
            if self._on_output is not None:
                try:
                    await self._on_output(stream, piece)
                except EnoughOutput:
                    self._on_output = None  # the shell may still tell of the end of its children
                    self.stop()
                    return

    async def _guard(self) -> None:
        """Enforce the limits that the kernel does not."""
        loop = asyncio.get_running_loop()
        deadline = math.inf
        if not self._bounds.is_lasting:
            deadline = loop.time() + self._bounds.limits.max_execution_time
        measure_at = loop.time() + _CHECK_INTERVAL_S
        while (now := loop.time()) < deadline:
            if self._child.is_out_of_memory():
                self.stop("memory")
            if now >= measure_at and not self._bounds.only_reads:
                if await is_over_disk(self._bounds.folder, self._bounds.limits):
                    self.stop("disk")
                measure_at = loop.time() + max(_CHECK_INTERVAL_S, (loop.time() - now) * DISK_MEASURE_SHARE)
            await asyncio.sleep(min(_CHECK_INTERVAL_S, max(0.0, deadline - loop.time())))
        self.stop("time")
        await self._child.ended.wait()
        await asyncio.sleep(_CHECK_INTERVAL_S)
        self._child.close_pipes()

    def _exit(self, duration_s: float) -> Exit:
        end = self._child.end
        assert end is not None  # noqa: S101 - it has ended
        stopped_by = self._stopped_by
        if stopped_by is None and end.is_out_of_memory:
            stopped_by = "memory"
        return Exit(
            code=end.code,
            output=self.transcript.text,
            is_truncated=self.transcript.is_truncated,
            stopped_by=stopped_by,
            duration_s=duration_s,
            peak_memory_bytes=end.peak_memory_bytes,
            cpu_s=end.cpu_s,
        )


async def _ended(following: asyncio.Task[None]) -> None:
    """Wait for it, and cancel it if that takes too long; its result is discarded."""
    await asyncio.wait({following}, timeout=_OUTPUT_DRAIN_TIMEOUT_S)
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)


async def is_over_disk(folder: Path, limits: ResourceLimits) -> bool:
    """Return whether a workspace in use exceeds its size limit."""
    return await asyncio.to_thread(taken_bytes, folder) > limits.max_disk_bytes
