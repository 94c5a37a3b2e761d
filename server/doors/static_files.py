"""The files of the pages, compressed once for all who ask for them. Source: RFC 9110, 8.4, 8.8 and 13.1.2."""

from __future__ import annotations

import asyncio
import gzip
import mimetypes
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from aiohttp import web

from roocode_server.server.doors.compression import is_accepted

COMPRESSIBLE: Final = frozenset({".js", ".css", ".svg", ".json", ".txt"})
CODING: Final = "gzip"
_LEVEL: Final = 9


class StaticFile:
    """A file that browsers keep, and ask for again with the tag of what they have."""

    def __init__(self, path: Path, headers: Mapping[str, str]) -> None:
        self._path = path
        self._headers = {**headers, "Vary": "Accept-Encoding"}
        self._compressed: tuple[str, bytes] | None = None

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Send the file, or say that the browser has it already."""
        if not self._is_compressed_for(request):
            return web.FileResponse(self._path, headers=self._headers)
        stat = self._path.stat()
        tag = f"{stat.st_mtime_ns:x}-{stat.st_size:x}-{CODING}"
        headers = {**self._headers, "ETag": f'"{tag}"'}
        if any(each.value in (tag, "*") for each in request.if_none_match or ()):
            return web.Response(status=304, headers=headers)
        kind = mimetypes.guess_type(self._path.name)[0] or "application/octet-stream"
        headers |= {"Content-Encoding": CODING}
        response = web.Response(body=await self._content(tag), content_type=kind, headers=headers)
        if kind.startswith("text/"):
            response.charset = "utf-8"
        return response

    def _is_compressed_for(self, request: web.Request) -> bool:
        if self._path.suffix not in COMPRESSIBLE or "Range" in request.headers:
            return False
        return is_accepted(CODING, request.headers.get("Accept-Encoding", "").lower())

    async def _content(self, tag: str) -> bytes:
        if self._compressed is None or self._compressed[0] != tag:
            made = await asyncio.to_thread(lambda: gzip.compress(self._path.read_bytes(), _LEVEL, mtime=0))
            self._compressed = tag, made
        return self._compressed[1]
