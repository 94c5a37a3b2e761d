"""Replacing the whole content of a workspace, completely or not at all, even if the server is killed.

Many renames cannot be atomic, and the folder itself must stay, because programs are in it. So the intended
exchange is recorded in the staging directory and erased afterwards; a start that finds a record undoes it.
"""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Final

from roocode_server.engine.workspace.file_access import FOLDER_ITSELF_FLAGS, NEW_FILE_FLAGS
from roocode_server.engine.workspace.ownership import give_tree
from roocode_server.engine.workspace.scanning import opened
from roocode_server.engine.workspace.walk import remove_tree
from roocode_server.models.error import Conflict

CONTENT: Final = "content"
"""The directory in the staging directory with the new content."""
OLD: Final = "old"
"""The directory in the staging directory for the old content, to be deleted with it."""
INTENT: Final = "exchange.json"
"""The record of an exchange in progress: the workspace's name, and the names of the new content."""


def exchange(root: int, stage: int, name: str, *, replace: bool) -> list[str]:
    """Move everything in `CONTENT` of an open staging directory into the open workspace `root` with this
    name.

    Returns the names of the new content, which `take_back` needs. If anything cannot be moved, all is undone.
    Raises: Conflict, if the workspace is not empty and `replace` is false; OSError.
    """
    standing = os.listdir(root)
    if standing and not replace:
        raise Conflict(
            "The workspace is not empty; set `replace` to replace its content", entries=len(standing)
        )
    os.mkdir(OLD, 0o700, dir_fd=stage)
    with (
        opened(os.open(CONTENT, FOLDER_ITSELF_FLAGS, dir_fd=stage)) as content,
        opened(os.open(OLD, FOLDER_ITSELF_FLAGS, dir_fd=stage)) as old,
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
        opened(os.open(CONTENT, FOLDER_ITSELF_FLAGS, dir_fd=stage)) as content,
        opened(os.open(OLD, FOLDER_ITSELF_FLAGS, dir_fd=stage)) as old,
    ):
        _write_down(stage, {"workspace": name, "coming": coming})
        _take_back(root, content, old, coming)
        os.unlink(INTENT, dir_fd=stage)


def take_back_cut_short(staging: Path) -> None:
    """Undo the exchanges that were interrupted by the end of an earlier server. Raises: OSError."""
    for intent in staging.glob(f"*/{INTENT}"):
        told = json.loads(intent.read_bytes())
        stage, workspace = intent.parent, staging.parent / told["workspace"]
        if workspace.exists():  # otherwise its session has been deleted meanwhile
            with (
                opened(os.open(workspace, FOLDER_ITSELF_FLAGS)) as root,
                opened(os.open(stage / CONTENT, FOLDER_ITSELF_FLAGS)) as content,
                opened(os.open(stage / OLD, FOLDER_ITSELF_FLAGS)) as old,
            ):
                _take_back(root, content, old, told["coming"])
        intent.unlink()
        remove_tree(stage)


def _take_back(root: int, content: int, old: int, coming: list[str]) -> None:
    """Undo everything that may have happened, judging by where things are."""
    come = (set(coming) - set(os.listdir(content))) & set(os.listdir(root))
    for each in come:
        os.rename(each, each, src_dir_fd=root, dst_dir_fd=content)
    standing = set(os.listdir(root))
    for each in os.listdir(old):
        if each in standing:  # a program that outlived the server has created it meanwhile
            os.rename(each, secrets.token_hex(8), src_dir_fd=root, dst_dir_fd=content)
        os.rename(each, each, src_dir_fd=old, dst_dir_fd=root)


def _write_down(stage: int, intent: object) -> None:
    made = f"{INTENT}.new"
    with open(os.open(made, NEW_FILE_FLAGS, 0o600, dir_fd=stage), "wb") as file:
        file.write(json.dumps(intent).encode())
    os.rename(made, INTENT, src_dir_fd=stage, dst_dir_fd=stage)
