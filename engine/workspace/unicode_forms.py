"""A name that is there where one was asked for that reads the same: `é` is one character, or two.

To the kernel those are two names, and so they are here. Who asked for the one is told of the other, spelled
in bytes, for both look the same. Source: Unicode, UAX 15.
"""

from __future__ import annotations

import contextlib
import os
import posixpath
import unicodedata
from itertools import islice
from typing import Final

from roocode_server.engine.workspace.openat2 import open_beneath
from roocode_server.engine.workspace.scanning import opened

_MOST_ENTRIES: Final = 10_000
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY


def alike(root: int, path: str) -> str | None:
    """The path below the open directory that reads as this one and is there, spelled in ASCII."""
    if path.isascii():
        return None
    found = ""
    with contextlib.suppress(OSError):
        for name in path.split("/"):
            found = posixpath.join(found, _name_alike(root, found, name))
        if found != path:
            return "/" + "".join(each if each.isascii() else _in_bytes(each) for each in found)
    return None


def _name_alike(root: int, folder: str, name: str) -> str:
    """Raises: OSError, where there is none."""
    with opened(open_beneath(root, folder, _FOLDER)) as descriptor:
        with contextlib.suppress(FileNotFoundError):
            os.stat(name, dir_fd=descriptor, follow_symlinks=False)
            return name
        composed = unicodedata.normalize("NFC", name)
        with os.scandir(descriptor) as entries:
            for entry in islice(entries, _MOST_ENTRIES):
                if unicodedata.normalize("NFC", entry.name) == composed:
                    return entry.name
    raise FileNotFoundError(name)


def _in_bytes(character: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in os.fsencode(character))
