"""Translation of errors that prevent a program's start."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from roocode_server.engine.runtimes.runtime import RuntimeUnavailable
from roocode_server.models.exhaustion import exhausted


@contextlib.contextmanager
def startable() -> Iterator[None]:
    """While the block runs, translate OSError. Raises: ServerOverload, RuntimeUnavailable."""
    try:
        yield
    except OSError as failure:
        reason = f"The command could not be started: {failure.strerror}."
        raise exhausted(failure) or RuntimeUnavailable(reason) from failure
