r"""Names that are not UTF-8, as they are listed and requested: `caf\xe9.txt`."""

from __future__ import annotations

import os
import unicodedata
from functools import partial
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roocode_server.engine.workspace.name_spelling import spelled, unspelled
from roocode_server.engine.workspace.workspace import Workspace
from roocode_server.models.error import NotFound

PIECES = st.sampled_from([b"\\", b"x", b"5c", b"e9", b"\xe9", b"\xc3\xa9", b"a", b"\xff", b"\\x5c", b"\\xe9"])
NAMES = st.one_of(st.binary(), st.lists(PIECES).map(b"".join))


@given(NAMES)
def test_every_name_has_one_spelling(name: bytes) -> None:
    text = spelled(os.fsdecode(name))
    assert os.fsencode(unspelled(text)) == name
    assert text.encode().decode() == text


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_whatever_is_asked_for_has_the_spelling_of_the_name_that_is_meant(text: str) -> None:
    name = unspelled(text)
    assert unspelled(spelled(name)) == name


@pytest.mark.parametrize(
    ("name", "spelling"),
    [
        (b"caf\xe9.txt", r"caf\xe9.txt"),
        ("café.txt".encode(), "café.txt"),
        (rb"caf\xe9.txt", r"caf\x5cxe9.txt"),
        (rb"a\b\x41", r"a\b\x41"),
        (rb"\x5c", r"\x5cx5c"),
        ("é\udcff".encode(errors="surrogateescape"), r"é\xff"),
    ],
)
def test_a_spelling_is_read_by_people(name: bytes, spelling: str) -> None:
    assert spelled(os.fsdecode(name)) == spelling


async def test_bytes_that_are_a_letter_together_are_that_letter(workspace: Workspace) -> None:
    await workspace.create("café", b"here")
    assert workspace.canonical(r"caf\xc3\xa9") == "/café"
    assert (await workspace.read(r"caf\xc3\xa9")).path == "/café"


async def test_two_names_that_differ_in_such_bytes_alone_are_two_files(workspace: Workspace) -> None:
    for byte in (b"\xe9", b"\xe8", rb"\xe9"):
        Path(os.fsdecode(os.fsencode(workspace.folder) + b"/caf" + byte)).write_bytes(byte)
    listed = {entry.path: entry.name for entry in (await workspace.list()).files}
    assert listed == {r"/caf\xe9": r"caf\xe9", r"/caf\xe8": r"caf\xe8", r"/caf\x5cxe9": r"caf\x5cxe9"}
    contents = {path: (await workspace.read(path)).content for path in listed}
    assert contents == {r"/caf\xe9": b"\xe9", r"/caf\xe8": b"\xe8", r"/caf\x5cxe9": rb"\xe9"}


async def test_a_folder_with_such_a_name_is_gone_into(workspace: Workspace) -> None:
    folder = Path(os.fsdecode(os.fsencode(workspace.folder) + b"/caf\xe9"))
    folder.mkdir()
    (folder / "a.txt").write_text("a")
    listed = await workspace.list(recursive=True)
    assert [entry.path for entry in listed.files] == [r"/caf\xe9/a.txt"]
    assert [entry.path for entry in listed.directories] == [r"/caf\xe9"]
    assert await workspace.reached(r"caf\xe9/a.txt", r"caf\xe9/new") == [r"/caf\xe9/a.txt", r"/caf\xe9/new"]


async def test_a_file_with_such_a_name_is_written_renamed_copied_and_deleted(workspace: Workspace) -> None:
    folder = os.fsencode(workspace.folder)
    Path(os.fsdecode(folder + b"/caf\xe9")).write_text("a")
    await workspace.update(r"caf\xe9", b"b")
    assert (await workspace.rename(r"caf\xe9", r"t\xe9/\xff")).path == r"/t\xe9/\xff"
    assert (await workspace.copy(r"t\xe9/\xff", "plain", max_disk_bytes=10_000_000)).path == "/plain"
    await workspace.delete(r"t\xe9/\xff")
    with pytest.raises(NotFound) as gone:
        await workspace.read(r"t\xe9/\xff")
    assert gone.value.details["id"] == r"t\xe9/\xff"
    assert (workspace.folder / "plain").read_bytes() == b"b"
    assert os.listdir(folder + b"/t\xe9") == []


@pytest.mark.parametrize(("asked", "there"), [("NFC", "NFD"), ("NFD", "NFC")])
async def test_who_asks_for_a_name_is_told_of_the_one_that_only_looks_the_same(
    workspace: Workspace, asked: Literal["NFC", "NFD"], there: Literal["NFC", "NFD"]
) -> None:
    standing, wanted = (unicodedata.normalize(form, "é/ü.txt") for form in (there, asked))
    await workspace.create(standing, b"here")
    for use in (workspace.read, workspace.delete, partial(workspace.update, content=b"")):
        with pytest.raises(NotFound) as missing:
            await use(wanted)
        other = missing.value.details["alike"]
        assert other.isascii()
        assert workspace.canonical(other) == f"/{standing}"
    assert (await workspace.read(other)).content == b"here"


async def test_a_name_that_nothing_looks_like_is_just_not_there(workspace: Workspace) -> None:
    await workspace.create("à", b"")
    with pytest.raises(NotFound) as missing:
        await workspace.read("é")
    assert missing.value.details == {"resource": "file", "id": "é"}
