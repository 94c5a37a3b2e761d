"""`generate_image`: have a model make an image, and save it as a file. Source: S2."""

from __future__ import annotations

import asyncio
import base64
import posixpath
from collections.abc import Sequence
from dataclasses import field
from typing import ClassVar, Final

import orjson

from roocode_server.engine.providers.images import ImageGenerator
from roocode_server.engine.providers.provider import ProviderFailure
from roocode_server.engine.tools.changes import change_of
from roocode_server.engine.tools.parameters import in_workspace
from roocode_server.engine.tools.paths import place, shown
from roocode_server.engine.tools.text import read_bytes, write_bytes
from roocode_server.engine.tools.tool import Notice, Tool, ToolContext, ToolFailure, ToolResult
from roocode_server.models.error import AppError
from roocode_server.models.shape import PlainShape, described, limited, value
from roocode_server.models.tool import ToolGroup

SIGNATURES: Final = {
    "image/png": (b"\x89PNG\r\n\x1a\n", ".png"),
    "image/jpeg": (b"\xff\xd8\xff", ".jpg"),
    "image/webp": (b"RIFF", ".webp"),
    "image/gif": (b"GIF8", ".gif"),
}
LARGEST_SHOWN: Final = 4_000_000
"""The largest image, in bytes, that is also shown to the model."""


@value
class GenerateImageParameters(PlainShape):
    """The arguments of `generate_image`."""

    prompt: str = field(
        metadata=described(
            "What the image shows, or how to change `image`", **limited(shortest=1, longest=32_000)
        )
    )
    path: str = field(
        metadata=in_workspace("The file to save it in; the extension is adapted to the image's format")
    )
    image: str | None = field(default=None, metadata=in_workspace("An image to start from"))


class GenerateImage(Tool[GenerateImageParameters]):
    """Has an image generated and saves it in the workspace."""

    name: ClassVar = "generate_image"
    description: ClassVar = (
        "Create an image from a description, or change one in the workspace. It is saved as a file, "
        "and you see it."
    )
    group: ClassVar = ToolGroup.EDIT
    parameters: ClassVar = GenerateImageParameters

    def __init__(self, images: ImageGenerator) -> None:
        self._images = images

    def describe(self, parameters: GenerateImageParameters) -> str:
        """Name the file."""
        return f"Generate the image {parameters.path}"

    def paths(self, parameters: GenerateImageParameters) -> Sequence[str]:
        """The path with each possible extension: which one it will be depends on the image."""
        stem, own = posixpath.splitext(parameters.path)
        endings = dict.fromkeys([own, *(ending for _, ending in SIGNATURES.values())])
        return [stem + ending for ending in endings]

    def sources(self, parameters: GenerateImageParameters) -> Sequence[str]:
        """The image to start from, if there is one."""
        return (parameters.image,) if parameters.image else ()

    async def notice(self, context: ToolContext, parameters: GenerateImageParameters) -> Notice | None:
        """Return S2's `generateImage` notice."""
        told = {"tool": "generateImage", "path": parameters.path, "content": parameters.prompt}
        return Notice(kind="tool", text=orjson.dumps(told).decode())

    async def run(self, context: ToolContext, parameters: GenerateImageParameters) -> ToolResult:
        """Generate and save the image. Raises: ToolFailure."""
        path = place(context.workspace, parameters.path)
        source = None
        if parameters.image is not None:
            begun = place(context.workspace, parameters.image)
            source = (posixpath.basename(begun), await read_bytes(context.workspace, begun))
        try:
            picture = await self._images.make(parameters.prompt, source)
        except ProviderFailure as failure:
            raise ToolFailure(failure.message) from failure
        media, ending = _kind(picture)
        path = await _free(context, path, posixpath.splitext(path)[0] + ending)
        before = await _content(context, path)
        await write_bytes(context.workspace, path, picture)
        url = f"data:{media};base64,{base64.b64encode(picture).decode()}"
        images = [url] if len(picture) <= LARGEST_SHOWN else []
        told = {"tool": "imageGenerated", "path": shown(path)}
        await context.say("tool", orjson.dumps(told).decode(), images)
        return ToolResult(
            success=True,
            output=f"The image is in {shown(path)} ({len(picture):,} bytes, {media}).",
            changes=[await asyncio.to_thread(change_of, path, before, picture)],
            images=images,
        )


async def _free(context: ToolContext, asked: str, fitting: str) -> str:
    """Return the path with the fitting extension, or the requested path if the other is taken."""
    is_taken = fitting != asked and await context.workspace.stat(fitting) is not None
    return asked if is_taken else fitting


async def _content(context: ToolContext, path: str) -> bytes | None:
    """Return the file's present content, or None if there is no such file."""
    try:
        return (await context.workspace.read(path)).content
    except AppError:
        return None


def _kind(picture: bytes) -> tuple[str, str]:
    """Return the media type and extension of an image. Raises: ToolFailure, if its format is not known."""
    for media, (signature, ending) in SIGNATURES.items():
        if picture.startswith(signature):
            return media, ending
    raise ToolFailure("The model's server answered with something that is not an image.")
