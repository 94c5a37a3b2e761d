"""`generate_image` against a mock of the images interface, which others wrote."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any

import pytest

from roocode_server.engine.providers.images import ImageGenerator
from roocode_server.engine.tools.generate_image import GenerateImage
from roocode_server.engine.tools.registry import ToolRegistry
from roocode_server.engine.tools.tool import ToolFailure, ToolResult
from roocode_server.models.settings import ImageSettings
from tests.engine.tools.conftest import Context
from tests.support.mock_models import MockModels


def png(width: int = 2, height: int = 2) -> bytes:
    """A real picture, red all over."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress((b"\0" + b"\xff\0\0" * width) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


async def make(context: Context, models: MockModels, key: str | None = None, **arguments: Any) -> ToolResult:
    """The result of a call with the mock in the vendor's place."""
    said: list[tuple[str, str, list[str]]] = []

    async def say(kind: str, text: str, images: Any = ()) -> None:
        said.append((kind, text, list(images)))

    context.say = say  # type: ignore[method-assign]
    environment = {"OPENAI_API_KEY": key or models.key}
    tool = GenerateImage(ImageGenerator(ImageSettings(base_url=f"{models.url}/v1"), environment))
    return await ToolRegistry([tool]).prepare("generate_image", arguments).run(context)


def picture(models: MockModels, content: bytes) -> None:
    models.say({"image": {"b64Json": base64.b64encode(content).decode()}})


async def test_a_picture_is_kept_and_shown(context: Context, mock_models: MockModels) -> None:
    picture(mock_models, png())
    result = await make(context, mock_models, prompt="a red square", path="art/square.png")
    assert (context.folder / "art" / "square.png").read_bytes() == png()
    assert [(change.kind, change.path) for change in result.changes] == [("created", "/art/square.png")]
    assert result.images == ["data:image/png;base64," + base64.b64encode(png()).decode()]


async def test_a_picture_of_the_workspace_is_changed(context: Context, mock_models: MockModels) -> None:
    picture(mock_models, png(4, 4))
    context.write("a.png", png())
    result = await make(context, mock_models, prompt="larger", path="a.png", image="a.png")
    assert (context.folder / "a.png").read_bytes() == png(4, 4)
    assert [change.kind for change in result.changes] == ["modified"]
    assert mock_models.requests()[-1].path.startswith("/v1/images/edits")


async def test_the_ending_follows_the_kind_of_picture(context: Context, mock_models: MockModels) -> None:
    picture(mock_models, png())
    await make(context, mock_models, prompt="a red square", path="square.jpg")
    assert (context.folder / "square.png").exists()


async def test_another_file_is_never_replaced_and_every_path_it_may_write_is_judged(
    context: Context, mock_models: MockModels
) -> None:
    picture(mock_models, png())
    context.write("square.png", "mine")
    result = await make(context, mock_models, prompt="a red square", path="square.jpg")
    assert context.read("square.png") == "mine"
    assert [change.path for change in result.changes] == ["/square.jpg"]
    tool = GenerateImage(ImageGenerator(ImageSettings(), {}))
    call = ToolRegistry([tool]).prepare(
        "generate_image", {"prompt": "a", "path": "square.jpg", "image": "b.png"}
    )
    assert {"square.jpg", "square.png"} <= set(call.paths())
    assert call.sources() == ("b.png",)


async def test_what_is_no_picture_is_not_kept(context: Context, mock_models: MockModels) -> None:
    picture(mock_models, b"<html>")
    with pytest.raises(ToolFailure, match="not an image"):
        await make(context, mock_models, prompt="a", path="a.png")
    assert not (context.folder / "a.png").exists()


async def test_a_wrong_key_is_said_and_not_repeated(context: Context, mock_models: MockModels) -> None:
    with pytest.raises(ToolFailure) as failure:
        await make(context, mock_models, "a-secret-that-is-wrong", prompt="a", path="a.png")
    assert "refused the key" in str(failure.value)
    assert "a-secret-that-is-wrong" not in str(failure.value)


async def test_without_a_key_it_says_which_variable_gives_one(context: Context) -> None:
    tool = GenerateImage(ImageGenerator(ImageSettings(), {}))
    with pytest.raises(ToolFailure, match="OPENAI_API_KEY"):
        await ToolRegistry([tool]).prepare("generate_image", {"prompt": "a", "path": "a.png"}).run(context)


async def test_a_path_that_leaves_the_workspace_asks_nobody(
    context: Context, mock_models: MockModels
) -> None:
    with pytest.raises(Exception, match="Invalid"):
        await make(context, mock_models, prompt="a", path="../a.png")
    assert not mock_models.requests()
