"""A file of a workspace that is open for reading in parts, however large it is."""

from __future__ import annotations

import asyncio
import datetime
import os

from roocode_server.engine.concurrency.shield import run_to_completion
from roocode_server.engine.workspace.etags import tag_of
from roocode_server.engine.workspace.listing import changed_at, shown


class OpenFile:
    """A regular file as it was when opened; later replacements do not affect it. The caller closes it."""

    def __init__(self, descriptor: int, path: str, *, max_bytes: int) -> None:
        """Takes ownership of the descriptor. Files up to `max_bytes` have a tag of their content."""
        facts = os.fstat(descriptor)
        self.path = shown(path)
        self.size = facts.st_size
        self.modified_at: datetime.datetime = changed_at(facts)
        self.etag = tag_of(descriptor, facts, max_bytes=max_bytes)
        self._descriptor = descriptor

    @property
    def name(self) -> str:
        """The file's name without its folder."""
        return self.path.rpartition("/")[2]

    async def read(self, offset: int, length: int) -> bytes:
        """Return at most `length` bytes from `offset`; empty after the end.

        It waits for the thread even if cancelled, because the descriptor may be closed and reused afterwards.
        """
        return await run_to_completion(asyncio.to_thread(os.pread, self._descriptor, length, offset))

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)
