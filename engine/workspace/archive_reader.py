"""Unpacking of archives in a separate process, with limits on time and memory."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Final

from roocode_server.engine.concurrency.worker import Exhausted, run_in_worker
from roocode_server.engine.workspace.archive_extractor import extract
from roocode_server.engine.workspace.exchange import CONTENT
from roocode_server.engine.workspace.file_access import FOLDER_FLAGS
from roocode_server.models.error import InvalidField, ServerOverload, WorkspaceLimitExceeded

UNPACKING_CPU_S: Final = 120
UNPACKING_TIMEOUT_S: Final = 300.0
REFUSAL_CHARACTERS: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractedContent:
    """What was extracted from an archive."""

    files: int
    size: int
    """The size of all files in bytes."""


async def unpack(
    kind: str, archive: int, stage: int, *, owner: str, room_bytes: int, most_bytes: int
) -> ExtractedContent:
    """Unpack an open archive (`tar.gz` or `zip`) into a new directory `CONTENT` in the open directory
    `stage`.

    `owner` is the workspace that it is for. Raises: InvalidField, if it is not such an archive, leads out of
    the directory, or contains anything other than files, links and directories; WorkspaceLimitExceeded, if it
    exceeds `room_bytes` in all or `most_bytes` in one file; ServerOverload.
    """
    os.lseek(archive, 0, os.SEEK_SET)
    os.mkdir(CONTENT, 0o755, dir_fd=stage)
    folder = os.open(CONTENT, FOLDER_FLAGS, dir_fd=stage)
    try:
        found = await run_in_worker(
            extract,
            kind,
            room_bytes,
            most_bytes,
            owner=owner,
            cpu_s=UNPACKING_CPU_S,
            patience_s=UNPACKING_TIMEOUT_S,
            descriptors=(archive, folder),
            is_long=True,
        )
    except Exhausted:
        raise InvalidField("", "Unpacking the archive exceeds the limits on time or memory.") from None
    finally:
        os.close(folder)
    check_extracted(found)
    return ExtractedContent(**found)


def check_extracted(found: dict[str, Any]) -> None:
    """Raises: WorkspaceLimitExceeded, ServerOverload, InvalidField, if an extraction was stopped by that."""
    match found:
        case {"no_room": str(reason)}:
            raise WorkspaceLimitExceeded(reason[:REFUSAL_CHARACTERS])
        case {"overload": str(reason)}:
            raise ServerOverload(reason[:REFUSAL_CHARACTERS])
        case {"refused": str(reason)}:
            raise InvalidField("", f"The archive is refused: {reason[:REFUSAL_CHARACTERS]}.")
