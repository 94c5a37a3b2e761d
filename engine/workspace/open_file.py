"""A file of a workspace that is open to be read in parts, however large it is."""

from __future__ import annotations

import asyncio
import datetime
import os

from roocode_server.engine.concurrency.shield import run_to_completion
from roocode_server.engine.workspace.etags import tag_of
from roocode_server.engine.workspace.listing import changed_at, shown


class OpenFile:
    """A regular file as it was when it was opened: what replaces it later is another. To be closed."""

    def __init__(self, descriptor: int, path: str, *, max_bytes: int) -> None:
        """Takes the descriptor over. Files up to `max_bytes` have a tag made of their content."""
        facts = os.fstat(descriptor)
        self.path = shown(path)
        self.size = facts.st_size
        self.modified_at: datetime.datetime = changed_at(facts)
        self.etag = tag_of(descriptor, facts, max_bytes=max_bytes)
        self._descriptor = descriptor

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    async def read(self, offset: int, length: int) -> bytes:
        """At most `length` bytes from `offset` on; none after the end.

        To its end even when cancelled: the descriptor may be closed then, and its number be another file's.
        """
        return await run_to_completion(asyncio.to_thread(os.pread, self._descriptor, length, offset))

    def close(self) -> None:
        os.close(self._descriptor)
