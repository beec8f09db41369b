"""Scoring one narrative against the clauses of an index, system by system."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from data.errors import InputError
from data.schema import Span
from models.protocols import Encoder, Reading, Vectors
from models.reading import share_of_windows
from models.segment import Segmenter
from models.sentences import split_sentences, windows
from retrieval.alignment import Aligner
from retrieval.combination import Combination
from retrieval.fusion import fuse_scores, leaders, order
from retrieval.index import Index
from retrieval.settings import Settings

__all__ = ["SYSTEMS", "Encoded", "Scorer", "Scores"]

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

# What each named system is made of; hybrid is what people get. The first three are the plain methods; centred and hybrid work
# with scores from which the background is taken away. An encoder without a head for it has no attention.
SYSTEMS: dict[str, tuple[str, ...]] = {
    "bm25": ("bm25",),
    "tfidf": ("tfidf",),
    "dense": ("dense",),
    "centred": ("dense",),
    "attention": ("dense", "attention"),
    "hybrid": ("dense", "attention", "bm25", "tfidf"),
}
_CENTRED = ("centred", "hybrid")


@dataclass(frozen=True, slots=True)
class Encoded:
    """What the encoder made of a narrative.

    `spans` are the narrative's windows (the whole narrative first) and `vectors` their vectors; `sentences` and
    `sentence_vectors` are what evidence is chosen from; `reading` holds all tokens, None where nothing was encoded.
    """

    spans: tuple[Span, ...]
    vectors: Vectors
    sentences: tuple[Span, ...]
    sentence_vectors: Vectors
    reading: Reading | None


_NOTHING = np.zeros((0, 1), np.float32)
_NOT_ENCODED = Encoded((), _NOTHING, (), _NOTHING, None)


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of the candidate rows (n,): the parts that ran, and their combination `fused`, on which the ranking rests.

    `probabilities` are those of the combination, None where it is not calibrated and NaN for single clauses of regulations that
    it was not checked on. `encoded` is empty where nothing was encoded.
    """

    rows: Ints
    fused: Floats
    parts: dict[str, Floats]
    probabilities: Floats | None
    encoded: Encoded

    def ranking(self) -> Ints:
        """Return positions into `rows`, best first, ties in document order."""
        return order(self.fused)


