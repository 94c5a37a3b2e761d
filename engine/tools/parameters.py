"""Parameters that several tools share."""

from __future__ import annotations

from typing import Any

from roocode_server.models.shape import LONGEST_PATH, described, limited


def in_workspace(what: str) -> dict[str, Any]:
    """Return the field metadata of a path in the workspace."""
    return described(f"{what}; relative to the workspace", **limited(shortest=1, longest=LONGEST_PATH))
