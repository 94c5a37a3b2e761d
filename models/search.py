"""Searches in a workspace. Source: S3, "Search Operations"."""

from __future__ import annotations

from dataclasses import field
from typing import Any, Final

from roocode_server.models.identifier import SessionId
from roocode_server.models.shape import Shape, compact, described, limited, value

MOST_MATCHES: Final = 1000

_PATH: Final[dict[str, Any]] = described("The folder or file to search", **limited(longest=4096))
_TYPES: Final[dict[str, Any]] = described(
    "Only files of any of these patterns, as `*.py`; none: all files", **compact(50, 16_384)
)
_HIDDEN: Final[dict[str, Any]] = described("Whether names that begin with a dot count; `.git` never does")
_IGNORED: Final[dict[str, Any]] = described("Whether what `.gitignore` names counts, too")
_LIMIT: Final[dict[str, Any]] = described(
    "The most matches; `truncated` says whether there are more", **limited(least=1, most=MOST_MATCHES)
)


@value
class FileSearchRequest(Shape):
    """Source: S3, POST …/search/files."""

    session_id: SessionId
    pattern: str = field(
        metadata=described(
            "A glob of file names (`*.py`), or of paths from the workspace's root where it has a slash "
            "(`src/**/*.py`)",
            **limited(shortest=1, longest=500),
        )
    )
    path: str = field(default="/", metadata=_PATH)
    file_types: list[str] = field(default_factory=list, metadata=_TYPES)
    include_hidden: bool = field(default=False, metadata=_HIDDEN)
    include_ignored: bool = field(default=False, metadata=_IGNORED)
    limit: int = field(default=200, metadata=_LIMIT)


@value
class TextSearchRequest(Shape):
    """Source: S3, POST …/search/grep."""

    session_id: SessionId
    pattern: str = field(
        metadata=described(
            "A regular expression in ripgrep's syntax: no look-around, no back-references, within one line",
            **limited(shortest=1, longest=5000),
        )
    )
    path: str = field(default="/", metadata=_PATH)
    file_types: list[str] = field(default_factory=list, metadata=_TYPES)
    case_sensitive: bool = True
    include_hidden: bool = field(default=False, metadata=_HIDDEN)
    include_ignored: bool = field(default=False, metadata=_IGNORED)
    limit: int = field(default=200, metadata=_LIMIT)


@value
class FileMatch(Shape):
    """A file; `path` is absolute within the workspace."""

    path: str


@value
class TextMatch(Shape):
    """A line that matches.

    `line` and `column`, where the first match in it begins, count from 1, the column in bytes of UTF-8.
    `content` is the line without its end; one of more than 300 bytes is cut and ends with `…`.
    """

    path: str
    line: int
    column: int
    content: str


@value
class FilesFound(Shape):
    """Sorted by path."""

    matches: list[FileMatch]
    truncated: bool


@value
class TextFound(Shape):
    """Sorted by path and line."""

    matches: list[TextMatch]
    truncated: bool
