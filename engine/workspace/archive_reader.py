"""Unpacking of archives in a separate process, with limits on time and memory."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass
from typing import Final

import orjson

from roocode_server.engine.workspace.archive_program import NO_ROOM, OVERLOAD, REFUSED
from roocode_server.engine.workspace.exchange import CONTENT
from roocode_server.models.error import InvalidField, ServerOverload, WorkspaceLimitExceeded

UNPACKING_TIMEOUT_S: Final = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractedContent:
    """What was extracted from an archive."""

    files: int
    size: int
    """The size of all files in bytes."""


async def unpack(
    kind: str, archive: int, stage: int, *, room_bytes: int, most_bytes: int
) -> ExtractedContent:
    """Unpack an open archive (`tar.gz` or `zip`) into a new directory `CONTENT` in the open directory
    `stage`.

    Raises: InvalidField, if it is not such an archive, leads out of the directory, or contains anything other
    than
    files, links and directories; WorkspaceLimitExceeded, if it exceeds `room_bytes` in all or `most_bytes` in
    one
    file; ServerOverload.
    """
    os.lseek(archive, 0, os.SEEK_SET)
    os.mkdir(CONTENT, 0o755, dir_fd=stage)
    folder = os.open(CONTENT, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=stage)
    try:
        return await _run(kind, archive, folder, room_bytes=room_bytes, most_bytes=most_bytes)
    finally:
        os.close(folder)


async def _run(kind: str, archive: int, folder: int, *, room_bytes: int, most_bytes: int) -> ExtractedContent:
    words = [kind, *(str(number) for number in (archive, folder, room_bytes, most_bytes))]
    program = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "roocode_server.engine.workspace.archive_program",
        *words,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        pass_fds=(archive, folder),
        env={"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        cwd="/",
    )
    try:
        async with asyncio.timeout(UNPACKING_TIMEOUT_S):
            printed, complaint = await program.communicate()
    except TimeoutError:
        raise InvalidField("", "The archive takes too long to unpack.") from None
    finally:
        if program.returncode is None:
            program.kill()
            await program.wait()
    reason = complaint.decode(errors="replace")[:500]
    if program.returncode == NO_ROOM:
        raise WorkspaceLimitExceeded(reason)
    if program.returncode == OVERLOAD:
        raise ServerOverload(reason)
    if program.returncode == REFUSED:
        raise InvalidField("", f"The archive is refused: {reason}.")
    if program.returncode != 0:
        raise InvalidField("", "The archive takes more time or memory to unpack than one may.")
    return ExtractedContent(**orjson.loads(printed))
