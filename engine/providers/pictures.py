"""Images for models, identified by their first bytes, whatever their declared type.

Sources: RFC 2397 (data URLs), RFC 2083 (PNG), ITU T.81 (JPEG), GIF89a, RFC 9649 (WebP), ISO 23008-12 (HEIF).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from roocode_server.engine.providers.wire import DATA_URL, left_out

UNUSABLE: Final = "(An image was left out because its content is not a usable image.)"
_LEAST_BYTES: Final = 26
"""No image of these types is shorter; a signature alone is not an image."""
_HEIF: Final = {b"heic": "image/heic", b"heix": "image/heic", b"mif1": "image/heif", b"msf1": "image/heif"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An image with its actual type; `data` is base64."""

    media_type: str
    data: str

    @property
    def url(self) -> str:
        """The image as a `data:` URL."""
        return f"data:{self.media_type};base64,{self.data}"


def picture_of(url: str, taken: Collection[str]) -> Picture | str:
    """Return the image of a `data:` URL if it is one of the types `taken`; otherwise a note for the model."""
    found = DATA_URL.match(url)
    if found is None:
        return UNUSABLE
    try:
        content = base64.b64decode("".join(found["content"].split()), validate=True)
    except (binascii.Error, ValueError):
        return UNUSABLE
    declared, real = found["type"].lower(), type_of(content)
    if real in taken:
        return Picture(media_type=real, data=base64.b64encode(content).decode())
    return left_out(real or declared) if real or declared not in taken else UNUSABLE


def type_of(content: bytes) -> str:
    """Return the media type according to an image's first bytes; empty if it is not an image."""
    if len(content) < _LEAST_BYTES:
        return ""
    if content.startswith(b"\x89PNG\r\n\x1a\n") and content[12:16] == b"IHDR":
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "image/webp"
    return _HEIF.get(content[8:12], "") if content[4:8] == b"ftyp" else ""
