"""Searches in a workspace. Source: S3, "Search Operations"."""

from __future__ import annotations

from dataclasses import field
from typing import Any, Final

from roocode_server.models.identifier import SessionId
from roocode_server.models.shape import LONGEST_PATH, Shape, compact, described, limited, value

MOST_MATCHES: Final = 1000

_PATH: Final[dict[str, Any]] = described("The folder or file to search", **limited(longest=LONGEST_PATH))
_FOLDER: Final[dict[str, Any]] = described("The folder to search", **limited(longest=LONGEST_PATH))
_TYPES: Final[dict[str, Any]] = described(
    "Only files that match one of these patterns, such as `*.py`; if empty, all files", **compact(50, 16_384)
)
_HIDDEN: Final[dict[str, Any]] = described("Whether to include names that begin with a dot; `.git` never is")
_IGNORED: Final[dict[str, Any]] = described("Whether to include what `.gitignore` excludes")
_LIMIT: Final[dict[str, Any]] = described(
    "The most matches; `truncated` says whether there are more", **limited(least=1, most=MOST_MATCHES)
)


@value
class FileSearchRequest(Shape):
    """A search for files by name. Source: S3, POST …/search/files."""

    session_id: SessionId
    pattern: str = field(
        metadata=described(
            "A glob of file names (`*.py`), or, with a slash, of paths from the workspace's root "
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
    """A search for lines by regular expression. Source: S3, POST …/search/grep."""

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
    """A file that was found; `path` is absolute within the workspace."""

    path: str


@value
class TextMatch(Shape):
    """A matching line.

    `line` and `column` (where its first match begins, in bytes of UTF-8) count from 1. `content` is the line
    without its ending, cut with `…` after 300 bytes.
    """

    path: str
    line: int
    column: int
    content: str


@value
class FilesFound(Shape):
    """The files found, sorted by path."""

    matches: list[FileMatch]
    truncated: bool


@value
class TextFound(Shape):
    """The matching lines, sorted by path and line."""

    matches: list[TextMatch]
    truncated: bool


@value
class MeaningSearchRequest(Shape):
    """A search by meaning: `query` says what is looked for, as a sentence or words."""

    session_id: SessionId
    query: str = field(metadata=limited(shortest=1, longest=2000))
    path: str = field(default="/", metadata=_FOLDER)
    limit: int = field(default=10, metadata=limited(least=1, most=100))


@value
class MeaningMatch(Shape):
    """A piece of a text file; its lines count from 1. `score` is its similarity to the query, at most 1."""

    path: str
    start_line: int
    end_line: int
    score: float
    content: str


@value
class MeaningFound(Shape):
    """The nearest pieces, the best first.

    `files` is the number of files that were searched, `waiting` of those that are new or have changed and are
    still being read. `truncated` says that there are files beyond what is searched.
    """

    matches: list[MeaningMatch]
    files: int
    waiting: int
    truncated: bool
