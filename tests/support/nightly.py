"""How often tests repeat what takes long: `make test` does it a few times, `make nightly` many times."""

from __future__ import annotations

import os

IS_NIGHTLY = os.environ.get("NIGHTLY") == "1"


def times(usually: int, *, nightly: int) -> int:
    """The number of rounds, cuts, sessions … of a test in this run."""
    return nightly if IS_NIGHTLY else usually
