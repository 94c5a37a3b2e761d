"""Files of a workspace. Source: S0, "File Operations"."""

from __future__ import annotations

import datetime
import enum
from dataclasses import field
from typing import Any, Final

from roocode_server.models.event import Event, event
from roocode_server.models.identifier import SessionId
from roocode_server.models.page import Pagination
from roocode_server.models.shape import LONGEST_PATH, Shape, described, limited, one_of, value


class Encoding(enum.StrEnum):
    """How a file's content is written in JSON."""

    UTF_8 = "utf-8"
    BASE64 = "base64"


_A_PATH: Final[dict[str, Any]] = limited(shortest=1, longest=LONGEST_PATH)
_A_CONTENT: Final[dict[str, Any]] = limited(longest=1_073_741_824)
"""The limit of the schema; in practice `server.max_request_bytes` applies."""
_IF_MATCH: Final[dict[str, Any]] = described(
    "An `etag`, or `*`: if the file has another one, nothing is done and the answer is a conflict",
    **limited(shortest=1, longest=1000),
)
_SOURCE: Final[dict[str, Any]] = described(
    "`command`, if a command that ran in the workspace did it; left out otherwise"
)
_OVERWRITE: Final[dict[str, Any]] = described("Whether an existing file may be replaced")


@value
class FileEntry(Shape):
    """A file; `path` is absolute within the workspace, `size` in bytes. Source: S0, an item of `files`."""

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
    """A directory; `path` is absolute within the workspace. Source: S0, an item of `directories`."""

    name: str
    path: str
    type: str
    child_count: int
    modified_at: datetime.datetime


@value
class Changes(Shape):
    """How a file's text changed: lines added and removed, and a unified diff, truncated if it is long."""

    added: int
    removed: int
    diff: str | None = None
    is_counted: bool | None = field(
        default=None,
        metadata=described(
            "False if lines could not be counted, because it is not text, is too large, or what was there "
            "before is not known; left out otherwise"
        ),
    )


@value
class FileList(Shape):
    """A request to list a directory; `limit` and `offset` count directories and files together.

    Source: S0, GET …/files.
    """

    session_id: SessionId
    path: str = field(default="/", metadata=limited(longest=LONGEST_PATH))
    recursive: bool = False
    include_hidden: bool = False
    limit: int = field(default=1000, metadata=limited(least=1, most=10_000))
    offset: int = field(default=0, metadata=limited(least=0, most=1_000_000_000))


@value
class FileListing(Shape):
    """A directory's content.

    Source: S0, the response of GET …/files; the other fields are ours, for long lists.
    """

    files: list[FileEntry]
    directories: list[DirectoryEntry]
    total: int
    has_more: bool
    pagination: Pagination


@value
class FileDelete(Shape):
    """A request to delete a file or a directory. Source: S0, DELETE …/files/*."""

    session_id: SessionId
    path: str = field(metadata=_A_PATH)
    recursive: bool = field(
        default=False, metadata=described("Whether a directory may have content, which is deleted with it")
    )
    if_match: str | None = field(default=None, metadata=_IF_MATCH)


@value
class FileRename(Shape):
    """A request to move a file or directory."""

    session_id: SessionId
    path: str = field(metadata=_A_PATH)
    to: str = field(metadata=described("The new path; directories above it are created", **_A_PATH))
    overwrite: bool = field(default=False, metadata=_OVERWRITE)
    if_match: str | None = field(default=None, metadata=_IF_MATCH)


@value
class FileCopy(Shape):
    """A request to copy a file or directory."""

    session_id: SessionId
    path: str = field(metadata=_A_PATH)
    to: str = field(metadata=described("The path of the copy; directories above it are created", **_A_PATH))
    overwrite: bool = field(default=False, metadata=_OVERWRITE)


@value
class FileDownload(Shape):
    """A request for a file as raw bytes."""

    session_id: SessionId
    path: str = field(metadata=_A_PATH)


@value
class FileUpload(Shape):
    """The parameters of a file sent as raw bytes."""

    session_id: SessionId
    path: str = field(metadata=_A_PATH)
    if_match: str | None = field(default=None, metadata=_IF_MATCH)
    if_none_match: str | None = field(
        default=None, metadata=described("`*`: an existing file is a conflict", **one_of("*"))
    )


@value
class DirectoryMake(Shape):
    """A request to create a directory."""

    session_id: SessionId
    path: str = field(metadata=_A_PATH)


@value
class FileRead(Shape):
    """A request for a file's content. Source: S0, GET …/files/*."""

    session_id: SessionId
    path: str = field(metadata=_A_PATH)
    encoding: Encoding | None = field(
        default=None,
        metadata=described("Ask for `base64`; otherwise text is `utf-8` and anything else `base64`"),
    )


