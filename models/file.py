"""Files of a workspace. Source: S0, "File Operations"."""

from __future__ import annotations

import datetime
import enum
from dataclasses import field

from models.event import Event, event
from models.identifier import SessionId
from models.shape import Shape, described, limited, value


class Encoding(enum.StrEnum):
    UTF_8 = "utf-8"
    BASE64 = "base64"


@value
class FileEntry(Shape):
    """Source: S0, an item of `files`; `path` is absolute within the workspace, `size` in bytes."""

    name: str
    path: str
    type: str
    size: int
    modified_at: datetime.datetime


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
    """Source: S0, the response of GET …/files; the last two fields are ours, for the long list."""

    files: list[FileEntry]
    directories: list[DirectoryEntry]
    total: int
    has_more: bool


@value
class FileRef(Shape):
    session_id: SessionId
    path: str = field(metadata=limited(shortest=1, longest=4096))


@value
class FileRead(Shape):
    session_id: SessionId
    path: str = field(metadata=limited(shortest=1, longest=4096))
    encoding: Encoding | None = field(
        default=None,
        metadata=described("Ask for `base64`; otherwise text is `utf-8` and anything else `base64`"),
    )


@value
class FileWrite(Shape):
    """Source: S0, POST and PUT …/files/*."""

    session_id: SessionId
    path: str = field(metadata=limited(shortest=1, longest=4096))
    content: str
    encoding: Encoding = Encoding.UTF_8


@value
class FileContent(Shape):
    """Source: S0, GET …/files/*; `size` is in bytes of the file."""

    path: str
    content: str
    encoding: Encoding
    size: int
    modified_at: datetime.datetime


@value
class FileAnswer(Shape):
    file: FileEntry


@value
class FileRemoved(Shape):
    path: str
    deleted: bool


@event("file.created")
@value
class FileCreated(Event):
    """A file has come into the workspace. Source: S0, `file.created`."""

    path: str


@event("file.modified")
@value
class FileModified(Event):
    """A file's content has changed. Source: S0, `file.modified`."""

    path: str
    changes: Changes


@event("file.deleted")
@value
class FileDeleted(Event):
    """A file is gone from the workspace."""

    path: str
