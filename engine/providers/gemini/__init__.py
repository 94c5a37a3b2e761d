"""The `gemini` provider: Google's Gemini models."""

from roocode_server.engine.providers.gemini.provider import GeminiProvider

__all__ = ["GeminiProvider"]