@value
class FileWrite(Shape):
    """A request to create a file. Source: S0, POST …/files/*."""

    session_id: SessionId
    path: str = field(metadata=_A_PATH)
    content: str = field(metadata=_A_CONTENT)
    encoding: Encoding = Encoding.UTF_8


@value
class FileUpdate(Shape):
    """A request to replace a file's content. Source: S0, PUT …/files/*."""

    session_id: SessionId
    path: str = field(metadata=_A_PATH)
    content: str = field(metadata=_A_CONTENT)
    encoding: Encoding = Encoding.UTF_8
    if_match: str | None = field(default=None, metadata=_IF_MATCH)
    etag: str | None = field(
        default=None,
        metadata=described("As `file.read` gave it; it counts as `ifMatch`", **limited(longest=200)),
    )
    size: int | None = field(default=None, metadata=described("Ignored"))
    modified_at: datetime.datetime | None = field(default=None, metadata=described("Ignored"))


@value
class FileContent(Shape):
    """A file's content; `size` is in bytes of the file. Source: S0, GET …/files/*."""

    path: str
    content: str
    encoding: Encoding
    size: int
    modified_at: datetime.datetime
    etag: str


@value
class FileAnswer(Shape):
    """An answer with one file."""

    file: FileEntry


class ArchiveFormat(enum.StrEnum):
    """The formats of archives."""

    TAR_GZ = "tar.gz"
    ZIP = "zip"


@value
class ArchiveDownload(Shape):
    """A request for the whole workspace as an archive."""

    session_id: SessionId
    format: ArchiveFormat = ArchiveFormat.TAR_GZ


@value
class ArchiveUpload(Shape):
    """The parameters of an archive sent as raw bytes, which fills the workspace."""

    session_id: SessionId
    format: ArchiveFormat = ArchiveFormat.TAR_GZ
    replace: bool = field(
        default=False, metadata=described("Whether the workspace's present content may be replaced")
    )


@value
class ArchiveUnpacked(Shape):
    """What an archive contained: `files` counts files and links; `size` is in bytes of all files."""

    files: int
    size: int


@value
class RepositoryClone(Shape):
    """A request to fill the workspace from a git repository."""

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
        metadata=described("For a private repository; it is not stored", **limited(longest=4096)),
    )
    replace: bool = field(
        default=False, metadata=described("Whether the workspace's present content may be replaced")
    )


@value
class RepositoryCloned(Shape):
    """A cloned repository.

    `files` counts files and links, without `.git`; `commit` is null if there is none yet.
    """

    url: str
    commit: str | None
    branch: str | None
    files: int
    size: int


@value
class Transferred(Shape):
    """The answer is the raw bytes themselves."""


@value
class FileStored(Shape):
    """A stored file; `created` says whether it is new."""

    file: FileEntry
    created: bool


@value
class FileRemoved(Shape):
    """A file or directory that was deleted."""

    path: str
    deleted: bool


@event("file.created")
@value
class FileCreated(Event):
    """A file, or a directory with everything in it, has been created. Source: S0, `file.created`."""

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
    """A file, or a directory with everything in it, has moved from `path` to `to`."""

    path: str
    to: str


@event("workspace.cloning", durable=False, namespace="/files")
@value
class CloneStep(Event):
    """A repository is being cloned into the workspace; `step` is git's word for what it does."""

    repository: str
    step: str
    percent: int


@event("workspace.imported", namespace="/files")
@value
class WorkspaceImported(Event):
    """The workspace's content has been replaced by that of an archive or repository.

    `files` counts, `size` is in bytes; `repository` is the repository's URL.
    """

    files: int
    size: int
    repository: str | None = None


@event("workspace.changed", namespace="/files")
@value
class WorkspaceChanged(Event):
    """Commands have changed more below `path` than is reported one by one: list it again.

    `created`, `modified` and `deleted` count the changes that have no event of their own.
    """

    path: str
    created: int
    modified: int
    deleted: int
    is_exact: bool = field(
        metadata=described("False if changes came too fast to be counted: there may be any number more")
    )


@event("file.deleted")
@value
class FileDeleted(Event):
    """A file, or a directory with everything in it, has been deleted."""

    path: str
    changes: Changes | None = field(
        default=None, metadata=described("The lines of a text file that a command deleted, without a diff")
    )
    source: str | None = field(default=None, metadata=_SOURCE)


BY_COMMANDS: Final = (FileCreated, FileModified, FileDeleted, WorkspaceChanged)
"""The events about files that a command has changed."""
