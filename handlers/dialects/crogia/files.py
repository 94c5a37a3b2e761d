"""S3's files and searches. Source: S3, "File Operations", "Search Operations"."""

from __future__ import annotations

import posixpath
from dataclasses import field
from typing import Any, Final

from roocode_server.handlers.dialects.crogia.answers import (
    CrogiaContent,
    CrogiaDone,
    CrogiaFilesFound,
    CrogiaItem,
    CrogiaLine,
    CrogiaListing,
    CrogiaTextFound,
)
from roocode_server.handlers.dialects.crogia.endpoint import Asking, endpoint
from roocode_server.models.error import InvalidField, NotFound
from roocode_server.models.search import MOST_MATCHES
from roocode_server.models.shape import LONGEST_PATH, PlainShape, limited, value

MOST_LISTED_FILES: Final = 10_000
_REQUIRED_PATH: Final = limited(shortest=1, longest=LONGEST_PATH)


@value
class ListedFolder(PlainShape):
    """A directory to list, relative to the workspace."""

    session_id: str
    path: str = field(default=".", metadata=_REQUIRED_PATH)


@value
class OneFile(PlainShape):
    """A file, by its path in the workspace."""

    session_id: str
    path: str = field(metadata=_REQUIRED_PATH)


@value
class NewContent(PlainShape):
    """A file's new content."""

    session_id: str
    path: str = field(metadata=_REQUIRED_PATH)
    content: str


@value
class FileSearch(PlainShape):
    """`file_types` are patterns of file names, separated by commas."""

    session_id: str
    pattern: str = field(metadata=limited(shortest=1, longest=5000))
    path: str = field(default=".", metadata=_REQUIRED_PATH)
    file_types: str = field(default="", metadata=limited(longest=1000))


@endpoint("GET /api/sessions/{session_id}/files", "file.list")
async def list_files(asking: Asking, request: ListedFolder) -> CrogiaListing:
    """List files and directories in the session workspace."""
    found = await asking.ask(
        "file.list",
        sessionId=request.session_id,
        path=request.path,
        includeHidden=True,
        limit=MOST_LISTED_FILES,
    )
    items = [
        *(_item(entry, "directory", None) for entry in found["directories"]),
        *(_item(entry, "file", entry["size"]) for entry in found["files"]),
    ]
    return CrogiaListing(path=request.path, items=items)


@endpoint("GET /api/sessions/{session_id}/files/content", "file.read")
async def read_file(asking: Asking, request: OneFile) -> CrogiaContent:
    """Get the content of a specific file."""
    found = await asking.ask("file.read", sessionId=request.session_id, path=request.path)
    if found["encoding"] != "utf-8":
        raise InvalidField("path", "The file is not UTF-8 text.")
    return CrogiaContent(path=request.path, content=found["content"])


@endpoint("POST /api/sessions/{session_id}/files/content", "file.update", "file.create")
async def write_file(asking: Asking, request: NewContent) -> CrogiaDone:
    """Write content to a file, creating it if necessary."""
    place = {"sessionId": request.session_id, "path": request.path, "content": request.content}
    try:
        await asking.ask("file.update", **place)
    except NotFound as missing:
        if missing.details.get("resource") == "session":
            raise
        await asking.ask("file.create", **place)
    return CrogiaDone(message=f"File {request.path} written successfully")


@endpoint("POST /api/sessions/{session_id}/search/files", "search.files")
async def search_files(asking: Asking, request: FileSearch) -> CrogiaFilesFound:
    """Search for files matching a pattern."""
    found = await asking.ask("search.files", **_search(request))
    matches = [_shown(match["path"]) for match in found["matches"]]
    return CrogiaFilesFound(pattern=request.pattern, path=request.path, matches=matches)


@endpoint("POST /api/sessions/{session_id}/search/grep", "search.text")
async def search_text(asking: Asking, request: FileSearch) -> CrogiaTextFound:
    """Search for text patterns within files."""
    found = await asking.ask("search.text", **_search(request))
    matches = [
        CrogiaLine(file=_shown(match["path"]), line=match["line"], content=match["content"])
        for match in found["matches"]
    ]
    return CrogiaTextFound(pattern=request.pattern, path=request.path, matches=matches)


def _search(request: FileSearch) -> dict[str, Any]:
    types = [each.strip() for each in request.file_types.split(",")]
    return {
        "sessionId": request.session_id,
        "pattern": request.pattern,
        "path": request.path,
        "fileTypes": [each for each in types if each],
        "limit": MOST_MATCHES,
    }


def _item(entry: dict[str, Any], kind: str, size: int | None) -> CrogiaItem:
    name = posixpath.basename(entry["path"]) or entry["name"]
    return CrogiaItem(name=name, type=kind, size=size, modified=entry["modifiedAt"])


def _shown(path: str) -> str:
    """A path as S3 writes it: relative to the workspace, without a leading slash."""
    return path.lstrip("/")


FILE_ENDPOINTS: Final = (list_files, read_file, write_file, search_files, search_text)
