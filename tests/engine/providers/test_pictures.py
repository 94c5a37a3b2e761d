"""Images are recognised by their content; models get a note instead of anything else."""

from __future__ import annotations

import base64

import pytest

from roocode_server.engine.providers.pictures import UNUSABLE, Picture, picture_of
from tests.engine.providers.asking import PIXEL

TAKEN = ("image/png", "image/jpeg")
CONTENT = PIXEL.partition(",")[2]


def url(content: bytes, media_type: str = "image/png") -> str:
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


@pytest.mark.parametrize(
    "given",
    [
        PIXEL,
        f"data:image/png;base64,{CONTENT[:40]}\n{CONTENT[40:]}\r\n",
        f"data:image/PNG;name=a.png;base64,{CONTENT}",
        f"data:image/jpeg;base64,{CONTENT}",
        f"data:application/octet-stream;base64,{CONTENT}",
    ],
    ids=["as it is", "line breaks", "parameters", "another type", "no type"],
)
def test_an_image_is_known_by_its_content(given: str) -> None:
    assert picture_of(given, TAKEN) == Picture(media_type="image/png", data=CONTENT)


@pytest.mark.parametrize(
    "given",
    [
        "",
        "http://host/a.png",
        "data:image/png,plain",
        "data:image/png;base64,a",
        "data:image/png;base64,!!!",
        url(b"\x89PNG\r\n\x1a\n"),
        url(b"<html>not a picture at all</html>"),
        url(b""),
    ],
)
def test_what_is_no_image_is_replaced_by_a_note(given: str) -> None:
    assert picture_of(given, TAKEN) == UNUSABLE


def test_an_image_of_a_type_that_a_model_does_not_take_is_named() -> None:
    gif = b"GIF89a" + bytes(40)
    assert "image/gif" in str(picture_of(url(gif, "image/gif"), TAKEN))
    assert "image/svg+xml" in str(picture_of(url(b"<svg/>", "image/svg+xml"), TAKEN))
