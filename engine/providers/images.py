"""Image generation through OpenAI's images API, which other servers also offer."""

from __future__ import annotations

import base64
import binascii
import contextlib
import io
from collections.abc import Mapping
from typing import Any, Final

from roocode_server.engine.concurrency.imports import imported
from roocode_server.engine.providers.provider import ProviderFailure
from roocode_server.engine.providers.wire import broken, checked_key, failure_of_status, without_key
from roocode_server.models.settings import ImageSettings

KEY_VARIABLE: Final = "OPENAI_API_KEY"
IMAGE_TIMEOUT_S: Final = 300.0


class ImageGenerator:
    """Requests images from the configured server."""

    def __init__(self, settings: ImageSettings, environment: Mapping[str, str]) -> None:
        self._settings = settings
        self._key = environment.get(KEY_VARIABLE)
        self._base_url = settings.base_url or environment.get("OPENAI_BASE_URL") or None

    async def make(self, prompt: str, source: tuple[str, bytes] | None = None) -> bytes:
        """Generate an image from a prompt, or from `source` (its name and content) and a prompt.

        Raises: ProviderFailure.
        """
        key = checked_key("images", self._key, KEY_VARIABLE)
        openai = await imported("openai")
        client = openai.AsyncOpenAI(
            api_key=key, base_url=self._base_url, max_retries=0, timeout=IMAGE_TIMEOUT_S
        )
        async with contextlib.AsyncExitStack() as opened:
            opened.push_async_callback(client.close)
            try:
                return _picture(await self._ask(client, prompt, source))
            except openai.APIStatusError as failure:
                said = without_key(key, str(failure.message))
                raise failure_of_status(failure.status_code, said, None) from None
            except openai.APIError as failure:
                raise broken(failure) from None

    async def _ask(self, client: Any, prompt: str, source: tuple[str, bytes] | None) -> Any:
        if source is None:
            return await client.images.generate(model=self._settings.model, prompt=prompt)
        name, content = source
        file = (name, io.BytesIO(content))
        return await client.images.edit(model=self._settings.model, prompt=prompt, image=file)


def _picture(answer: Any) -> bytes:
    """Return the first image of a response. Raises: ProviderFailure."""
    encoded = answer.data[0].b64_json if answer.data else None
    try:
        return base64.b64decode(encoded or "", validate=True) or _none()
    except binascii.Error:
        return _none()


def _none() -> bytes:
    raise ProviderFailure("REQUEST_REFUSED", "The model's server answered without an image")
