"""What a clause scores with any narrative at all, taken away before scores are combined.

Some clauses are near to everything that is told about inspectors and plants, others to nothing ("hubs"). Subtracting from each
score the mean that the clause gets over a sample of narratives removes this; the labels of the sample are not used.
Source: Suzuki, Hara, Shimbo, Saerens & Fukumizu, Centering Similarity Measures to Reduce Hubs, EMNLP 2013.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.protocols import Encoder
from models.segment import Segmenter
from retrieval.lexical import Bm25, TfIdf

__all__ = ["Background", "digest"]

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Background:
    """Mean query vector (dim,) and mean lexical scores (clauses,) over the sample; all zero without a sample.

    `likeness` holds mean and deviation of the cosine between a narrative of the sample and `center`, (2,): how like each other
    narratives are. What is far less like them is about something else.
    """

    center: Floats
    bm25: Floats
    tfidf: Floats
    likeness: Floats

    @classmethod
    def build(cls, texts: Sequence[str], encoder: Encoder, segmenter: Segmenter, bm25: Bm25, tfidf: TfIdf) -> Background:
        """Score the sample `texts`; no text gives zeros, which change nothing."""
        clauses = bm25.weights.shape[0]
        if not texts:
            return cls(*(np.zeros(size, np.float32) for size in (encoder.dim, clauses, clauses, 2)))
        words = np.stack([bm25.scores(segmenter.terms(text)) for text in texts])
        grams = np.stack([tfidf.scores(text) for text in texts])
        vectors = encoder.encode_queries(texts)
        center = vectors.mean(axis=0)
        cosines = vectors @ center / np.linalg.norm(center)
        return cls(center, words.mean(axis=0), grams.mean(axis=0), np.array([cosines.mean(), cosines.std()], np.float32))

    def deviations(self, vector: Floats) -> float | None:
        """Return how many deviations a narrative's unit vector (dim,) is less like the sample than its mean; None without one."""
        mean, deviation = (float(value) for value in self.likeness)
        if deviation == 0:
            return None
        return (mean - float(vector @ self.center) / float(np.linalg.norm(self.center))) / deviation

    def save(self, folder: Path) -> None:
        """Write ``background.npz`` into `folder`."""
        np.savez(folder / "background.npz", center=self.center, bm25=self.bm25, tfidf=self.tfidf, likeness=self.likeness)

    @classmethod
    def load(cls, folder: Path) -> Background:
        """Read what `save` wrote."""
        with np.load(folder / "background.npz", allow_pickle=False) as saved:
            return cls(*(saved[name] for name in ("center", "bm25", "tfidf", "likeness")))


def digest(texts: Sequence[str]) -> str:
    """Return the hex digest of a sample, 16 characters."""
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]
