"""A stream that is sealed by a passphrase: whole, or not at all."""

from __future__ import annotations

import functools
import io

import pytest

from roocode_server.engine.sealing.sealer import SealBroken
from roocode_server.engine.sealing.stream import (
    SEALED_CHUNK_BYTES,
    SEALED_STREAM_MARK,
    SealedReader,
    SealingWriter,
)

PASSPHRASE = "open sesame"
HEAD = len(SEALED_STREAM_MARK) + 16
CHUNK = SEALED_CHUNK_BYTES + 16


def sealed(content: bytes, passphrase: str = PASSPHRASE) -> bytes:
    out = io.BytesIO()
    with SealingWriter(out, passphrase) as writer:
        for start in range(0, len(content), 1000):
            writer.write(content[start : start + 1000])
    return out.getvalue()


@functools.cache
def whole() -> bytes:
    """A sealed stream of several chunks: to seal takes a tenth of a second."""
    return sealed(b"secret" * SEALED_CHUNK_BYTES)


def opened(text: bytes, passphrase: str = PASSPHRASE) -> bytes:
    with io.BufferedReader(SealedReader(io.BytesIO(text), passphrase)) as reader:
        return reader.read()


@pytest.mark.parametrize(
    "length",
    [0, 1, SEALED_CHUNK_BYTES - 1, SEALED_CHUNK_BYTES, SEALED_CHUNK_BYTES + 1, 3 * SEALED_CHUNK_BYTES],
)
def test_what_is_sealed_is_opened(length: int) -> None:
    content = bytes(number % 251 for number in range(length))
    text = sealed(content)
    assert text.startswith(SEALED_STREAM_MARK)
    assert opened(text) == content
    assert content[:100] not in text or length < 2


def test_two_seals_of_the_same_have_nothing_in_common() -> None:
    first, second = sealed(b"the same" * 100), sealed(b"the same" * 100)
    assert first[len(SEALED_STREAM_MARK) :][:32] != second[len(SEALED_STREAM_MARK) :][:32]


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[:-1],
        lambda text: text[: HEAD + CHUNK],  # at the end of a chunk
        lambda text: text[:HEAD] + text[HEAD + CHUNK :],  # without the first chunk
        lambda text: text[:HEAD] + text[HEAD + CHUNK : HEAD + 2 * CHUNK] + text[HEAD : HEAD + CHUNK],
        lambda text: text + b"more",
        lambda text: text[: HEAD + 5] + bytes([text[HEAD + 5] ^ 1]) + text[HEAD + 6 :],
        lambda text: text[: HEAD - 1] + bytes([text[HEAD - 1] ^ 1]) + text[HEAD:],  # the salt
        lambda text: text[:HEAD],
        lambda text: text[: HEAD - 1],
        lambda text: b"",
    ],
)
def test_what_was_cut_changed_or_moved_does_not_open(damage) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(SealBroken):
        opened(damage(whole()))


def test_another_passphrase_does_not_open_it() -> None:
    with pytest.raises(SealBroken):
        opened(sealed(b"secret"), "open barley")
