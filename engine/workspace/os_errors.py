"""Translation of operating system errors to errors for callers."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator

from roocode_server.models.error import Conflict, InvalidField, NotFound, WorkspaceLimitExceeded
from roocode_server.models.exhaustion import exhausted


@contextlib.contextmanager
def os_errors(path: str, field: str = "path") -> Iterator[None]:
    """While the block runs, translate OSError to an error about the request's `field`, which contains
    `path`.
    """
    try:
        yield
    except OSError as failure:
        raise translated(failure, path, field) from failure


def translated(failure: OSError, path: str, field: str = "path") -> Exception:
    """Return the caller's error for an OSError; the OSError itself, if it is not the caller's fault."""
    shown = path[:200]
    match failure.errno:
        case errno.ENOENT:
            return NotFound("file", shown)
        case errno.EXDEV | errno.ELOOP:
            return InvalidField(field, "The path leaves the workspace.")
        case errno.ENAMETOOLONG:
            return InvalidField(field, "A name in the path is too long.")
        case errno.EEXIST:
            return Conflict("Something already exists at this path", path=shown)
        case errno.ENOTEMPTY:
            return Conflict("The directory is not empty", path=shown)
        case errno.ENOTDIR:
            return Conflict("A part of the path is a file, not a directory", path=shown)
        case errno.EISDIR | errno.ENXIO | errno.EACCES | errno.EPERM | errno.EBUSY:
            return Conflict("This cannot be done with the file or directory at this path", path=shown)
        case errno.EFBIG:
            return WorkspaceLimitExceeded("There is no space for this file", path=shown)
        case _:
            return exhausted(failure) or failure
