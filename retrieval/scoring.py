"""Scoring one narrative against the clauses of an index, system by system."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from data.schema import Span
from models.protocols import Encoder, Vectors
from models.segment import Segmenter
from models.sentences import split_sentences, windows
from retrieval.fusion import fuse_scores, order
from retrieval.index import Index
from retrieval.settings import Settings

__all__ = ["SYSTEMS", "Scorer", "Scores"]

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

# What each named system is made of; hybrid is what people get. The first three are the plain methods, the others work with
# scores from which the background is taken away.
SYSTEMS: dict[str, tuple[str, ...]] = {
    "bm25": ("bm25",),
    "tfidf": ("tfidf",),
    "dense": ("dense",),
    "centred": ("dense",),
    "hybrid": ("dense", "bm25", "tfidf"),
}
_CENTRED = ("centred", "hybrid")
_Encoded = tuple[tuple[Span, ...], Vectors, tuple[Span, ...], Vectors]
_NOT_ENCODED: _Encoded = ((), np.zeros((0, 1), np.float32), (), np.zeros((0, 1), np.float32))


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of the candidate rows (n,): the parts that ran, and their combination `fused`, on which the ranking rests.

    `spans` are the narrative windows (the whole narrative first) and `vectors` their vectors, on which the dense part rests;
    `sentences` and `sentence_vectors` are what evidence is chosen from. All are empty where the dense part did not run.
    """

    rows: Ints
    fused: Floats
    parts: dict[str, Floats]
    spans: tuple[Span, ...]
    vectors: Vectors
    sentences: tuple[Span, ...]
    sentence_vectors: Vectors

    def ranking(self) -> Ints:
        """Return positions into `rows`, best first, ties in document order."""
        return order(self.fused)


class Scorer:
    """Scores narratives with one index, encoder and segmenter; keeps the vectors of the last few narratives."""

    def __init__(self, index: Index, encoder: Encoder, segmenter: Segmenter, settings: Settings) -> None:
        self.index = index
        self.encoder = encoder
        self.segmenter = segmenter
        self.settings = settings
        # a narrative is often scored several times over: by several systems, or for another region
        self._encode = lru_cache(maxsize=8)(self._encode_windows)

    def score(self, narrative: str, rows: Ints, *, system: str = "hybrid") -> Scores:
        """Score `rows`; more rows than ``settings.depth`` are first cut to the best of each part.

        No rows give empty arrays. Raises KeyError for an unknown system.
        """
        names = SYSTEMS[system]
        encoded = self._encode(narrative) if "dense" in names else _NOT_ENCODED
        vectors = encoded[1]
        lexical = self._lexical(narrative, names)
        if len(rows) > self.settings.depth:
            rows = self._candidates(rows, lexical, vectors)
        parts = {name: values[rows] for name, values in lexical.items()}
        if "dense" in names:
            parts["dense"] = self._dense(vectors, rows)
        fused = self._fuse(self._centred(parts, vectors, rows)) if system in _CENTRED else parts[names[0]]
        return Scores(rows, fused, parts, *encoded)

    def _centred(self, parts: dict[str, Floats], vectors: Vectors, rows: Ints) -> dict[str, Floats]:
        """Return the parts less what any narrative scores."""
        background = self.index.background
        taken: dict[str, Floats] = {}
        for name, mean in (("bm25", background.bm25), ("tfidf", background.tfidf)):
            if name in parts:
                taken[name] = parts[name] - mean[rows]
        # (query - centre) · clause is the similarity less its mean over the sample
        return {"dense": self._dense(vectors - background.center, rows), **taken}

    def sentence_scores(self, scores: Scores, rows: Ints) -> Floats:
        """Return how much more each sentence is like each of `rows` than like the candidates on average, (sentences, rows).

        A sentence that is near to everything points nowhere.
        """
        everywhere = self.similarities(scores.sentence_vectors, scores.rows).mean(axis=1, keepdims=True)
        close: Floats = self.similarities(scores.sentence_vectors, rows) - everywhere
        return close

    def similarities(self, vectors: Vectors, rows: Ints) -> Floats:
        """Return the inner product of each vector with each of `rows`, float32 (vectors, rows)."""
        found, where = self.index.store.search(vectors, len(rows), rows)
        position = {int(row): column for column, row in enumerate(rows)}
        table = np.full((len(vectors), len(rows)), -1.0, dtype=np.float32)
        for line, (values, hits) in enumerate(zip(found, where, strict=True)):
            columns = [position[int(hit)] for hit in hits if hit >= 0]
            table[line, columns] = values[hits >= 0]
        return table

    def _encode_windows(self, narrative: str) -> _Encoded:
        """Return windows and sentences with their vectors, from one pass over the narrative where vectors are pooled late."""
        whole = Span(0, len(narrative))
        found = windows(narrative, sentences=self.settings.window_sentences, max_chars=self.settings.window_chars)
        spans = (whole, *(span for span in found if span != whole))
        sentences = tuple(split_sentences(narrative))
        both = (*spans, *sentences)
        if self.settings.window_encoding == "late":
            vectors = self.encoder.encode_windows(narrative, both)
        else:
            vectors = self.encoder.encode_queries([span.of(narrative) for span in both])
        return spans, vectors[: len(spans)], sentences, vectors[len(spans) :]

    def _lexical(self, narrative: str, names: Sequence[str]) -> dict[str, Floats]:
        scores: dict[str, Floats] = {}
        if "bm25" in names:
            scores["bm25"] = self.index.bm25.scores(self.segmenter.terms(narrative))
        if "tfidf" in names:
            scores["tfidf"] = self.index.tfidf.scores(narrative)
        return scores

    def _dense(self, vectors: Vectors, rows: Ints) -> Floats:
        """Return the similarity of the best window per row."""
        found, where = self.index.store.search(vectors, len(rows), rows)
        best = np.full(len(self.index.entries), -1.0, dtype=np.float32)
        hit = where >= 0
        np.maximum.at(best, where[hit], found[hit])
        return best[rows]

    def _candidates(self, rows: Ints, lexical: dict[str, Floats], vectors: Vectors) -> Ints:
        depth = self.settings.depth
        chosen = [rows[order(values[rows])[:depth]] for values in lexical.values()]
        if len(vectors):
            _, where = self.index.store.search(vectors, depth, rows if len(rows) < len(self.index.entries) else None)
            chosen.append(where[where >= 0].astype(np.int64))
        return np.unique(np.concatenate(chosen))

    def _fuse(self, parts: dict[str, Floats]) -> Floats:
        return fuse_scores(parts, {name: float(getattr(self.settings, f"weight_{name}")) for name in parts})
