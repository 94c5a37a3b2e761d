"""What a task has changed, whole, however much it is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from roocode.client import AsyncRooCodeClient
from roocode.commands.outcome import CommandFailed
from roocode.commands.plain_text import one_line
from roocode.models import ChangedFile, Task
from roocode.transport import UNSET


@dataclass(frozen=True, slots=True)
class FilesDifference:
    """A part of a unified diff, and the files that it is about."""

    files: list[ChangedFile]
    diff: str


async def differences(
    client: AsyncRooCodeClient,
    task: Task,
    *,
    path: str | None = None,
    context: int | None = None,
    has_parts: bool = False,
) -> AsyncIterator[FilesDifference]:
    """Yield what a task has changed: at once, or file by file if it is long or `has_parts` is set.

    Raises: CommandFailed, if a single file's diff is longer than the server tells. RooCodeError.
    """
    lines = UNSET if context is None else context
    whole = await client.tasks.diff(task.session_id, task.id, path=path or UNSET, context=lines)
    if not whole.is_truncated and not has_parts:
        yield FilesDifference(whole.files, whole.diff)
        return
    for file in whole.files:
        part = await client.tasks.diff(task.session_id, task.id, path=file.path, context=lines)
        if part.is_truncated:
            raise CommandFailed(
                f"The diff of {one_line(file.path)} is longer than the server tells; get the file instead"
            )
        yield FilesDifference([file], part.diff)
