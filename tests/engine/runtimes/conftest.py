"""Runtimes as a server chooses them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from roocode_server.engine.runtimes.choose import Surroundings, choose
from roocode_server.engine.runtimes.docker.images import Tell
from roocode_server.engine.runtimes.docker.runtime import DockerRuntime
from roocode_server.engine.runtimes.runtime import Runtime
from roocode_server.models.settings import RuntimeKind, RuntimeSettings, SessionSettings
from tests.support.containers import TestEngine

EVERY_RUNTIME = [kind.value for kind in RuntimeKind if kind is not RuntimeKind.AUTO]
"""What every runtime has to do is tested with each of these."""


async def chosen(kind: str, data_dir: Path, *, tell: Tell | None = None, **settings: Any) -> Runtime:
    """The runtime that a server with this data directory uses."""
    data_dir.mkdir(parents=True, exist_ok=True)
    made = await choose(
        RuntimeSettings.load_plain({"kind": kind, **settings}),
        Surroundings(
            data_dir=data_dir, sessions=SessionSettings(), tell=tell or (lambda session, progress: None)
        ),
    )
    return made.commands


@asynccontextmanager
async def containers_of(
    engine: TestEngine,
    data_dir: Path,
    *,
    tell: Tell | None = None,
    max_output_bytes: int = 10_000,
    **docker: Any,
) -> AsyncIterator[DockerRuntime]:
    """The runtime of a server on the tests' engine; its containers end with it."""
    settings = {**engine.settings(**docker), "max_output_bytes": max_output_bytes}
    made = await chosen(data_dir=data_dir, tell=tell, **settings)
    assert isinstance(made, DockerRuntime)
    try:
        yield made
    finally:
        await made.shut_down()
        engine.remove_containers_of(data_dir)
