"""A server's answer as text and images for a model, with limits."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from mcp_types import (
    AudioContent,
    BlobResourceContents,
    CallToolResult,
    ContentBlock,
    EmbeddedResource,
    ImageContent,
    ReadResourceResult,
    ResourceLink,
    TextContent,
    TextResourceContents,
)

from roocode_server.engine.mcp.answer import McpAnswer
from roocode_server.models.cleaning import cleaned_text

MOST_IMAGES: Final = 8
IMAGE_CHARACTERS: Final = 5_600_000
"""The longest image, in base64 characters: about four megabytes, more than models accept."""
_SHOWN: Final = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif"})


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str = ""
    image: str = ""


def of_call(result: CallToolResult) -> McpAnswer:
    """Convert the answer of a tool call."""
    pieces = [_piece(block) for block in result.content]
    structured = result.structured_content
    if structured is not None and not any(_says(piece.text, structured) for piece in pieces):
        pieces.append(_Piece(text=json.dumps(structured, ensure_ascii=False)))
    return _answer(pieces, success=not result.is_error)


def _says(text: str, structured: object) -> bool:
    """Whether a text repeats the structured content, as the protocol asks servers to do."""
    try:
        return bool(json.loads(text) == structured)
    except (ValueError, RecursionError):
        return False


def of_resource(result: ReadResourceResult) -> McpAnswer:
    """Convert the content of a resource."""
    return _answer([_resource(each) for each in result.contents], success=True)


def _answer(pieces: Iterable[_Piece], *, success: bool) -> McpAnswer:
    pieces = list(pieces)
    images = [piece.image for piece in pieces if piece.image]
    texts = [piece.text for piece in pieces if piece.text]
    if len(images) > MOST_IMAGES:
        texts.append(f"({len(images) - MOST_IMAGES} more images are left out)")
    return McpAnswer(
        success=success, text=cleaned_text("\n\n".join(texts)), images=tuple(images[:MOST_IMAGES])
    )


def _piece(block: ContentBlock) -> _Piece:
    match block:
        case TextContent():
            return _Piece(text=block.text)
        case ImageContent():
            return _image(block.mime_type, block.data)
        case AudioContent():
            return _Piece(text=_unseen("audio", block.mime_type, block.data))
        case ResourceLink():
            return _Piece(text=f"(resource {block.uri}: {block.description or block.name})")
        case EmbeddedResource():
            return _resource(block.resource)


def _resource(contents: TextResourceContents | BlobResourceContents) -> _Piece:
    if isinstance(contents, TextResourceContents):
        return _Piece(text=contents.text)
    kind = contents.mime_type or "application/octet-stream"
    return (
        _image(kind, contents.blob)
        if kind in _SHOWN
        else _Piece(text=_unseen("content", kind, contents.blob))
    )


def _image(kind: str, data: str) -> _Piece:
    if kind not in _SHOWN or len(data) > IMAGE_CHARACTERS:
        return _Piece(text=_unseen("image", kind, data))
    return _Piece(image=f"data:{kind};base64,{data}")


def _unseen(what: str, kind: str, data: str) -> str:
    return f"({what} of the type {kind}, {len(data) * 3 // 4:,} bytes, which cannot be shown)"
