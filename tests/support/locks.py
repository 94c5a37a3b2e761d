"""Checks that lock files contain all required packages and no others."""

from __future__ import annotations

import functools
import importlib.metadata
import re
import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

from tests.support.server import PROJECT

requires = functools.cache(importlib.metadata.requires)

Requires = Callable[[str], list[str] | None]
"""The requirements of a distribution."""

PYTHONS = ("3.11", "3.12", "3.13", "3.14")
PROCESSORS = ("x86_64", "aarch64")


@dataclass(frozen=True)
class Pin:
    """A package of a lock, and the number of its hashes."""

    name: NormalizedName
    version: str
    marker: Marker | None
    hashes: int


def locked(name: str) -> str:
    """Return the text of a lock."""
    return (PROJECT / "requirements" / f"{name}.txt").read_text()


def pins(*locks: str) -> list[Pin]:
    """Parse the packages of locks."""
    entries = re.findall(
        r"^(\S+?)==(\S+)(?: ; (.+?))? \\\n((?: +--hash=.*\n)+)", "".join(locks), re.MULTILINE
    )
    return [
        Pin(
            canonicalize_name(name),
            version,
            Marker(marker) if marker else None,
            hashes.count("--hash=sha256:"),
        )
        for name, version, marker, hashes in entries
    ]


def declared(file: str = "pyproject.toml") -> dict[str, Any]:
    """Return what is declared in pyproject.toml."""
    return tomllib.loads((PROJECT / file).read_text())


def asked(*names: str) -> list[str]:
    """Return the requirements of pyproject.toml by name: `core`, extras, groups, and `build`.

    Those of the client, in `sdk/python`, are part of the core.
    """
    project, client = declared(), declared("sdk/python/pyproject.toml")
    parts = {
        "core": project["project"]["dependencies"] + client["project"]["dependencies"],
        "build": project["build-system"]["requires"],
        **project["project"]["optional-dependencies"],
        **project["dependency-groups"],
    }
    return [requirement for name in names for requirement in parts[name]]


def environments() -> list[dict[str, str]]:
    """The environments for which the locks are made."""
    return [
        {
            "python_version": python,
            "python_full_version": f"{python}.1",
            "platform_machine": processor,
            "sys_platform": "linux",
            "platform_system": "Linux",
            "os_name": "posix",
            "implementation_name": "cpython",
            "platform_python_implementation": "CPython",
        }
        for python in PYTHONS
        for processor in PROCESSORS
    ]


def objections(
    asked_for: Iterable[str], lock: Sequence[Pin], environment: dict[str, str], of: Requires = requires
) -> list[str]:
    """Return what is wrong with a lock for these requirements: what is missing, does not fit, or is
    superfluous.
    """
    here = {pin.name: pin for pin in lock if pin.marker is None or pin.marker.evaluate(environment)}
    found: list[str] = []
    waiting = [("pyproject.toml", Requirement(text), "") for text in asked_for]
    seen: set[tuple[NormalizedName, str]] = set()
    while waiting:
        asker, wanted, extra = waiting.pop()
        if wanted.marker is not None and not wanted.marker.evaluate({**environment, "extra": extra}):
            continue
        name = canonicalize_name(wanted.name)
        if name not in here:
            found.append(f"{asker} asks for {wanted}: not locked")
            continue
        if not wanted.specifier.contains(here[name].version, prereleases=True):
            found.append(f"{asker} asks for {wanted}: locked is {here[name].version}")
        for chosen in {"", *wanted.extras}:
            if (name, chosen) not in seen:
                seen.add((name, chosen))
                waiting += [(name, Requirement(text), chosen) for text in of(name) or ()]
    reached = {name for name, _ in seen}
    return found + [f"nothing asks for {name}" for name in sorted(here.keys() - reached)]
