"""An index for each session, brought up to date whenever somebody searches; it says what it holds."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from roocode_server.engine.search.chunks import Chunk, chunks_of
from roocode_server.engine.search.embedding import Embedder
from roocode_server.engine.workspace.workspace import Workspace
from roocode_server.models.error import AppError
from roocode_server.models.identifier import SessionId

if TYPE_CHECKING:
    import numpy as np

    Vectors = np.ndarray[Any, np.dtype[np.float32]]

WAIT_S: Final = 20.0
"""How long a search waits for the index; what is not in it by then follows, and the answer says so."""

Stamps = Mapping[str, object]
"""What tells one content of a file from the next, by the file's path."""


@dataclass(frozen=True, slots=True)
class CodeMatch:
    """A piece of a file, and how near its meaning is to the query's: 1 is the same."""

    path: str
    chunk: Chunk
    score: float


@dataclass(frozen=True, slots=True)
class CodeSearchResult:
    """The nearest pieces, and how much of what there is was searched."""

    found: list[CodeMatch]
    files: int
    waiting: int
    """Files that have changed or are new and are not searched yet."""


@dataclass(slots=True)
class _File:
    stamp: object
    chunks: list[Chunk]
    vectors: Vectors


@dataclass(slots=True)
class _Index:
    files: dict[str, _File] = field(default_factory=dict)
    wanted: dict[str, object] = field(default_factory=dict)
    updating: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> list[str]:
        """The paths whose present content is not in the index."""
        return [path for path, stamp in self.wanted.items() if self._stamp(path) != stamp]

    def _stamp(self, path: str) -> object:
        return self.files[path].stamp if path in self.files else None


class CodeIndex:
    """Indexes of all sessions, in memory: they are made anew after a start, at the first search."""

    def __init__(self) -> None:
        self._embedder = Embedder()
        self._indexes: dict[SessionId, _Index] = {}

    async def search(
        self,
        session_id: SessionId,
        workspace: Workspace,
        stamps: Stamps,
        query: str,
        *,
        within: str,
        limit: int,
    ) -> CodeSearchResult:
        """The pieces of the files in `stamps` below the path `within` whose meaning is nearest.

        Raises: ExtraNotInstalled.
        """
        wanted = (await self._embedder.embed([query]))[0]
        index = self._indexes.setdefault(session_id, _Index())
        index.wanted = dict(stamps)
        for path in index.files.keys() - stamps.keys():
            del index.files[path]
        await self._bring_up_to_date(index, workspace)
        waiting = len(index.waiting)
        known = [path for path in index.files if path in stamps and path.startswith(within)]
        searched = {path: index.files[path] for path in known}
        found = await asyncio.to_thread(_nearest, searched, wanted, limit)
        return CodeSearchResult(found, len(index.wanted) - waiting, waiting)

    async def forget(self, session_id: SessionId) -> None:
        """The session is gone, and its index with it."""
        index = self._indexes.pop(session_id, None)
        if index is not None and index.updating is not None:
            index.updating.cancel()
            await asyncio.wait({index.updating})

    async def close(self) -> None:
        """End all work."""
        for session_id in list(self._indexes):
            await self.forget(session_id)
        self._embedder.close()

    async def _bring_up_to_date(self, index: _Index, workspace: Workspace) -> None:
        """Wait for the index, but not longer than a search may take. Raises: what indexing raised."""
        if index.updating is None or index.updating.done():
            index.updating = asyncio.create_task(self._update(index, workspace))
        done, _ = await asyncio.wait({index.updating}, timeout=WAIT_S)
        for update in done:
            update.result()

    async def _update(self, index: _Index, workspace: Workspace) -> None:
        while waiting := index.waiting:
            for path in waiting:
                stamp = index.wanted.get(path)
                chunks = await _read(workspace, path)
                vectors = await self._embedder.embed([f"{path}\n{chunk.text}" for chunk in chunks])
                index.files[path] = _File(stamp, chunks, vectors)


async def _read(workspace: Workspace, path: str) -> list[Chunk]:
    try:
        content = (await workspace.read(path)).content
    except AppError:
        return []  # it has vanished, or is no file that can be read
    return await asyncio.to_thread(chunks_of, content)


def _nearest(files: Mapping[str, _File], wanted: Vectors, limit: int) -> list[CodeMatch]:
    scored = [
        CodeMatch(path, chunk, float(score))
        for path, file in files.items()
        if file.chunks
        for chunk, score in zip(file.chunks, file.vectors @ wanted, strict=True)
    ]
    return sorted(scored, key=lambda found: -found.score)[:limit]
