"""The provider `openai`: OpenAI's own models, and every server that speaks its protocols."""

from engine.providers.openai.provider import OllamaProvider as OllamaProvider
from engine.providers.openai.provider import OpenAIProvider as OpenAIProvider
