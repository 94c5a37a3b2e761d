"""The `anthropic` provider: Claude, and every server that speaks Anthropic's Messages protocol."""

from roocode_server.engine.providers.anthropic.provider import AnthropicProvider

__all__ = ["AnthropicProvider"]
