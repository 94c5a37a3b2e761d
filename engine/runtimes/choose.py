"""Which runtime a server uses. Nothing else than what the configuration names is ever used in its place."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.runtimes.local import LocalRuntime
from engine.runtimes.runtime import Runtime
from engine.runtimes.unsafe_local import UnsafeLocalRuntime


async def choose(kind: str, *, read_only_paths: Sequence[Path], max_output_bytes: int) -> Runtime:
    """The runtime of a kind: `auto` and `local` are the jail, `unsafe-local` is none.

    Where the jail cannot work, the runtime's `problem` says why, and so does every `run`. Raises: ValueError,
    for an unknown kind.
    """
    if kind == "unsafe-local":
        return UnsafeLocalRuntime(max_output_bytes=max_output_bytes)
    if kind not in ("auto", "local"):
        raise ValueError(f"unknown runtime: {kind}")
    runtime = LocalRuntime(read_only_paths=read_only_paths, max_output_bytes=max_output_bytes)
    await runtime.probe()
    return runtime
