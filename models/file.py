"""Files of a workspace. Source: S0, "File Operations"."""

from __future__ import annotations

import datetime
import enum
from dataclasses import field
from typing import Any, Final

from roocode_server.models.event import Event, event
from roocode_server.models.identifier import SessionId
from roocode_server.models.page import Pagination
from roocode_server.models.shape import Shape, described, limited, one_of, value


class Encoding(enum.StrEnum):
    UTF_8 = "utf-8"
    BASE64 = "base64"


_A_PATH: Final[dict[str, Any]] = limited(shortest=1, longest=4096)
_A_CONTENT: Final[dict[str, Any]] = limited(longest=1_073_741_824)
"""What a request may take at most by `server.max_request_bytes`, which decides."""
_IF_MATCH: Final[dict[str, Any]] = described(
    "An `etag`, or `*`: where the file has another, nothing is done and the answer is a conflict",
    **limited(shortest=1, longest=1000),
)
_SOURCE: Final[dict[str, Any]] = described(
    "`command`, if a command that ran in the workspace did it; left out otherwise"
)
_OVERWRITE: Final[dict[str, Any]] = described("Whether a file that is there already may be replaced")


@value
class FileEntry(Shape):
    """Source: S0, an item of `files`; `path` is absolute within the workspace, `size` in bytes."""

    name: str
    path: str
    type: str
    size: int
    modified_at: datetime.datetime
    etag: str | None = field(
        default=None,
        metadata=described("Changes with the content; left out for directories and links, and in lists"),
    )


@value
class DirectoryEntry(Shape):
    """Source: S0, an item of `directories`."""

    name: str
    path: str
    type: str
    child_count: int
    modified_at: datetime.datetime


@value
class Changes(Shape):
    """How a file's text changed: lines added and removed, and a unified diff, cut where it is long."""

    added: int
    removed: int
    diff: str | None = None
    is_counted: bool | None = field(
        default=None,
        metadata=described(
            "False where lines could not be counted, because it is no text, is too large, or what was there "
            "before is not known; left out otherwise"
        ),
    )


@value
class FileList(Shape):
    """Source: S0, GET …/files; `limit` and `offset` run over directories and files together."""

    session_id: SessionId
    path: str = field(default="/", metadata=limited(longest=4096))
    recursive: bool = False
    include_hidden: bool = False
    limit: int = field(default=1000, metadata=limited(least=1, most=10_000))
    offset: int = field(default=0, metadata=limited(least=0, most=1_000_000_000))


@value
class FileListing(Shape):
    """Source: S0, the response of GET …/files; the other fields are ours, for the long list."""

    files: list[FileEntry]
    directories: list[DirectoryEntry]
    total: int
    has_more: bool
    pagination: Pagination


@value
class FileDelete(Shape):
    """Source: S0, DELETE …/files/*."""

    session_id: SessionId
    path: str = field(metadata=_A_PATH)
    if_match: str | None = field(default=None, metadata=_IF_MATCH)


@value
class FileRename(Shape):
    session_id: SessionId
    path: str = field(metadata=_A_PATH)
    to: str = field(metadata=described("The path that it gets; directories above it are made", **_A_PATH))
    overwrite: bool = field(default=False, metadata=_OVERWRITE)
    if_match: str | None = field(default=None, metadata=_IF_MATCH)


@value
class FileCopy(Shape):
    session_id: SessionId
    path: str = field(metadata=_A_PATH)
    to: str = field(metadata=described("Where the copy goes; directories above it are made", **_A_PATH))
    overwrite: bool = field(default=False, metadata=_OVERWRITE)


@value
class FileDownload(Shape):
    session_id: SessionId
    path: str = field(metadata=_A_PATH)


@value
class FileUpload(Shape):
    session_id: SessionId
    path: str = field(metadata=_A_PATH)
    if_match: str | None = field(default=None, metadata=_IF_MATCH)
    if_none_match: str | None = field(
        default=None, metadata=described("`*`: a file that is there already is a conflict", **one_of("*"))
    )


@value
class DirectoryMake(Shape):
    session_id: SessionId
    path: str = field(metadata=_A_PATH)


@value
class FileRead(Shape):
    session_id: SessionId
    path: str = field(metadata=_A_PATH)
    encoding: Encoding | None = field(
        default=None,
        metadata=described("Ask for `base64`; otherwise text is `utf-8` and anything else `base64`"),
    )


@value
class FileWrite(Shape):
    """Source: S0, POST …/files/*."""

    session_id: SessionId
    path: str = field(metadata=_A_PATH)
    content: str = field(metadata=_A_CONTENT)
    encoding: Encoding = Encoding.UTF_8


