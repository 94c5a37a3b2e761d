"""What a server offers and answers, in words of this engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from roocode_server.models.mcp import McpPrompt, McpResource, McpTool


@dataclass(frozen=True, slots=True, kw_only=True)
class McpAnswer:
    """`images` are `data:` URLs; without success, `text` says why."""

    success: bool
    text: str
    images: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a server has, as it told when it was connected."""

    tools: Sequence[McpTool] = ()
    resources: Sequence[McpResource] = ()
    prompts: Sequence[McpPrompt] = ()


class McpFailure(Exception):
    """A server cannot be used, or did not answer; the message tells the model what to do."""
