"""The messages of vendors' servers about conversations that are too long, and unusable images."""

from __future__ import annotations

import pytest

from roocode_server.engine.providers.wire import failure_of_status


@pytest.mark.parametrize(
    "words",
    [
        "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
        "Your input exceeds the context window of this model. Please adjust your input and try again.",
        "prompt is too long: 210000 tokens > 200000 maximum",
        "input length and `max_tokens` exceed context limit: 190000 + 21333 > 200000",
        "The input token count (1196265) exceeds the maximum number of tokens allowed (1048575).",
        "Input is too long for requested model.",
        "Too many input tokens. Max input tokens: 200000, request input token count: 250000",
        "Prompt contains 40000 tokens, too large for model with 32768 maximum context length",
        "Please reduce the length of the messages or completion.",
        "inputs tokens + max_new_tokens must be <= 8193. Given: 9000 inputs tokens and 512 max_new_tokens",
        "This endpoint's maximum context length is 131072 tokens. You requested about 140000.",
        "This model's maximum prompt length is 131072 but the request contains 140000 tokens.",
        "too many tokens: total number of tokens in the prompt exceeds the limit of 4081",
        "Invalid request: Your request exceeded model token limit: 262144",
        "invalid params, context window exceeds limit (2013)",
        "Range of input length should be [1, 129024]",
        "Prompt exceeds max length",
        "prompt token count of 140000 exceeds the limit of 128000",
        "Request body too large for gpt-4o model. Max size: 8000 tokens. Please reduce your prompt.",
        "The decoder prompt (length 9000) is longer than the maximum model length of 8192.",
        "Input length (9000 tokens) exceeds the maximum allowed length (8192 tokens): maximum input length",
        "the request exceeds the available context size, try increasing it",
        "prompt too long; exceeded max context length by 400 tokens",
        "Trying to keep the first 9000 tokens when context the overflows. n_ctx: 4096",
        "The number of tokens to keep from the initial prompt is greater than the context length",
    ],
)
def test_too_long_is_understood_in_every_vendors_words(words: str) -> None:
    assert failure_of_status(400, words).code == "CONTEXT_OVERFLOW"


@pytest.mark.parametrize(
    "code", ["context_length_exceeded", "exceed_context_size_error", "request_too_large"]
)
def test_a_code_says_it_whatever_the_words(code: str) -> None:
    assert failure_of_status(400, "No.", code=code).code == "CONTEXT_OVERFLOW"


@pytest.mark.parametrize(
    "words",
    [
        "max_tokens is too large: 200000. This model supports at most 16384 completion tokens",
        "Invalid value for 'temperature': must be at most 2",
        "tools.0.name: String should have at most 64 characters",
        "messages: roles must alternate",
    ],
)
def test_another_mistake_in_a_request_is_not_taken_for_length(words: str) -> None:
    assert failure_of_status(400, words).code == "REQUEST_REFUSED"


def test_a_limit_of_requests_is_no_limit_of_length() -> None:
    assert failure_of_status(429, "Too many tokens per minute").code == "RATE_LIMITED"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "messages.0.content.1.image.source.base64: Could not process image"),
        (400, "You uploaded an unsupported image. Please make sure your image is valid."),
        (400, "Unable to process input image. Please retry or report"),
        (422, "image_url: cannot decode"),
        (404, "No endpoints found that support image input"),
    ],
)
def test_a_refusal_of_an_image_is_known_for_one(status: int, words: str) -> None:
    assert failure_of_status(status, words).code == "IMAGE_REFUSED"
