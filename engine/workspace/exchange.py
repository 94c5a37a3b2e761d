"""Putting what is staged in the place of all that a workspace holds: all of it or nothing, kills included.

Many renames cannot be one step, and the folder itself must stay, for programs are in it. So what is about to
happen is written down in the stage before and struck out after: a start that finds it there takes all back.
"""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Final

from roocode_server.engine.workspace.ownership import give_tree
from roocode_server.engine.workspace.scanning import opened
from roocode_server.engine.workspace.walk import remove_tree
from roocode_server.models.error import Conflict

CONTENT: Final = "content"
"""The directory in a stage with what comes."""
OLD: Final = "old"
"""The directory in a stage where replaced content goes, to be removed with it."""
INTENT: Final = "exchange.json"
"""The file in a stage, while an exchange is under way: the workspace's name, and what is to come into it."""

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW_FILE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def exchange(root: int, stage: int, name: str, *, replace: bool) -> list[str]:
    """Put all that is in `CONTENT` of an open stage into the open workspace `root`, which has this name.

    What has come, by its names, which `take_back` wants. Where one thing cannot be moved, all is put back.
    Raises: Conflict, if something is there that may not be replaced; OSError.
    """
    standing = os.listdir(root)
    if standing and not replace:
        raise Conflict(
            "The workspace is not empty; with `replace` its content is replaced", entries=len(standing)
        )
    os.mkdir(OLD, 0o700, dir_fd=stage)
    with (
        opened(os.open(CONTENT, _FOLDER, dir_fd=stage)) as content,
        opened(os.open(OLD, _FOLDER, dir_fd=stage)) as old,
    ):
        give_tree(content, root)
        coming = os.listdir(content)
        _write_down(stage, {"workspace": name, "coming": coming})
        try:
            for each in standing:
                os.rename(each, each, src_dir_fd=root, dst_dir_fd=old)
            for each in coming:
                os.rename(each, each, src_dir_fd=content, dst_dir_fd=root)
        except OSError:
            _take_back(root, content, old, coming)
            os.unlink(INTENT, dir_fd=stage)
            raise
        os.unlink(INTENT, dir_fd=stage)
    return coming


def take_back(root: int, stage: int, name: str, coming: list[str]) -> None:
    """Undo an exchange. Raises: OSError."""
    with (
        opened(os.open(CONTENT, _FOLDER, dir_fd=stage)) as content,
        opened(os.open(OLD, _FOLDER, dir_fd=stage)) as old,
    ):
        _write_down(stage, {"workspace": name, "coming": coming})
        _take_back(root, content, old, coming)
        os.unlink(INTENT, dir_fd=stage)


def take_back_cut_short(staging: Path) -> None:
    """Undo the exchanges that the end of an earlier server has cut short. Raises: OSError."""
    for intent in staging.glob(f"*/{INTENT}"):
        told = json.loads(intent.read_bytes())
        stage, workspace = intent.parent, staging.parent / told["workspace"]
        if workspace.exists():  # or else its session has been deleted meanwhile
            with (
                opened(os.open(workspace, _FOLDER)) as root,
                opened(os.open(stage / CONTENT, _FOLDER)) as content,
                opened(os.open(stage / OLD, _FOLDER)) as old,
            ):
                _take_back(root, content, old, told["coming"])
        intent.unlink()
        remove_tree(stage)


def _take_back(root: int, content: int, old: int, coming: list[str]) -> None:
    """All that can have happened is undone, each step of it seen from where things are."""
    come = (set(coming) - set(os.listdir(content))) & set(os.listdir(root))
    for each in come:
        os.rename(each, each, src_dir_fd=root, dst_dir_fd=content)
    standing = set(os.listdir(root))
    for each in os.listdir(old):
        if each in standing:  # a program that has outlived the server has made it meanwhile
            os.rename(each, secrets.token_hex(8), src_dir_fd=root, dst_dir_fd=content)
        os.rename(each, each, src_dir_fd=old, dst_dir_fd=root)


def _write_down(stage: int, intent: object) -> None:
    made = f"{INTENT}.new"
    with open(os.open(made, _NEW_FILE, 0o600, dir_fd=stage), "wb") as file:
        file.write(json.dumps(intent).encode())
    os.rename(made, INTENT, src_dir_fd=stage, dst_dir_fd=stage)
