"""The `gemini` provider: Google's Gemini models."""

from engine.providers.gemini.provider import GeminiProvider

__all__ = ["GeminiProvider"]
