"""What the kernel refuses, in the words of callers."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator

from roocode_server.models.error import Conflict, InvalidField, NotFound, WorkspaceLimitExceeded
from roocode_server.models.exhaustion import exhausted


@contextlib.contextmanager
def os_errors(path: str, field: str = "path") -> Iterator[None]:
    """Within the block the kernel's refusals are told of the request's `field`, which holds `path`."""
    try:
        yield
    except OSError as failure:
        raise translated(failure, path, field) from failure


def translated(failure: OSError, path: str, field: str = "path") -> Exception:
    """The error that tells of a refusal; the refusal itself, where it is no caller's."""
    shown = path[:200]
    match failure.errno:
        case errno.ENOENT:
            return NotFound("file", shown)
        case errno.EXDEV | errno.ELOOP:
            return InvalidField(field, "The path leaves the workspace.")
        case errno.ENAMETOOLONG:
            return InvalidField(field, "A name in the path is too long.")
        case errno.EEXIST:
            return Conflict("There is something at this path already", path=shown)
        case errno.ENOTEMPTY:
            return Conflict("The directory is not empty", path=shown)
        case errno.ENOTDIR:
            return Conflict("A part of the path is a file, not a directory", path=shown)
        case errno.EISDIR | errno.ENXIO | errno.EACCES | errno.EPERM | errno.EBUSY:
            return Conflict("This cannot be done with what is at this path", path=shown)
        case errno.EFBIG:
            return WorkspaceLimitExceeded("There is no room for this file", path=shown)
        case _:
            return exhausted(failure) or failure
