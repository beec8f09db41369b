"""Encoders by name or path, and the one that runs on onnxruntime without torch."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from data.errors import ModelError
from models.attention import ATTENTION, ClauseAttention
from models.layout import BASE_NAME, DEFAULT_NAME, MANIFEST, ONNX, TOKENIZER, WEIGHTS, check_file, read_manifest, remedy
from models.protocols import Encoder, Vectors
from models.reading import ReadingEncoder, unit_rows

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Encoding

__all__ = ["OnnxEncoder", "load_encoder"]

_BATCH = 16
_MANY = 8  # texts from which on they are shared out among the threads
_ALONE = 1  # 8-bit activations share one scale per run: a text read beside others would get another vector
_HUB_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?")


def load_encoder(name_or_path: str = DEFAULT_NAME, *, threads: int = 2) -> Encoder:
    """Return the encoder of this name or in this folder; nothing is built or downloaded.

    ``rongcuo-zh`` is the shipped one, ``e5-small-zh`` the untrained one that ``python -m models.build_encoder`` makes. A
    folder with a manifest and an ONNX file runs on onnxruntime; any other sentence-transformers folder, or the name of a model
    that this machine has already, on torch. Raises ModelError where there is no such model.
    """
    own = name_or_path in (BASE_NAME, DEFAULT_NAME)
    folder = WEIGHTS / name_or_path if own else Path(name_or_path).expanduser()
    if own or (folder / MANIFEST).is_file():
        return OnnxEncoder(folder, threads=threads)
    if not folder.is_dir() and not _HUB_NAME.fullmatch(name_or_path):
        raise ModelError(f"没有找到模型文件夹 {name_or_path}，请检查路径，或改用默认模型 {DEFAULT_NAME}。")
    from models.st_encoder import SentenceTransformerEncoder

    return SentenceTransformerEncoder(name_or_path, threads=threads)


class OnnxEncoder(ReadingEncoder):
    """A model folder with a manifest, run by onnxruntime; starts without torch, safe to share between threads.

    The folder is the shipped one, or was written by `models.build_encoder`, by `models.training` or by `models.compact`.
    """

    def __init__(self, folder: Path, *, threads: int = 2) -> None:
        """Load the model; raises ModelError where the folder is missing, incomplete or unreadable."""
        from tokenizers import Tokenizer

        manifest = read_manifest(folder)
        for name in (ONNX, TOKENIZER, ATTENTION):  # a changed byte would give other vectors without any error
            if name in manifest.files:
                check_file(folder, manifest, name)
        self._threads = threads
        self._alone = cache(lambda: _session(folder / ONNX, threads=1))
        try:
            self._session = _session(folder / ONNX, threads=threads)
            tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        except Exception as error:  # onnxruntime and tokenizers raise classes of their own, some of them bare Exception
            raise ModelError(f"编码模型 {folder} 无法读取，{remedy(folder)}。") from error
        tokenizer.no_padding()
        tokenizer.no_truncation()
        super().__init__(tokenizer, prompts=manifest.prompts, max_tokens=manifest.max_tokens, dim=manifest.dim)
        self.attention = ClauseAttention.load(folder)
        self._batch = _BATCH if manifest.precision == "fp32" else _ALONE
        self.name = f"{manifest.name} (onnxruntime {manifest.precision})"
        self.digest = manifest.digest

    def _sentence_vectors(self, texts: Sequence[str], prompt: str) -> Vectors:
        rows = np.empty((len(texts), self.dim), dtype=np.float32)
        for places, states, mask in self._batches([prompt + text for text in texts]):
            weights = mask[:, None, :].astype(np.float32)
            rows[places] = (weights @ states)[:, 0] / weights.sum(axis=2)
        return unit_rows(rows)

    def _token_vectors(self, texts: Sequence[str]) -> list[Vectors]:
        found: list[Vectors] = [np.empty((0, self.dim), dtype=np.float32)] * len(texts)
        for places, states, mask in self._batches(texts):
            for place, vectors, length in zip(places, states, mask.sum(axis=1), strict=True):
                found[place] = vectors[:length]
        return found

    def _batches(self, texts: Sequence[str]) -> Iterator[tuple[list[int], Vectors, np.ndarray]]:
        """Yield (places in `texts`, states (batch, tokens, dim), mask (batch, tokens)), texts of like length together."""
        encodings = self._tokenizer.encode_batch(list(texts))
        order = sorted(range(len(texts)), key=lambda i: len(encodings[i].ids))
        parts = [order[start : start + self._batch] for start in range(0, len(order), self._batch)]
        many = self._batch == _ALONE and self._threads > 1 and len(parts) >= _MANY
        session = self._alone() if many else self._session

        def run(places: list[int]) -> tuple[list[int], Vectors, np.ndarray]:
            ids, mask = _padded([encodings[i] for i in places], self._max_tokens)
            (states,) = session.run(None, {"input_ids": ids, "attention_mask": mask})
            return places, states, mask

        if not many:
            yield from map(run, parts)
            return
        with ThreadPoolExecutor(self._threads) as pool:  # a text per thread wastes less than several threads on a text
            yield from pool.map(run, parts[::-1])  # the longest first, so that none is left when the others are done


def _session(path: Path, *, threads: int) -> InferenceSession:
    """Return the model in `path`, ready to run; onnxruntime raises errors of its own."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # A waiting thread that spins takes the processor from one that works; measured on two busy cores: twice the time.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def _padded(encodings: Sequence[Encoding], max_tokens: int) -> tuple[np.ndarray, np.ndarray]:
    """Return int64 ids and mask (batch, longest); what is beyond `max_tokens` is left out, padding is masked."""
    longest = min(max_tokens, max(len(encoding.ids) for encoding in encodings))
    ids = np.ones((len(encodings), longest), dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, encoding in enumerate(encodings):
        length = min(longest, len(encoding.ids))
        ids[row, :length] = encoding.ids[:length]
        mask[row, :length] = 1
    return ids, mask
