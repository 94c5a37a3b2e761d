"""A program that the server runs for itself, such as git, outside of any sandbox, with pipes to it.

Not a subprocess of the event loop: uvloop forks the server for each, which copies the tables of all its
memory and holds everybody up for ten milliseconds and more. `subprocess` lends the memory until the program
begins. Source: vfork(2).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Final

from roocode_server.engine.runtimes.descriptor import Descriptor, pipe_from, pipe_to

PIPE: Final = subprocess.PIPE
DEVNULL: Final = subprocess.DEVNULL
STDOUT: Final = subprocess.STDOUT


class HelperProgram:
    """A running program; who starts it awaits `end`, whatever happens."""

    def __init__(
        self,
        *arguments: str,
        environment: Mapping[str, str],
        stdin: int = PIPE,
        stdout: int = PIPE,
        stderr: int = PIPE,
        descriptors: Sequence[int] = (),
        is_apart: bool = False,
    ) -> None:
        """Start it, in the root folder, with these descriptors open.

        The streams are given as for `subprocess.Popen`. `is_apart` keeps the signals of a terminal from it.
        Raises: OSError.
        """
        with ExitStack() as theirs, ExitStack() as ours:
            if stdin == PIPE:
                stdin, self.stdin = pipe_to(theirs, ours)
            if stdout == PIPE:
                stdout, self.stdout = pipe_from(theirs, ours)
            if stderr == PIPE:
                stderr, self.stderr = pipe_from(theirs, ours)
            self._popen = subprocess.Popen(  # noqa: S603 - arguments without a shell
                arguments,
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                cwd="/",
                env=dict(environment),
                pass_fds=descriptors,
                start_new_session=is_apart,
            )
            try:
                pidfd = os.pidfd_open(self._popen.pid)
            except OSError:
                self._popen.kill()
                self._popen.wait()
                raise
            self._ours = ours.pop_all()
        self._ended = asyncio.Event()
        asyncio.get_running_loop().add_reader(pidfd, self._reap, pidfd)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._popen.pid

    @property
    def returncode(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""
        return self._popen.returncode

    async def communicate(self, content: bytes = b"") -> tuple[bytes, bytes]:
        """Write to its stdin and close that, and return all of its stdout and stderr, once it has ended."""
        async with asyncio.TaskGroup() as streams:
            streams.create_task(self._feed(content))
            printed = streams.create_task(_all(self.stdout))
            complaint = streams.create_task(_all(self.stderr))
        await self._ended.wait()
        return printed.result(), complaint.result()

    async def end(self) -> None:
        """Kill it, if it still runs, and close the pipes."""
        self._popen.kill()
        try:
            await self._ended.wait()
        finally:
            self._ours.close()

    async def wait(self) -> None:
        """Wait until it has ended."""
        await self._ended.wait()

    async def _feed(self, content: bytes) -> None:
        with contextlib.suppress(OSError):  # it has ended, or does not want to know
            await self.stdin.write(content)
        self.stdin.close()

    def _reap(self, pidfd: int) -> None:
        asyncio.get_running_loop().remove_reader(pidfd)
        os.close(pidfd)
        self._popen.wait()
        self._ended.set()


async def _all(stream: Descriptor) -> bytes:
    pieces = []
    while piece := await stream.read():
        pieces.append(piece)
    return b"".join(pieces)
