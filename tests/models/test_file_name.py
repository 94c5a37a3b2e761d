"""Titles become names that every file system takes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roocode_server.models.file_name import LONGEST_FILE_NAME_BYTES, file_name_of


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Fix the basket", "Fix the basket.zip"),
        ("a/b\\c: d?", "a-b-c- d.zip"),
        ("../../etc/passwd", "etc-passwd.zip"),
        (" … ", "….zip"),
        ("Überblick  über\n日本", "Überblick über 日本.zip"),
        ("evil\u202egpj.exe", "evilgpj.exe.zip"),
        ("-rf .", "rf.zip"),
        ("NUL", "NUL_.zip"),
        ("com1.txt", "com1_.txt.zip"),
        ("Console", "Console.zip"),
        ("...", "session-1.zip"),
        ("", "session-1.zip"),
        ("\ud800", "session-1.zip"),
    ],
)
def test_a_title_becomes_a_name(title: str, name: str) -> None:
    assert file_name_of(title, otherwise="session-1", ending=".zip") == name


@given(st.text(st.characters(), max_size=300))
def test_whatever_a_title_is_its_name_can_be_used(title: str) -> None:
    name = file_name_of(title, otherwise="session-1", ending=".zip")
    stem = name.removesuffix(".zip")
    assert stem and not set(stem) & set('<>:"/\\|?*\0\n')
    assert stem[0] not in " .-~" and stem[-1] not in " .-"
    assert len(stem.encode()) <= LONGEST_FILE_NAME_BYTES + 1