@value
class FileUpdate(Shape):
    """Source: S0, PUT …/files/*."""

    session_id: SessionId
    path: str = field(metadata=_A_PATH)
    content: str = field(metadata=_A_CONTENT)
    encoding: Encoding = Encoding.UTF_8
    if_match: str | None = field(default=None, metadata=_IF_MATCH)
    etag: str | None = field(
        default=None,
        metadata=described("As `file.read` gave it; it counts as `ifMatch`", **limited(longest=200)),
    )
    size: int | None = field(default=None, metadata=described("Not looked at"))
    modified_at: datetime.datetime | None = field(default=None, metadata=described("Not looked at"))


@value
class FileContent(Shape):
    """Source: S0, GET …/files/*; `size` is in bytes of the file."""

    path: str
    content: str
    encoding: Encoding
    size: int
    modified_at: datetime.datetime
    etag: str


@value
class FileAnswer(Shape):
    file: FileEntry


class ArchiveFormat(enum.StrEnum):
    TAR_GZ = "tar.gz"
    ZIP = "zip"


@value
class ArchiveDownload(Shape):
    session_id: SessionId
    format: ArchiveFormat = ArchiveFormat.TAR_GZ


@value
class ArchiveUpload(Shape):
    session_id: SessionId
    format: ArchiveFormat = ArchiveFormat.TAR_GZ
    replace: bool = field(
        default=False, metadata=described("Whether what the workspace holds may be replaced")
    )


@value
class ArchiveUnpacked(Shape):
    """`files` counts files and links; `size` is in bytes of all files."""

    files: int
    size: int


@value
class RepositoryClone(Shape):
    session_id: SessionId
    url: str = field(
        metadata=described("`https://…` or `http://…`, without credentials", **limited(longest=2048))
    )
    ref: str | None = field(
        default=None,
        metadata=described(
            "A branch or a tag; the repository's own default if left out", **limited(longest=255)
        ),
    )
    depth: int | None = field(
        default=None,
        metadata=described("How many commits to fetch; all if left out", **limited(least=1, most=1_000_000)),
    )
    token: str | None = field(
        default=None,
        metadata=described("For a private repository; it is kept nowhere", **limited(longest=4096)),
    )
    replace: bool = field(
        default=False, metadata=described("Whether what the workspace holds may be replaced")
    )


@value
class RepositoryCloned(Shape):
    """`files` counts files and links, those of `.git` left out; `commit` is null where there is none yet."""

    url: str
    commit: str | None
    branch: str | None
    files: int
    size: int


@value
class Transferred(Shape):
    """The answer was the bytes themselves."""


@value
class FileStored(Shape):
    """`created` says that there was none at this path before."""

    file: FileEntry
    created: bool


@value
class FileRemoved(Shape):
    path: str
    deleted: bool


@event("file.created")
@value
class FileCreated(Event):
    """A file has come into the workspace, or a directory with all in it. Source: S0, `file.created`."""

    path: str
    kind: str | None = field(default=None, metadata=described("`directory`; left out for a file"))
    changes: Changes | None = field(
        default=None, metadata=described("The lines of a text file that a command made, without a diff")
    )
    source: str | None = field(default=None, metadata=_SOURCE)


@event("file.modified")
@value
class FileModified(Event):
    """A file's content has changed. Source: S0, `file.modified`."""

    path: str
    changes: Changes
    source: str | None = field(default=None, metadata=_SOURCE)


@event("file.renamed")
@value
class FileRenamed(Event):
    """What was at `path`, a file or a directory with all in it, is now at `to`."""

    path: str
    to: str


@event("workspace.imported", namespace="/files")
@value
class WorkspaceImported(Event):
    """The workspace holds what was in an archive or a repository, and nothing else.

    `files` counts, `size` is in bytes; `repository` is the URL of one.
    """

    files: int
    size: int
    repository: str | None = None


@event("workspace.changed", namespace="/files")
@value
class WorkspaceChanged(Event):
    """Commands have changed more below `path` than is told one by one: list it again.

    `created`, `modified` and `deleted` count what is not told otherwise.
    """

    path: str
    created: int
    modified: int
    deleted: int
    is_exact: bool = field(
        metadata=described("False, where changes came too fast to be followed: there may be any number more")
    )


@event("file.deleted")
@value
class FileDeleted(Event):
    """A file is gone from the workspace, or a directory with all in it."""

    path: str
    changes: Changes | None = field(
        default=None, metadata=described("The lines of a text file that a command deleted, without a diff")
    )
    source: str | None = field(default=None, metadata=_SOURCE)


BY_COMMANDS: Final = (FileCreated, FileModified, FileDeleted, WorkspaceChanged)
"""What is told of the files that a command changes."""
