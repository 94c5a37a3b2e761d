"""The provider `openai`: OpenAI's own models, and every server that speaks its protocols."""

from roocode_server.engine.providers.openai.provider import OllamaProvider as OllamaProvider
from roocode_server.engine.providers.openai.provider import OpenAIProvider as OpenAIProvider
