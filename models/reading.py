"""How an encoder reads texts of any length: in pieces that fit the model, pooled per text or per window.

Late chunking (Günther et al. 2024, "Late Chunking: Contextual Chunk Embeddings"): one pass over the whole text, then the
mean over the token vectors of each window, so that each window's vector knows what was said around it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from data.schema import Span
from models.attention import ClauseAttention
from models.protocols import Reading, Vectors
from models.sentences import split_sentences

__all__ = ["ReadingEncoder", "cut_pieces", "pool_windows", "share_of_windows", "unit_rows"]

_SLACK = 4  # a piece tokenised by itself may have a few tokens more than its share of the whole


class ReadingEncoder(ABC):
    """Cuts texts into pieces that fit, and pools; a subclass runs the model.

    A text longer than the model's limit is represented by the mean of its pieces' vectors, weighted by their tokens.
    """

    def __init__(self, tokenizer: Tokenizer, *, prompts: Mapping[str, str], max_tokens: int, dim: int) -> None:
        self._tokenizer = tokenizer
        self._query_prompt = prompts.get("query", "")
        self._document_prompt = prompts.get("document", "")
        self._max_tokens = max_tokens
        self.dim = dim
        self.attention: ClauseAttention | None = None

    @abstractmethod
    def _sentence_vectors(self, texts: Sequence[str], prompt: str) -> Vectors:
        """Return unit rows for texts that each fit the model together with the prompt; at least one text."""

    @abstractmethod
    def _token_vectors(self, texts: Sequence[str]) -> list[Vectors]:
        """Return, per text (the prompt is in it; it fits), float32 (tokens, dim) with special tokens at both ends."""

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return float32 (n, dim), unit rows, for narratives or parts of them; an empty sequence gives (0, dim)."""
        return self._encode(texts, self._query_prompt)

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """Return float32 (n, dim), unit rows, for clauses; an empty sequence gives (0, dim)."""
        return self._encode(texts, self._document_prompt)

    def encode_windows(self, text: str, windows: Sequence[Span], reading: Reading | None = None) -> Vectors:
        """Return float32 (len(windows), dim), unit rows, from one pass over `text`; a window without a token gets zeros."""
        if not windows or not text.strip():
            return np.zeros((len(windows), self.dim), dtype=np.float32)
        reading = reading or self.read(text)
        return pool_windows(reading.states[reading.places], reading.spans, windows)

    def read(self, text: str) -> Reading:
        """Return the token states of a narrative; one beyond the model's length is read in consecutive pieces."""
        prompt = self._query_prompt
        pieces = [piece for piece, _ in cut_pieces(self._tokenizer, text, prompt=prompt, max_tokens=self._max_tokens)]
        readings = [prompt + piece.of(text) for piece in pieces]
        states = self._token_vectors(readings)
        spans: list[tuple[int, int]] = []
        places: list[int] = []
        before = 0
        for piece, reading, vectors in zip(pieces, readings, states, strict=True):
            shift = piece.start - len(prompt)
            found = self._tokenizer.encode(reading).offsets[: len(vectors)]
            kept = [i for i, (start, end) in enumerate(found) if end > len(prompt) and reading[start:end].strip()]
            spans.extend((max(found[i][0] + shift, piece.start), found[i][1] + shift) for i in kept)
            places.extend(before + i for i in kept)
            before += len(vectors)
        return Reading(np.concatenate(states), np.asarray(places, dtype=np.int64), tuple(spans))

    def _encode(self, texts: Sequence[str], prompt: str) -> Vectors:
        if not len(texts):
            return np.zeros((0, self.dim), dtype=np.float32)
        parts: list[str] = []
        owners: list[int] = []
        weights: list[int] = []
        for owner, text in enumerate(texts):
            for piece, tokens in cut_pieces(self._tokenizer, text, prompt=prompt, max_tokens=self._max_tokens):
                parts.append(piece.of(text))
                owners.append(owner)
                weights.append(tokens)
        rows = self._sentence_vectors(parts, prompt)
        if len(parts) == len(texts):
            return rows
        sums = np.zeros((len(texts), self.dim), dtype=np.float32)
        np.add.at(sums, owners, rows * np.asarray(weights, dtype=np.float32)[:, None])
        return unit_rows(sums)


