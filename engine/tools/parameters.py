"""Parameters that several tools share."""

from __future__ import annotations

from typing import Any, Final

from roocode_server.models.shape import described, limited

PATH_CHARACTERS: Final = 4096


def in_workspace(what: str) -> dict[str, Any]:
    """Return the field metadata of a path in the workspace."""
    return described(f"{what}; relative to the workspace", **limited(shortest=1, longest=PATH_CHARACTERS))
