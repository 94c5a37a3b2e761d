"""Files as raw bytes over HTTP: uploads, downloads, ranges, and nothing half done."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest

from tests.support.place import Place, code

LARGE = os.urandom(64) * 200_000
"""More than `files.max_file_bytes`, which bounds reads and writes of whole files."""


async def test_a_large_file_goes_up_and_comes_down_as_it_is(place: Place) -> None:
    status, body = await place.put("deep/large.bin", LARGE)
    assert (status, body["created"], body["file"]["size"]) == (201, True, len(LARGE))
    status, headers, content = await place.get("deep/large.bin")
    assert (status, content) == (200, LARGE)
    assert headers["ETag"] == f'"{body["file"]["etag"]}"'
    assert headers["Content-Length"] == str(len(LARGE))
    assert await place.events() == ["file.created /deep/large.bin"]


async def test_a_file_that_is_there_is_replaced_and_told_so(place: Place) -> None:
    await place.put("a.txt", b"one\n")
    status, body = await place.put("a.txt", b"two\n")
    assert (status, body["created"]) == (200, False)
    assert await place.events() == ["file.created /a.txt", "file.modified /a.txt"]


async def test_the_tag_is_that_of_the_other_operations(place: Place) -> None:
    _, body = await place.put("a.txt", b"one\n")
    async with place.http.get(f"{place.session}/files/a.txt") as answer:
        assert (await answer.json())["etag"] == body["file"]["etag"]


async def test_a_download_is_never_shown_as_this_servers_own(place: Place) -> None:
    await place.put("page.html", b"<script>alert(1)</script>")
    _, headers, _ = await place.get("page.html")
    assert headers["Content-Type"] == "text/html"
    assert headers["Content-Disposition"] == 'attachment; filename="page.html"'
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("sandbox")
    assert headers["X-Request-ID"] and headers["X-API-Version"] == "v1"


@pytest.mark.parametrize("name", ["ä b.txt", 'x"y.txt', "a\r\nX-Evil: 1", "-", "%41"])
async def test_every_name_can_be_downloaded_and_adds_no_header(place: Place, name: str) -> None:
    assert (await place.put(name, b"x"))[0] == 201
    status, headers, content = await place.get(name)
    assert (status, content) == (200, b"x")
    assert headers["Content-Disposition"].startswith("attachment; filename")
    assert "X-Evil" not in headers


@pytest.mark.parametrize(
    ("wanted", "content", "told"),
    [
        ("bytes=0-3", b"0123", "bytes 0-3/10"),
        ("bytes=8-", b"89", "bytes 8-9/10"),
        ("bytes=-3", b"789", "bytes 7-9/10"),
        ("bytes=5-999", b"56789", "bytes 5-9/10"),
        ("bytes=-999", b"0123456789", "bytes 0-9/10"),
    ],
)
async def test_a_part_is_sent_where_a_part_is_asked_for(
    place: Place, wanted: str, content: bytes, told: str
) -> None:
    await place.put("a", b"0123456789")
    status, headers, sent = await place.get("a", Range=wanted)
    assert (status, sent, headers["Content-Range"]) == (206, content, told)


@pytest.mark.parametrize("wanted", ["bytes=10-", "bytes=99-100", "bytes=-0"])
async def test_a_part_behind_the_end_is_refused(place: Place, wanted: str) -> None:
    await place.put("a", b"0123456789")
    async with place.http.get(place.raw("a"), headers={"Range": wanted}) as answer:
        assert (answer.status, code(await answer.json())) == (416, "RANGE_NOT_SATISFIABLE")
        assert answer.headers["Content-Range"] == "bytes */10"


@pytest.mark.parametrize(
    "wanted", ["bytes=5-2", "bytes=a-b", "lines=1-2", "bytes=0-1,3-4", "bytes=-", "bytes=" + "9" * 5000 + "-"]
)
async def test_a_range_that_makes_no_sense_is_passed_over(place: Place, wanted: str) -> None:
    await place.put("a", b"0123456789")
    status, _, sent = await place.get("a", Range=wanted)
    assert (status, sent) == (200, b"0123456789")


async def test_who_has_the_file_already_is_told_so(place: Place) -> None:
    await place.put("a", b"one")
    _, headers, _ = await place.get("a")
    for tag in (headers["ETag"], "*", f'"other", W/{headers["ETag"]}'):
        assert (await place.get("a", **{"If-None-Match": tag}))[0] == 304
    assert (await place.get("a", **{"If-None-Match": '"other"'}))[0] == 200


async def test_the_rest_of_another_content_is_not_sent(place: Place) -> None:
    await place.put("a", b"0123456789")
    _, headers, _ = await place.get("a")
    assert (await place.get("a", Range="bytes=5-", **{"If-Range": headers["ETag"]}))[0] == 206
    assert (await place.get("a", Range="bytes=5-", **{"If-Range": '"other"'}))[2] == b"0123456789"


async def test_a_head_tells_of_the_file_without_it(place: Place) -> None:
    await place.put("a", b"0123456789")
    status, headers, content = await place.get("a", "HEAD")
    assert (status, headers["Content-Length"], content) == (200, "10", b"")
    assert (await place.get("none", "HEAD"))[0] == 404


async def test_an_empty_file_goes_up_and_comes_down(place: Place) -> None:
    assert (await place.put("a", b""))[0] == 201
    assert (await place.get("a"))[2] == b""


async def test_an_upload_on_condition(place: Place) -> None:
    _, body = await place.put("a", b"one", **{"If-None-Match": "*"})
    status, refused = await place.put("a", b"two", **{"If-None-Match": "*"})
    assert (status, code(refused)) == (409, "RESOURCE_CONFLICT")
    status, refused = await place.put("a", b"two", **{"If-Match": '"other"'})
    assert (status, refused["error"]["details"]["etag"]) == (409, body["file"]["etag"])
    assert (await place.put("a", b"two", **{"If-Match": f'"{body["file"]["etag"]}"'}))[0] == 200


@pytest.mark.parametrize(
    "path", ["../a", "way/a", "way", "\0", "x" * 300, "folder", "file/a", "/", "", "loop"]
)
async def test_an_upload_that_cannot_be_leaves_nothing(place: Place, tmp_path: Path, path: str) -> None:
    (place.folder / "folder").mkdir()
    (place.folder / "file").touch()
    (place.folder / "way").symlink_to(tmp_path)
    (place.folder / "loop").symlink_to("loop")
    before = place.left()
    status, body = await place.put(path, b"content")
    assert (status, code(body)) in [(400, "VALIDATION_ERROR"), (409, "RESOURCE_CONFLICT")]
    assert (place.left(), os.listdir(tmp_path)) == (before, [])


@pytest.mark.parametrize("path", ["../a", "way/a", "way", "folder", "pipe", "none", "\0"])
async def test_what_cannot_be_downloaded(place: Place, tmp_path: Path, path: str) -> None:
    (tmp_path / "a").write_text("canary")
    (place.folder / "folder").mkdir()
    (place.folder / "way").symlink_to(tmp_path)
    os.mkfifo(place.folder / "pipe")
    async with asyncio.timeout(5):
        status, _, content = await place.get(path)
    assert status in (400, 404, 409)
    assert b"canary" not in content


async def test_a_file_over_the_sessions_limit_is_refused(place: Place) -> None:
    status, body = await place.put("a", bytes(2**24 + 1))
    assert (status, code(body), body["error"]["details"]) == (413, "PAYLOAD_TOO_LARGE", {"limitBytes": 2**24})
    assert place.left() == []


async def test_a_workspace_that_is_full_takes_no_more(place: Place) -> None:
    for name in ("a", "b"):
        assert (await place.put(name, LARGE))[0] == 201
    status, body = await place.put("c", LARGE)
    assert (status, code(body)) == (409, "WORKSPACE_LIMIT_EXCEEDED")
    assert place.left() == ["a", "b"]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.02)


async def test_half_an_upload_leaves_nothing(place: Place) -> None:
    address = urlsplit(place.server.url)
    _, writer = await asyncio.open_connection(address.hostname, address.port)
    head = f"PUT {place.raw('a')} HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Length: 1000000\r\n"
    writer.write(f"{head}Authorization: Bearer {place.server.key}\r\n\r\n".encode() + bytes(500_000))
    await until(lambda: place.left() != [])
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
    await until(lambda: place.left() == [])
    assert await place.events() == []
    assert "Traceback" not in place.server.log


async def test_a_download_that_is_dropped_harms_nobody(place: Place) -> None:
    await place.put("a", LARGE)
    async with place.http.get(place.raw("a")) as answer:
        await answer.content.read(1000)
        answer.close()
        await asyncio.sleep(0.01)
    assert (await place.get("a", Range="bytes=0-0"))[2] == LARGE[:1]
    assert "Traceback" not in place.server.log


async def test_a_file_called_raw_has_its_address(place: Place) -> None:
    async with place.http.post(f"{place.session}/files/raw", json={"content": "one"}) as answer:
        assert answer.status == 201
    async with place.http.get(f"{place.session}/files/raw") as answer:
        assert (await answer.json())["content"] == "one"
    assert (await place.get("raw"))[2] == b"one"


async def test_somebody_elses_files_are_not_there(place: Place) -> None:
    other = place.session[:-4] + "0000"
    for method in ("GET", "PUT"):
        async with place.http.request(method, f"{other}/files/raw?path=a", data=None) as answer:
            assert (answer.status, code(await answer.json())) == (404, "RESOURCE_NOT_FOUND")


async def test_without_credentials_nothing_goes_up_or_comes_down(place: Place) -> None:
    async with aiohttp.ClientSession(place.server.url) as nobody:
        for method in ("GET", "PUT"):
            async with nobody.request(method, place.raw("a")) as answer:
                assert (answer.status, code(await answer.json())) == (401, "AUTHENTICATION_FAILED")
    assert place.left() == []


async def test_an_unknown_parameter_is_named(place: Place) -> None:
    async with place.http.get(place.raw("a") + "&nonsense=1") as answer:
        body = await answer.json()
    assert (code(body), body["error"]["details"]["field"]) == ("VALIDATION_ERROR", "nonsense")