class Scorer:
    """Scores narratives with one index, encoder and segmenter; keeps the vectors of the last few narratives."""

    def __init__(self, index: Index, encoder: Encoder, segmenter: Segmenter, settings: Settings) -> None:
        self.combination = Combination.of(encoder.digest, settings.combination)
        self.index = index
        self.encoder = encoder
        self.aligner = Aligner(encoder)
        self.segmenter = segmenter
        self.settings = settings
        # a narrative is often scored several times over: by several systems, or for another region
        self.encoded = lru_cache(maxsize=8)(self._encode_windows)

    def score(self, narrative: str, rows: Ints, *, system: str = "hybrid") -> Scores:
        """Score `rows`; more rows than ``settings.depth`` are first cut to the best of each part.

        No rows give empty arrays. Raises KeyError for an unknown system, InputError for one that the encoder cannot run.
        """
        names = self.parts_of(system)
        encoded = self.encoded(narrative) if "dense" in names else _NOT_ENCODED
        vectors = encoded.vectors
        lexical = self._lexical(narrative, names)
        if len(rows) > self.settings.depth:
            rows = self._candidates(rows, lexical, vectors)
        parts = {name: values[rows] for name, values in lexical.items()}
        clauses = self.index.store.vectors(rows) if "dense" in names else _NOTHING
        if "dense" in names:
            parts["dense"] = _nearest(vectors, clauses)
        if "attention" in names and self.encoder.attention is not None and encoded.reading is not None:
            parts["attention"] = self.encoder.attention.score(encoded.reading.states, clauses)
        if system not in _CENTRED:
            return Scores(rows, parts[system], parts, None, encoded)
        centred = self._centred(parts, vectors, rows, clauses)
        if system == "hybrid" and self.combination is not None:
            regulations = [self.index.entries[int(row)].clause.regulation_id for row in rows]
            logits = self._over_regulations(self.combination.logits(centred), narrative, regulations)
            likely = self.combination.probabilities(logits)
            checked = self.combination.calibrated_for(regulations)
            if not checked.any():
                return Scores(rows, likely, parts, None, encoded)  # they rank, but nobody has checked them on such clauses
            return Scores(rows, logits, parts, np.where(checked, likely, np.float32(np.nan)), encoded)
        return Scores(rows, self._fuse(centred), parts, None, encoded)

    def _over_regulations(self, logits: Floats, narrative: str, regulations: Sequence[str]) -> Floats:
        """Put those clauses ahead whose regulation the narrative is likely told under; within one nothing changes."""
        prior = None if self.combination is None else self.combination.scope
        return prior.shift(logits, narrative, regulations) if prior is not None and prior.covers(regulations) else logits

    def centred_parts(self, narrative: str, rows: Ints) -> dict[str, Floats]:
        """Return the parts of hybrid per row, less what any narrative scores, on which a combination is fitted."""
        scores = self.score(narrative, rows)
        return self._centred(scores.parts, scores.encoded.vectors, scores.rows, self.index.store.vectors(scores.rows))

    def systems(self) -> tuple[str, ...]:
        """Return the names of the systems that can be run with this encoder."""
        return tuple(name for name in SYSTEMS if name != "attention" or self.encoder.attention is not None)

    def parts_of(self, system: str) -> tuple[str, ...]:
        """Return what `system` is made of with this encoder.

        Raises KeyError for an unknown system, InputError for one that this encoder cannot run.
        """
        names = SYSTEMS[system]
        if self.encoder.attention is not None:
            return names
        if system == "attention":
            raise InputError(f"编码器 {self.encoder.name} 没有条款注意力，不能单独评测 attention，请换一个系统或编码器。")
        return tuple(name for name in names if name != "attention")

    def _centred(self, parts: dict[str, Floats], vectors: Vectors, rows: Ints, clauses: Vectors) -> dict[str, Floats]:
        """Return the parts less what any narrative scores; `clauses` are the vectors of `rows`."""
        background = self.index.background
        taken: dict[str, Floats] = {}
        for name, mean in (("bm25", background.bm25), ("tfidf", background.tfidf)):
            if name in parts:
                taken[name] = parts[name] - mean[rows]
        if "attention" in parts:
            taken["attention"] = parts["attention"]  # learnt not to have hubs
        # (query - centre) · clause is the similarity less its mean over the sample
        return {"dense": _nearest(vectors - background.center, clauses), **taken}

    def sentence_scores(self, scores: Scores, rows: Ints) -> Floats:
        """Return how strongly each sentence points to each of `rows`, (sentences, rows); only their order and ratio count.

        With attention: its likeness to the clause, and the share of the clause's attention that falls on it, each in deviations
        from the narrative's mean. Without: how much more it is like the clause than like the candidates on average, since a
        sentence that is near to everything points nowhere.
        """
        vectors, reading = scores.encoded.sentence_vectors, scores.encoded.reading
        close = self.similarities(vectors, rows)
        if self.encoder.attention is None or reading is None:
            away: Floats = close - self.similarities(vectors, scores.rows).mean(axis=1, keepdims=True)
            return away
        weights = self.encoder.attention.weights(reading.states, self.index.store.vectors(rows))
        shares = share_of_windows(weights[:, reading.places].T, reading.spans, scores.encoded.sentences)
        return _deviations(close) + _deviations(shares)

    def similarities(self, vectors: Vectors, rows: Ints) -> Floats:
        """Return the inner product of each vector with each of `rows`, float32 (vectors, rows)."""
        found: Floats = vectors @ self.index.store.vectors(rows).T
        return found

    def _encode_windows(self, narrative: str) -> Encoded:
        """Return windows and sentences with their vectors, from one pass over the narrative where vectors are pooled late."""
        reading = self.encoder.read(narrative)
        whole = Span(0, len(narrative))
        found = windows(narrative, sentences=self.settings.window_sentences, max_chars=self.settings.window_chars)
        spans = (whole, *(span for span in found if span != whole))
        sentences = tuple(split_sentences(narrative))
        both = (*spans, *sentences)
        if self.settings.window_encoding == "late":
            vectors = self.encoder.encode_windows(narrative, both, reading)
        else:
            vectors = self.encoder.encode_queries([span.of(narrative) for span in both])
        return Encoded(spans, vectors[: len(spans)], sentences, vectors[len(spans) :], reading)

    def _lexical(self, narrative: str, names: Sequence[str]) -> dict[str, Floats]:
        scores: dict[str, Floats] = {}
        if "bm25" in names:
            scores["bm25"] = self.index.bm25.scores(self.segmenter.terms(narrative))
        if "tfidf" in names:
            scores["tfidf"] = self.index.tfidf.scores(narrative)
        return scores

    def _candidates(self, rows: Ints, lexical: dict[str, Floats], vectors: Vectors) -> Ints:
        depth = self.settings.depth
        narrowed = len(rows) < len(self.index.entries)  # else they are all, in order, and need no picking
        chosen = [rows[leaders(values[rows] if narrowed else values, depth)] for values in lexical.values()]
        if len(vectors):
            found, where = self.index.store.search(vectors, depth, rows if narrowed else None)
            best_first = where.ravel()[order(found.ravel())]  # a clause is as near as its nearest window
            near, place = np.unique(best_first[best_first >= 0], return_index=True)
            chosen.append(near[np.argsort(place)[:depth]])
        return np.unique(np.concatenate(chosen))

    def _fuse(self, parts: dict[str, Floats]) -> Floats:
        return fuse_scores(parts, {name: float(getattr(self.settings, f"weight_{name}")) for name in parts})


def _nearest(vectors: Vectors, clauses: Vectors) -> Floats:
    """Return the similarity of the best window per clause."""
    best: Floats = (vectors @ clauses.T).max(axis=0, initial=-1.0)
    return best


def _deviations(values: Floats) -> Floats:
    """Return each column less its mean, in units of its deviation; a column that is the same everywhere gives zeros."""
    found: Floats = (values - values.mean(axis=0)) / np.maximum(values.std(axis=0), 1e-6)
    return found
