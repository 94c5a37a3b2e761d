"""Normalises server-sent events for the vendors' libraries.

The libraries mistake events without data, comments and ids for pieces of the answer, and overlook an error
that a server sends in place of a stream with status 200. Sources: the HTML standard, "Server-sent events";
the errors of OpenRouter, Ollama, vLLM and MiniMax, as documented.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import orjson

if TYPE_CHECKING:
    import httpx2

Hook = Callable[["httpx2.Response"], Awaitable[None]]

MARKS: Final = (b'"error"', b'"base_resp"', b'"detail"')
"""Every error in a stream contains one of these; other events are not parsed."""


def plain_events(*, with_names: bool = False, with_numbers: bool = False) -> Hook:
    """Return a response hook for an HTTP client that only requests streams: it leaves only events with data.

    With `with_names` every event has a name, taken from its `type` if the server sends none; otherwise no
    event has one. An error becomes `{"error": {"message": …}}` with the name `error`, wherever it occurs;
    with `with_numbers` its `code` is always a number, 500 if the server sends none.
    """

    async def hook(response: httpx2.Response) -> None:
        import httpx2

        if response.status_code != 200:
            return
        received = httpx2.Response(200, headers=response.headers, stream=response.stream)
        for name in ("content-encoding", "content-length"):
            response.headers.pop(name, None)
        response.stream = _stream(received, with_names=with_names, with_numbers=with_numbers)

    return hook


def _stream(received: httpx2.Response, *, with_names: bool, with_numbers: bool) -> httpx2.AsyncByteStream:
    import httpx2

    class Plain(httpx2.AsyncByteStream):
        def __init__(self) -> None:
            self._pieces = self._read()

        def __aiter__(self) -> AsyncIterator[bytes]:
            # Always the same: the SDK reads what follows the end on, so that the connection is used again.
            return self._pieces

        async def aclose(self) -> None:
            await received.aclose()

        async def _read(self) -> AsyncIterator[bytes]:
            async for name, data in _events(received.aiter_bytes()):
                kind, told = _named(name, data, with_numbers=with_numbers)
                yield _written(kind, told, with_names=with_names)

    return Plain()


async def _events(pieces: AsyncIterator[bytes]) -> AsyncIterator[tuple[str, bytes]]:
    """Yield name and data of each event that has data; a plain JSON body counts as one event."""
    name, data, other = "", list[bytes](), list[bytes]()
    seen = False
    async for line in _lines(pieces):
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if not line:
            if any(data):
                yield name, b"\n".join(data)
                seen = True
            name, data = "", []
        elif field == b"data":
            data.append(value)
        elif field == b"event":
            name = value.decode(errors="replace")
        elif not seen and field not in (b"", b"id", b"retry"):
            other.append(line)
    if any(data):
        yield name, b"\n".join(data)
    elif other and not seen:
        yield "", b"\n".join(other)


async def _lines(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield lines, ended by CR LF, LF or CR, as they arrive; the last one may have no end."""
    begun = b""
    async for piece in pieces:
        text = begun + piece
        *ended, begun = text.replace(b"\r\n", b"\n").split(b"\n")
        for line in ended:
            for part in line.split(b"\r"):
                yield part
    for part in begun.split(b"\r"):
        if part:
            yield part


def _named(name: str, data: bytes, *, with_numbers: bool) -> tuple[str, bytes]:
    """Return the event's name and its data, with errors in the normalised form."""
    if name != "error" and not any(mark in data for mark in MARKS):
        return name or _type_of(data), data
    content = _decoded(data)
    error = _error_of(content, is_error=name == "error")
    if error is None:
        return name or _type_of(data), data
    if with_numbers and not isinstance(error.get("code"), int):
        error["code"] = 500
    return "error", orjson.dumps({"error": error, "type": "error"})


def _type_of(data: bytes) -> str:
    content = _decoded(data) if data.startswith(b'{"type"') else None
    found = content.get("type") if isinstance(content, Mapping) else None
    return found if isinstance(found, str) and found.isprintable() else ""


def _decoded(data: bytes) -> Any:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return None


def _error_of(content: Any, *, is_error: bool) -> dict[str, Any] | None:
    """Return the error in an event, with its `message`; None if it is not an error."""
    if isinstance(content, list) and content:
        content = content[0]
    if not isinstance(content, Mapping):
        return None
    error = content.get("error")
    if isinstance(error, Mapping) and error:
        return {**error, "message": _message(error)}
    if isinstance(error, str) and error:
        return {"message": error, "code": content.get("code")}
    base = content.get("base_resp")
    if isinstance(base, Mapping) and base.get("status_code"):
        return {"message": str(base.get("status_msg", "")), "code": base["status_code"]}
    if is_error or content.get("object") == "error" or ("detail" in content and len(content) == 1):
        return {**content, "message": _message(content)}
    return None


def _message(error: Mapping[str, Any]) -> str:
    said = error.get("message") or error.get("detail") or error.get("code") or "it gives no reason"
    return said if isinstance(said, str) else orjson.dumps(said).decode()


def _written(name: str, data: bytes, *, with_names: bool) -> bytes:
    begin = f"event: {name}\n".encode() if with_names and name else b""
    return begin + b"".join(b"data: " + line + b"\n" for line in data.split(b"\n")) + b"\n"
