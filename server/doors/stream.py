"""A request that carries raw bytes, and its answer, which can be a byte range.

Source: RFC 9110, 13 (conditions) and 14 (ranges); RFC 6266 (names of attachments).
"""

from __future__ import annotations

import asyncio
import mimetypes
import re
import unicodedata
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Final
from urllib.parse import quote

from aiohttp import ETag, web

from roocode_server.engine.workspace.open_file import OpenFile
from roocode_server.models.error import RangeNotSatisfiable
from roocode_server.models.quota import Quota
from roocode_server.server.doors.bodies import BODY_PIECE_BYTES, pieces_of

FILE_HEADERS: Final[Mapping[str, str]] = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Content of workspaces is untrusted: no browser may run or embed it as this server's own."""

_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9_.-][A-Za-z0-9_. -]*")
_NOT_PLAIN: Final = re.compile(r"[^A-Za-z0-9_. -]+")
_NOTHING: Final = re.compile(r"bytes=-0+", re.IGNORECASE)

AddHeaders = Callable[[web.StreamResponse], None]


class HttpStream:
    """The `Stream` of one HTTP request. `add_headers` adds the headers common to all answers.

    `idle_timeout_s` limits the wait for the next piece of the body, and for the client to read the next piece
    of the answer.
    """

    def __init__(self, request: web.Request, add_headers: AddHeaders, idle_timeout_s: float) -> None:
        self.response: web.StreamResponse | None = None
        """The answer, once it has been started."""
        self.is_whole = False
        self._request = request
        self._add_headers = add_headers
        self._idle_timeout_s = idle_timeout_s
        self._quota: Quota | None = None

    def limit(self, quota: Quota) -> None:
        self._quota = quota

    def body(self) -> AsyncIterator[bytes]:
        """The decoded body. Raises: the errors of `pieces_of`."""
        return pieces_of(self._request, self._idle_timeout_s)

    async def send_file(self, file: OpenFile) -> None:
        """Answer with the file, the requested range, or 304. Raises: RangeNotSatisfiable."""
        if self._has_it_already(file.etag):
            await self._begin(web.Response(status=304), file)
            self.is_whole = True
            return
        part = self._part(file)
        first, last = (part.start, part.stop) if part is not None else (0, file.size)
        response = self._attachment(file.name, _media_type(file.name))
        response.content_length = last - first
        response.headers["Accept-Ranges"] = "bytes"
        if part is not None:
            response.set_status(206)
            response.headers["Content-Range"] = f"bytes {first}-{last - 1}/{file.size}"
        await self._begin(response, file)
        await self._write(response, _read(file, first, last))

    async def send_pieces(self, name: str, media_type: str, pieces: AsyncIterator[bytes]) -> None:
        """Answer with pieces as they come, in chunked encoding."""
        response = self._attachment(name, media_type)
        first = await anext(pieces, b"")  # a failure before the first piece is answered as an error
        await self._begin(response)
        await self._write(response, _with_first(first, pieces))

    def abort(self) -> None:
        """Break off an answer that has been started, so that the client notices that it is incomplete."""
        if self._request.transport is not None:
            self._request.transport.abort()

    def _has_it_already(self, etag: str) -> bool:
        """Whether `If-None-Match` names the file's tag, by weak comparison."""
        wanted = self._request.if_none_match
        return wanted is not None and any(tag.value in ("*", etag) for tag in wanted)

    def _part(self, file: OpenFile) -> range | None:
        """The requested bytes; None for the whole file, also if the range has an unknown form."""
        headers = self._request.headers
        if "Range" not in headers or headers.get("If-Range", f'"{file.etag}"') != f'"{file.etag}"':
            return None
        if _NOTHING.fullmatch(headers["Range"]):
            raise RangeNotSatisfiable(file.size)
        try:
            wanted = self._request.http_range
        except ValueError:
            return None
        first, stop, _ = wanted.indices(file.size)
        if first >= stop:
            raise RangeNotSatisfiable(file.size)
        return range(first, stop)

    def _attachment(self, name: str, media_type: str) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": media_type})
        response.headers["Content-Disposition"] = _attached(name)
        return response

    async def _begin(self, response: web.StreamResponse, file: OpenFile | None = None) -> None:
        if file is not None:
            response.etag = ETag(file.etag)
            response.last_modified = file.modified_at
        response.headers.update(FILE_HEADERS)
        if self._quota is not None:
            response.headers.update(self._quota.headers())
        self._add_headers(response)
        self.response = response
        await response.prepare(self._request)

    async def _write(self, response: web.StreamResponse, pieces: AsyncIterator[bytes]) -> None:
        """Write all pieces; stops when the client disconnects or no longer reads."""
        if self._request.method == "HEAD":
            await response.write_eof()
            self.is_whole = True
            return
        try:
            async for piece in pieces:
                if piece:
                    async with asyncio.timeout(self._idle_timeout_s):
                        await response.write(piece)
            await response.write_eof()
        except (ConnectionError, TimeoutError):
            return
        self.is_whole = True


async def _with_first(first: bytes, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in pieces:
        yield piece


async def _read(file: OpenFile, first: int, stop: int) -> AsyncIterator[bytes]:
    """The bytes of a file. Raises: ConnectionError, if it has become shorter than announced."""
    while first < stop:
        piece = await file.read(first, min(BODY_PIECE_BYTES, stop - first))
        if not piece:
            raise ConnectionError("the file has become shorter")
        first += len(piece)
        yield piece


def _media_type(name: str) -> str:
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def _attached(name: str) -> str:
    """`Content-Disposition` for an attachment with this name, which older clients get in ASCII.

    Source: RFC 6266, 4.3 and appendix D.
    """
    if _PLAIN_NAME.fullmatch(name):
        return f'attachment; filename="{name}"'
    letters = (each for each in unicodedata.normalize("NFKD", name) if not unicodedata.combining(each))
    plain = _NOT_PLAIN.sub("_", "".join(letters))
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
