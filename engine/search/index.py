"""One index per session, updated at each search; the answer says how much of the workspace it covers."""

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

INDEX_TIMEOUT_S: Final = 20.0
"""How long a search waits for the index; it answers without the files that are not indexed by then."""

Stamps = Mapping[str, object]
"""For each path, a value that changes whenever the file's content does."""


@dataclass(frozen=True, slots=True)
class CodeMatch:
    """A matching chunk; `score` is the cosine similarity to the query, at most 1."""

    path: str
    chunk: Chunk
    score: float


@dataclass(frozen=True, slots=True)
class CodeSearchResult:
    """The best matches, and how many files were searched."""

    found: list[CodeMatch]
    files: int
    waiting: int
    """How many new or changed files have not been indexed yet."""


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
        """The paths whose present content is not indexed."""
        return [path for path, stamp in self.wanted.items() if self._stamp(path) != stamp]

    def _stamp(self, path: str) -> object:
        return self.files[path].stamp if path in self.files else None


class CodeIndex:
    """The indexes of all sessions, kept in memory: after a restart, the first search rebuilds them."""

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
        """Return the chunks most similar to the query, from the files in `stamps` whose path starts with
        `within`.

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
        """Drop the index of a deleted session."""
        index = self._indexes.pop(session_id, None)
        if index is not None and index.updating is not None:
            index.updating.cancel()
            await asyncio.wait({index.updating})

    async def close(self) -> None:
        """Stop all indexing."""
        for session_id in list(self._indexes):
            await self.forget(session_id)
        self._embedder.close()

    async def _bring_up_to_date(self, index: _Index, workspace: Workspace) -> None:
        """Update the index, waiting at most `INDEX_TIMEOUT_S`. Raises: what indexing raised."""
        if index.updating is None or index.updating.done():
            index.updating = asyncio.create_task(self._update(index, workspace))
        done, _ = await asyncio.wait({index.updating}, timeout=INDEX_TIMEOUT_S)
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
        return []  # it has vanished, or cannot be read as a file
    return await asyncio.to_thread(chunks_of, content)


def _nearest(files: Mapping[str, _File], wanted: Vectors, limit: int) -> list[CodeMatch]:
    scored = [
        CodeMatch(path, chunk, float(score))
        for path, file in files.items()
        if file.chunks
        for chunk, score in zip(file.chunks, file.vectors @ wanted, strict=True)
    ]
    return sorted(scored, key=lambda found: -found.score)[:limit]
