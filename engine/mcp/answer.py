"""What a server offers and answers, independent of the protocol's library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from roocode_server.models.mcp import McpPrompt, McpResource, McpTool


@dataclass(frozen=True, slots=True, kw_only=True)
class McpAnswer:
    """An answer. `images` are `data:` URLs; without `success`, `text` is the reason."""

    success: bool
    text: str
    images: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The tools, resources and prompts that a server listed."""

    tools: Sequence[McpTool] = ()
    resources: Sequence[McpResource] = ()
    prompts: Sequence[McpPrompt] = ()


class McpFailure(Exception):
    """A server cannot be used, or did not answer; the message tells the model what to do."""
