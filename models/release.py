"""Which release of this server is installed."""

from __future__ import annotations

import functools
from importlib.metadata import version
from typing import Final

DISTRIBUTION: Final = "roocode-server"


@functools.cache
def release() -> str:
    """Its version, as in `0.1.0`; looked up once, since all of the package's description is parsed for it."""
    return version(DISTRIBUTION)
