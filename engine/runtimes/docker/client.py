"""The container engine: Docker, or Podman's compatible API. Source: Docker Engine API, 1.40."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import aiohttp
import orjson
from aiodocker import Docker, DockerError
from aiodocker.execs import Exec

from roocode_server.engine.runtimes.docker.address import connect
from roocode_server.engine.runtimes.runtime import RuntimeUnavailable

Json = dict[str, Any]

_TIMEOUT: Final = aiohttp.ClientTimeout(total=60, sock_connect=5)
_PROBE_TIMEOUT_S: Final = 3.0
_NO_ANSWER: Final = 600
"""Not an HTTP status: the client library uses it when it could not connect."""
NOT_FOUND: Final = 404
CONFLICT: Final = 409


class EngineGone(RuntimeUnavailable):
    """The engine does not answer."""


class EngineRefused(RuntimeUnavailable):
    """The engine refused a request; `http_status` is the status of its answer."""

    def __init__(self, message: str, http_status: int) -> None:
        super().__init__(message)
        self.http_status = http_status


class ContainerEngine:
    """Requests to the engine; all failures are raised as EngineGone or EngineRefused."""

    def __init__(self, address: str, environment: Mapping[str, str]) -> None:
        """Raises: ValueError, OSError, if the address is invalid."""
        self.address = address
        self._connector, self._url = connect(address, environment)
        self._docker: Docker | None = None

    async def info(self) -> Json:
        """Return what the engine is and can do."""
        with self.translated_errors():
            async with asyncio.timeout(_PROBE_TIMEOUT_S):
                return dict(await self._client().system.info())

    async def has_image(self, image: str) -> bool:
        """Return whether the engine has an image."""
        try:
            with self.translated_errors():
                await self._client().images.inspect(image)
        except EngineRefused as refusal:
            if refusal.http_status == NOT_FOUND:
                return False
            raise
        return True

    async def pull(self, image: str) -> AsyncIterator[Json]:
        """Pull an image; yields its progress."""
        with self.translated_errors():
            async for step in self._client().images.pull(image, stream=True):
                yield step

    async def create(self, name: str, configuration: Json) -> str:
        """Create a container without starting it; returns its id."""
        with self.translated_errors():
            container = await self._client().containers.create(configuration, name=name)
            return container.id

    async def start(self, container: str) -> None:
        """Start a container."""
        with self.translated_errors():
            await self._client().containers.container(container).start()

    async def inspect(self, container: str) -> Json | None:
        """Return what the engine knows about a container, by its id or name; None if there is none."""
        try:
            with self.translated_errors():
                return await self._client().containers.container(container).show()
        except EngineRefused as refusal:
            if refusal.http_status == NOT_FOUND:
                return None
            raise

    async def list(self, label: str) -> Sequence[Json]:
        """Return all containers with a label, including stopped ones."""
        with self.translated_errors():
            filters = orjson.dumps({"label": [label]}).decode()
            found = await self._client().containers.list(all=True, filters=filters)
            return [dict(container._container) for container in found]

    async def kill(self, container: str) -> None:
        """Kill a container."""
        with self.translated_errors():
            await self._client().containers.container(container).kill()

    async def remove(self, container: str) -> None:
        """Kill and remove a container; it is no error if there is none."""
        try:
            with self.translated_errors():
                await self._client().containers.container(container).delete(force=True, v=True)
        except EngineRefused as refusal:
            if refusal.http_status not in (NOT_FOUND, CONFLICT):  # conflict: it is already being removed
                raise

    async def prepare(
        self,
        container: str,
        argv: Sequence[str],
        *,
        environment: Mapping[str, str],
        folder: str | None = None,
        has_input: bool = False,
        has_terminal: bool = False,
    ) -> Exec:
        """Create a program to be started in a running container."""
        with self.translated_errors():
            return (
                await self._client()
                .containers.container(container)
                .exec(
                    list(argv),
                    stdin=has_input,
                    tty=has_terminal,
                    environment=dict(environment),
                    workdir=folder,
                )
            )

    async def look(self, program: Exec) -> Json:
        """Return what the engine knows about a program that it has started."""
        with self.translated_errors():
            return await program.inspect()

    async def resize(self, program: Exec, columns: int, rows: int) -> None:
        """Resize a program's terminal."""
        with self.translated_errors():
            await program.resize(w=columns, h=rows)

    async def close(self) -> None:
        """Close all connections."""
        if self._docker is not None:
            await self._docker.close()
        await self._connector.close()

    def _client(self) -> Docker:
        if self._docker is None:
            self._docker = Docker(url=self._url, connector=self._connector, timeout=_TIMEOUT)
        return self._docker

    @contextmanager
    def translated_errors(self) -> Iterator[None]:
        """Translate errors of the engine's client in the block. Raises: EngineGone, EngineRefused."""
        try:
            yield
        except DockerError as refusal:
            if refusal.status >= _NO_ANSWER:
                raise self._gone() from refusal
            raise EngineRefused(
                f"The container engine refused: {refusal.message}", refusal.status
            ) from refusal
        except (aiohttp.ClientError, OSError, TimeoutError) as failure:
            raise self._gone() from failure

    def _gone(self) -> EngineGone:
        return EngineGone(
            f"The container engine at {self.address} does not answer: start it, or set `runtime.kind: local`."
        )
