"""Names that look the same but differ in Unicode composition: `é` may be one character or two.

The kernel treats them as different names, and so does this server. A caller who asked for one is told about
the other, spelled in bytes, because both look the same. Source: Unicode, UAX 15.
"""

from __future__ import annotations

import contextlib
import os
import posixpath
import unicodedata
from itertools import islice
from typing import Final

from roocode_server.engine.workspace.file_access import FOLDER_FLAGS
from roocode_server.engine.workspace.openat2 import open_beneath
from roocode_server.engine.workspace.scanning import opened

_MOST_ENTRIES: Final = 10_000


def alike(root: int, path: str) -> str | None:
    """Return an existing path that is equal except for Unicode composition, spelled in ASCII, or None."""
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
    """Return the existing name that is equal except for composition. Raises: OSError, if there is none."""
    with opened(open_beneath(root, folder, FOLDER_FLAGS)) as descriptor:
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
