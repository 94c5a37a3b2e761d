"""Pulling of missing images: once for all sessions that wait, with progress events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final

from roocode_server.engine.runtimes.docker.client import ContainerEngine, EngineGone, EngineRefused
from roocode_server.engine.runtimes.runtime import RuntimeUnavailable
from roocode_server.models.identifier import SessionId
from roocode_server.models.session import ImageProgress

Tell = Callable[[SessionId, ImageProgress], None]

_PROGRESS_INTERVAL_S: Final = 0.5
"""How often the progress of a layer is reported while its status is the same."""


class ImagePuller:
    """Pulls the images of one engine."""

    def __init__(self, engine: ContainerEngine, tell: Tell, *, may_pull: bool) -> None:
        self._engine = engine
        self._tell = tell
        self._may_pull = may_pull
        self._pulls: dict[str, asyncio.Task[None]] = {}
        self._waiting: dict[str, set[SessionId]] = {}

    async def fetch(self, image: str, session_id: SessionId) -> None:
        """Return once the missing image has been pulled.

        Raises: RuntimeUnavailable, saying why it cannot be.
        """
        if not self._may_pull:
            raise RuntimeUnavailable(
                f"The container engine has no image {image}, and `runtime.docker.pull` is `never`: "
                "pull or import it there, or name another in `runtime.docker.image`."
            )
        self._waiting.setdefault(image, set()).add(session_id)
        if image not in self._pulls:
            pull = self._pulls[image] = asyncio.create_task(self._pull(image), name=f"pull {image}")
            pull.add_done_callback(lambda _: self._forget(image))
        await asyncio.shield(self._pulls[image])

    async def close(self) -> None:
        """Cancel all pulls."""
        pulls = list(self._pulls.values())
        for pull in pulls:
            pull.cancel()
        await asyncio.gather(*pulls, return_exceptions=True)

    async def _pull(self, image: str) -> None:
        told: dict[str, tuple[str, float]] = {}
        try:
            async for step in self._engine.pull(image):
                layer, status, now = step.get("id", ""), step.get("status", ""), time.monotonic()
                before, at = told.get(layer, ("", 0.0))
                if status != before or now - at >= _PROGRESS_INTERVAL_S:
                    told[layer] = (status, now)
                    self._show(image, _progress(image, step))
        except EngineGone:
            raise
        except EngineRefused as refusal:
            raise RuntimeUnavailable(
                f"The image {image} cannot be fetched: {refusal.message} Pull or import it by hand, or name "
                "another in `runtime.docker.image`."
            ) from refusal

    def _show(self, image: str, progress: ImageProgress) -> None:
        for session_id in self._waiting.get(image, ()):
            self._tell(session_id, progress)

    def _forget(self, image: str) -> None:
        pull = self._pulls.pop(image, None)
        self._waiting.pop(image, None)
        if pull is not None and not pull.cancelled():
            pull.exception()  # raised to those who wait, if any


def _progress(image: str, step: dict[str, Any]) -> ImageProgress:
    detail = step.get("progressDetail") or {}
    return ImageProgress(
        image=image,
        layer=step.get("id"),
        status=step.get("status", ""),
        current=detail.get("current"),
        total=detail.get("total"),
    )
