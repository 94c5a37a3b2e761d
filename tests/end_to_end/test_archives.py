"""Whole workspaces are downloaded and uploaded as archives: completely or not at all."""

from __future__ import annotations

import asyncio
import gzip
import io
import os
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.support.place import Place, code

FORMATS = ["tar.gz", "zip"]


def address(place: Place, kind: str, *, replace: bool = False) -> str:
    return f"{place.session}/archive?format={kind}" + ("&replace=true" if replace else "")


async def download(place: Place, kind: str) -> bytes:
    async with place.http.get(address(place, kind)) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Disposition"] == f'attachment; filename="Transfers.{kind}"'
        return await answer.read()


async def upload(place: Place, kind: str, content: Any, *, replace: bool = False) -> tuple[int, Any]:
    data = io.BytesIO(content) if isinstance(content, bytes) else content
    async with place.http.put(address(place, kind, replace=replace), data=data) as answer:
        return answer.status, await answer.json()


def tar(*members: tuple[tarfile.TarInfo | str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for member, content in members:
            info = tarfile.TarInfo(member) if isinstance(member, str) else member
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def zipped(*members: tuple[zipfile.ZipInfo | str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members:
            archive.writestr(member, content)
    return packed.getvalue()


def tar_entry(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def zip_entry(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


def fill(folder: Path) -> None:
    """Create one of each kind of file that an archive preserves, and one that it does not."""
    (folder / "src/.hidden").mkdir(parents=True)
    (folder / "empty").mkdir()
    (folder / "src/ä.py").write_text("print()\n")
    (folder / "run").write_text("#!/bin/sh\n")
    (folder / "run").chmod(0o755)
    (folder / "src/link").symlink_to("../run")
    (folder / "large").write_bytes(os.urandom(1000) * 2000)
    os.mkfifo(folder / "pipe")


def tree(folder: Path) -> dict[str, Any]:
    """Return a folder's content: contents and executability of files, targets of links, directories."""
    found: dict[str, Any] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = path.readlink()
        elif path.is_file():
            found[name] = (path.read_bytes(), os.access(path, os.X_OK))
        elif path.is_dir():
            found[name] = None
    return found


@pytest.mark.parametrize("kind", FORMATS)
async def test_what_goes_out_comes_in_again(place: Place, kind: str) -> None:
    fill(place.folder)
    before = tree(place.folder)
    packed = await download(place, kind)
    (place.folder / "large").write_text("changed")
    status, body = await upload(place, kind, packed, replace=True)
    assert (status, body["files"]) == (200, 4)
    assert tree(place.folder) == before


async def test_an_archive_is_what_other_programs_read(place: Place, tmp_path: Path) -> None:
    fill(place.folder)
    with tarfile.open(fileobj=io.BytesIO(await download(place, "tar.gz"))) as archive:
        # The argument `filter` is new in Python 3.11.4.
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(tmp_path / "tar")  # noqa: S202 - it is what this server has packed
    assert tree(tmp_path / "tar") == tree(place.folder)
    with zipfile.ZipFile(io.BytesIO(await download(place, "zip"))) as archive:
        assert archive.testzip() is None
        assert archive.read("src/ä.py") == b"print()\n"


@pytest.mark.parametrize("kind", FORMATS)
async def test_a_link_that_leads_out_takes_nothing_along(place: Place, tmp_path: Path, kind: str) -> None:
    (tmp_path / "canary").write_text("canary")
    (place.folder / "way").symlink_to(tmp_path)
    (place.folder / "file").symlink_to(tmp_path / "canary")
    packed = await download(place, kind)
    assert b"canary" not in (gzip.decompress(packed).replace(os.fsencode(tmp_path / "canary"), b"")
                             if kind == "tar.gz" else packed)  # fmt: skip


async def test_an_archive_is_named_after_its_session(place: Place) -> None:
    assert (await rename(place, "Überblick/Umbau")) == (
        "attachment; filename=\"Uberblick-Umbau.zip\"; filename*=UTF-8''%C3%9Cberblick-Umbau.zip"
    )
    assert await rename(place, "日本") == (
        "attachment; filename=\"_.zip\"; filename*=UTF-8''%E6%97%A5%E6%9C%AC.zip"
    )
    assert await rename(place, "../..") == f'attachment; filename="{place.folder.name}.zip"'


async def rename(place: Place, name: str) -> str:
    """Give the session another name, and return what a download says of the file."""
    async with place.http.put(place.session, json={"name": name}) as answer:
        assert answer.status == 200
    async with place.http.get(address(place, "zip")) as answer:
        return answer.headers["Content-Disposition"]


async def test_an_import_is_told(place: Place) -> None:
    await upload(place, "zip", zipped(("a", b"one"), ("b/c", b"three")))
    async with place.http.get(f"{place.session}/events?limit=100") as answer:
        last = (await answer.json())["data"][-1]
    assert (last["type"], last["files"], last["size"]) == ("workspace.imported", 2, 8)


async def test_what_is_there_is_replaced_only_when_asked_for(place: Place) -> None:
    (place.folder / ".old").write_text("old")
    (place.folder / "a").mkdir()
    status, body = await upload(place, "zip", zipped(("a", b"new")))
    assert (status, code(body)) == (409, "RESOURCE_CONFLICT")
    assert place.left() == [".old", "a"]
    assert (await upload(place, "zip", zipped(("a", b"new")), replace=True))[0] == 200
    assert place.left() == ["a"]
    assert (place.folder / "a").read_text() == "new"


HOSTILE = {
    "dots": tar(("../a", b"x")),
    "dots further on": tar(("src/../../a", b"x")),
    "absolute": tar(("/unpacked-by-an-archive", b"x")),
    "a link out": tar((tar_entry("way", tarfile.SYMTYPE, "../.."), b"")),
    "a link out by an absolute path": tar((tar_entry("way", tarfile.SYMTYPE, "/etc"), b"")),
    "a link out from a folder": tar((tar_entry("a/way", tarfile.SYMTYPE, "../../x"), b"")),
    "a hard link out": tar((tar_entry("passwd", tarfile.LNKTYPE, "/etc/passwd"), b"")),
    "a hard link up": tar((tar_entry("passwd", tarfile.LNKTYPE, "../x"), b"")),
    "a hard link to nothing": tar((tar_entry("a", tarfile.LNKTYPE, "b"), b"")),
    "a hard link to a link": tar(
        (tar_entry("b", tarfile.SYMTYPE, "c"), b""), (tar_entry("a", tarfile.LNKTYPE, "b"), b"")
    ),
    "a device": tar((tar_entry("zero", tarfile.CHRTYPE), b"")),
    "a pipe": tar((tar_entry("pipe", tarfile.FIFOTYPE), b"")),
    "a file as a folder": tar(("a", b"x"), ("a/b", b"x")),
    "a name that is too long": tar(("x" * 300, b"x")),
    "no archive": b"nonsense" * 1000,
    "nothing": b"",
    "half": tar(*((str(number), os.urandom(1000)) for number in range(100)))[:50_000],
}
HOSTILE_ZIPS = {
    "dots": zipped(("../a", b"x")),
    "absolute": zipped(("/unpacked-by-an-archive", b"x")),
    "a link out": zipped((zip_entry("way", stat.S_IFLNK | 0o777), b"../..")),
    "an endless link": zipped((zip_entry("way", stat.S_IFLNK | 0o777), b"x" * 1_000_000)),
    "a device": zipped((zip_entry("zero", stat.S_IFCHR | 0o666), b"")),
    "no archive": b"PK\3\4" + b"nonsense" * 1000,
    "half": zipped(*((str(number), os.urandom(1000)) for number in range(100)))[:50_000],
}


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        *(pytest.param("tar.gz", content, id=f"tar: {name}") for name, content in HOSTILE.items()),
        *(pytest.param("zip", content, id=f"zip: {name}") for name, content in HOSTILE_ZIPS.items()),
    ],
)
async def test_a_hostile_archive_leaves_everything_as_it_was(place: Place, kind: str, content: bytes) -> None:
    (place.folder / "a").write_text("mine")
    beside = sorted(os.listdir(place.folder.parent))
    status, body = await upload(place, kind, content, replace=True)
    assert (status, code(body)) == (400, "VALIDATION_ERROR")
    assert place.left() == ["a"]
    assert (place.folder / "a").read_text() == "mine"
    assert sorted({*os.listdir(place.folder.parent), ".staging"}) == sorted({*beside, ".staging"})
    assert not Path("/unpacked-by-an-archive").exists()
    assert "Traceback" not in place.server.log


async def test_what_comes_through_a_link_of_the_archive_stays_inside(place: Place) -> None:
    content = tar((tar_entry("way", tarfile.SYMTYPE, "real"), b""), ("real/a", b"x"), ("way/b", b"y"))
    assert (await upload(place, "tar.gz", content))[0] == 200
    assert sorted(os.listdir(place.folder / "real")) == ["a", "b"]


async def test_what_comes_later_takes_the_place_of_what_came_before(place: Place) -> None:
    link = tar_entry("way", tarfile.SYMTYPE, "inside")
    content = tar(("inside/a", b"first"), (link, b""), ("way/b", b"2"), ("inside/a", b"second"))
    assert (await upload(place, "tar.gz", content))[0] == 200
    assert (place.folder / "inside/a").read_text() == "second"
    assert (place.folder / "inside/b").read_text() == "2"
    no_way = tar(("inside/a", b""), (link, b""), ("way/b", b""), ("way", b"a file by now"), ("way/c", b""))
    status, body = await upload(place, "tar.gz", no_way, replace=True)
    assert (status, code(body)) == (400, "VALIDATION_ERROR")
    assert sorted(os.listdir(place.folder / "inside")) == ["a", "b"]


async def test_a_bomb_is_refused_while_it_grows(place: Place) -> None:
    for kind, content in (
        ("tar.gz", tar(*((str(number), bytes(10_000_000)) for number in range(5)))),
        ("zip", zipped(*((str(number), bytes(10_000_000)) for number in range(5)))),
        ("zip", zipped(("large", bytes(17 * 2**20)))),
    ):
        assert len(content) < 100_000
        status, body = await upload(place, kind, content)
        assert (status, code(body)) == (409, "WORKSPACE_LIMIT_EXCEEDED")
        assert place.left() == []


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME])
async def test_a_header_that_would_fill_the_memory_is_refused(place: Place, kind: bytes) -> None:
    header = tarfile.TarInfo("x")
    header.type, header.size = kind, 3 * 2**30
    zeros = gzip.compress(bytes(2**26))  # what follows another is part of the same file
    status, body = await upload(place, "tar.gz", gzip.compress(header.tobuf()) + zeros * (3 * 2**30 // 2**26))
    assert (status, code(body)) == (400, "VALIDATION_ERROR")
    assert "extended header" in str(body)
    assert place.left() == []


async def test_a_header_as_large_as_programs_make_it_is_read(place: Place) -> None:
    info = tarfile.TarInfo("deep/" * 200 + "a.txt")
    info.pax_headers = {"SCHILY.xattr.user.note": "x" * 65_536}
    status, body = await upload(place, "tar.gz", tar((info, b"here")))
    assert status == 200, body
    assert (place.folder / info.name).read_text() == "here"


async def test_an_archive_larger_than_the_workspace_may_be_is_refused(place: Place) -> None:
    status, body = await upload(place, "zip", bytes(33 * 2**20))
    assert (status, code(body)) == (413, "PAYLOAD_TOO_LARGE")
    assert place.left() == []


async def test_a_download_that_is_dropped_harms_nobody(place: Place) -> None:
    for number in range(10):
        (place.folder / str(number)).write_bytes(os.urandom(2_000_000))
    where = urlsplit(place.server.url)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    head = f"GET {address(place, 'zip')} HTTP/1.1\r\nHost: {where.netloc}\r\n"
    writer.write(f"{head}Authorization: Bearer {place.server.key}\r\n\r\n".encode())
    await reader.read(1000)
    writer.transport.abort()
    assert len(await download(place, "tar.gz")) > 20_000_000
    assert "Traceback" not in place.server.log


async def test_a_format_that_there_is_not(place: Place) -> None:
    async with place.http.get(address(place, "rar")) as answer:
        assert (answer.status, code(await answer.json())) == (400, "VALIDATION_ERROR")


async def test_an_archive_of_somebody_elses_session_is_not_there(place: Place) -> None:
    place.session = place.session[:-4] + "0000"
    async with place.http.get(address(place, "zip")) as answer:
        assert (answer.status, code(await answer.json())) == (404, "RESOURCE_NOT_FOUND")
    assert code((await upload(place, "zip", b"x"))[1]) == "RESOURCE_NOT_FOUND"


@pytest.mark.parametrize("replace", [False, True])
@pytest.mark.parametrize("kind", FORMATS)
async def test_an_archive_that_breaks_off_anywhere_is_refused_as_a_whole(
    place: Place, kind: str, replace: bool
) -> None:
    if replace:
        await place.put("kept", b"kept")
    whole = (tar if kind == "tar.gz" else zipped)(("a", os.urandom(3000)), ("b", b"b" * 3000))
    cuts = {len(whole) * part // 12 for part in range(1, 12)} | {len(whole) - count for count in (1, 4, 8, 9)}
    for cut in sorted(cuts):
        status, answer = await upload(place, kind, whole[:cut], replace=replace)
        assert (status, code(answer)) == (400, "VALIDATION_ERROR"), cut
    assert place.left() == (["kept"] if replace else [])
    assert (await upload(place, kind, whole, replace=replace))[0] == 200


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda packed: packed[:-8] + b"\0\0\0\0" + packed[-4:], id="another checksum"),
        pytest.param(lambda packed: packed[:-4] + b"\0\0\0\0", id="another length"),
        pytest.param(
            lambda packed: gzip.compress(gzip.decompress(packed)[:1024]), id="no end of the archive"
        ),
        pytest.param(lambda packed: packed + packed[:20], id="half a member behind it"),
    ],
)
async def test_an_archive_that_says_of_itself_that_it_is_not_whole_is_refused(
    place: Place, spoil: Callable[[bytes], bytes]
) -> None:
    status, answer = await upload(place, "tar.gz", spoil(tar(("a", b"content"))))
    assert (status, code(answer)) == (400, "VALIDATION_ERROR")
    assert place.left() == []


async def test_an_archive_compressed_in_parts_comes_whole(place: Place) -> None:
    """Several gzip members in a row, as parallel compressors write them."""
    plain = gzip.decompress(tar(("a", b"content"), ("b", b"more")))
    packed = b"".join(gzip.compress(plain[start : start + 700]) for start in range(0, len(plain), 700))
    status, answer = await upload(place, "tar.gz", packed)
    assert (status, answer["files"]) == (200, 2)
    assert (place.folder / "b").read_bytes() == b"more"


@pytest.mark.parametrize("moment", [-(10**9), 0, 4_500_000_000, 2**36, 8_000_000_000_000])
@pytest.mark.parametrize("kind", FORMATS)
async def test_a_file_of_any_date_goes_out(place: Place, kind: str, moment: int) -> None:
    await place.put("a", b"content")
    os.utime(place.folder / "a", (moment, moment))
    packed = await download(place, kind)
    if kind == "zip":
        assert zipfile.ZipFile(io.BytesIO(packed)).read("a") == b"content"
    else:
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            assert archive.getnames() == ["a"]


async def test_names_in_utf_8_come_as_they_are_without_the_flag_that_says_so(place: Place) -> None:
    packed = zipped(("x" * 6, b"content"), ("caf\u00e9", b"flagged"))
    packed = packed.replace(b"x" * 6, "n\u00e4\u00efv".encode())
    assert (await upload(place, "zip", packed))[0] == 200
    assert place.left() == ["caf\u00e9", "n\u00e4\u00efv"]


@pytest.mark.parametrize("kind", FORMATS)
async def test_names_that_are_no_utf_8_go_out_and_come_in_again(place: Place, kind: str) -> None:
    names = [b"caf\xe9", rb"caf\xe9", "café".encode()]
    for name in names:
        (place.folder / os.fsdecode(name)).write_bytes(name)
    packed = await download(place, kind)
    for name in names:
        (place.folder / os.fsdecode(name)).unlink()
    assert (await upload(place, kind, packed))[0] == 200
    assert {name: (place.folder / os.fsdecode(name)).read_bytes() for name in names} == {
        name: name for name in names
    }


async def test_names_in_the_letters_of_dos_are_read_as_such(place: Place) -> None:
    packed = bytearray(zipped(("x" * 4, b"content")))
    packed[packed.rindex(b"PK\x01\x02") + 5] = 0  # made on DOS
    assert (await upload(place, "zip", bytes(packed).replace(b"x" * 4, "caf\u00e9".encode("cp437"))))[
        0
    ] == 200
    assert place.left() == ["caf\u00e9"]