def unit_rows(rows: Vectors) -> Vectors:
    """Return the rows scaled to length one; rows of zeros stay zero."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return (rows / np.where(lengths > 0, lengths, 1)).astype(np.float32)


def cut_pieces(tokenizer: Tokenizer, text: str, *, prompt: str, max_tokens: int) -> list[tuple[Span, int]]:
    """Return consecutive spans of `text` that each fit `max_tokens` with the prompt, and their numbers of tokens.

    Cuts are made at the last sentence end that fits, inside a sentence only where none does. A text that fits, an empty
    one among them, is one piece.
    """
    whole = tokenizer.encode(prompt + text)
    if len(whole.ids) <= max_tokens:
        return [(Span(0, len(text)), len(whole.ids))]
    room = max_tokens - len(tokenizer.encode(prompt).ids) - _SLACK
    starts = [start - len(prompt) for start, end in whole.offsets if end > len(prompt)]
    ends = [sentence.end for sentence in split_sentences(text)]
    return [(piece, min(room, _count(starts, piece))) for piece in _cut(starts, ends, room, len(text))]


def _cut(starts: Sequence[int], ends: Sequence[int], room: int, length: int) -> Iterator[Span]:
    """Yield consecutive spans from 0 to `length` with at most `room` of the token starts in each."""
    begin = first = 0
    while first + room < len(starts):
        limit = starts[first + room]
        last = bisect_right(ends, limit) - 1
        cut = ends[last] if last >= 0 and ends[last] > begin else max(limit, begin + 1)
        yield Span(begin, cut)
        begin, first = cut, bisect_right(starts, cut - 1)
    yield Span(begin, length)


def _count(starts: Sequence[int], piece: Span) -> int:
    return bisect_right(starts, piece.end - 1) - bisect_right(starts, piece.start - 1)


def share_of_windows(weights: Vectors, spans: Sequence[tuple[int, int]], windows: Sequence[Span]) -> Vectors:
    """Return, per window, the sum of the weights of the tokens that overlap it, float32 (windows, columns).

    `weights` is float32 (tokens, columns), `spans` are the tokens' places in the text, ordered.
    """
    sums = np.concatenate([np.zeros((1, weights.shape[1])), np.cumsum(weights, axis=0, dtype=np.float64)])
    first, past = _token_range(spans, windows)
    shares: Vectors = (sums[past] - sums[first]).astype(np.float32)
    return shares


def pool_windows(vectors: Vectors, spans: Sequence[tuple[int, int]], windows: Sequence[Span]) -> Vectors:
    """Return, per window, the unit mean of the vectors whose spans overlap it; zeros where none does.

    `vectors` is float32 (tokens, dim); `spans` are its tokens' places, ordered. Sums are running sums in float64, so the
    cost does not grow with the windows' overlap.
    """
    sums = np.concatenate([np.zeros((1, vectors.shape[1])), np.cumsum(vectors, axis=0, dtype=np.float64)])
    first, past = _token_range(spans, windows)
    means = (sums[past] - sums[first]) / np.maximum(past - first, 1)[:, None]
    return unit_rows(means.astype(np.float32))


def _token_range(spans: Sequence[tuple[int, int]], windows: Sequence[Span]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first token that overlaps each window and the one past the last; equal where none does."""
    begins: NDArray[np.int64] = np.asarray([start for start, _ in spans], dtype=np.int64)
    ends: NDArray[np.int64] = np.asarray([end for _, end in spans], dtype=np.int64)
    first = np.searchsorted(ends, [window.start for window in windows], side="right")
    past = np.searchsorted(begins, [window.end for window in windows], side="left")
    return first, np.where([len(window) > 0 for window in windows], np.maximum(first, past), first)
