"""Names of files that people give to what they download. Source: Microsoft, "Naming Files, Paths, and
Namespaces"; POSIX, "Portable Filename Character Set".
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

LONGEST_FILE_NAME_BYTES: Final = 120
"""In UTF-8, without the ending: file systems take 255, encrypted ones (eCryptfs) 143."""

_FORBIDDEN: Final = re.compile(r'[<>:"/\\|?*]+')
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_SPACES: Final = re.compile(r"\s+")
_DEVICE: Final = re.compile(r"\A(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?=\.|\Z)", re.IGNORECASE)


def file_name_of(title: str, *, otherwise: str, ending: str) -> str:
    """Return a title as the name of a file that every file system takes, with this ending (`.zip`).

    What cannot be in a name becomes `-`; invisible characters are left out. `otherwise` is the name if
    nothing is left.
    """
    spaced = _SPACES.sub(" ", unicodedata.normalize("NFC", title))
    seen = "".join(letter for letter in spaced if unicodedata.category(letter) not in _INVISIBLE)
    name = _cut(_FORBIDDEN.sub("-", seen).lstrip(" .-~")).rstrip(" .-")
    return f"{_DEVICE.sub(_as_plain, name, count=1) or otherwise}{ending}"


def _as_plain(device: re.Match[str]) -> str:
    return f"{device[0]}_"


def _cut(name: str) -> str:
    return name.encode()[:LONGEST_FILE_NAME_BYTES].decode(errors="ignore")
