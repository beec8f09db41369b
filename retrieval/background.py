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
    """Mean query vector (dim,) and mean lexical scores (clauses,) over the sample; all zero without a sample."""

    center: Floats
    bm25: Floats
    tfidf: Floats

    @classmethod
    def build(cls, texts: Sequence[str], encoder: Encoder, segmenter: Segmenter, bm25: Bm25, tfidf: TfIdf) -> Background:
        """Score the sample `texts`; no text gives zeros, which change nothing."""
        clauses = bm25.weights.shape[0]
        if not texts:
            return cls(np.zeros(encoder.dim, np.float32), np.zeros(clauses, np.float32), np.zeros(clauses, np.float32))
        words = np.stack([bm25.scores(segmenter.terms(text)) for text in texts])
        grams = np.stack([tfidf.scores(text) for text in texts])
        return cls(*(values.mean(axis=0) for values in (encoder.encode_queries(texts), words, grams)))

    def save(self, folder: Path) -> None:
        """Write ``background.npz`` into `folder`."""
        np.savez(folder / "background.npz", center=self.center, bm25=self.bm25, tfidf=self.tfidf)

    @classmethod
    def load(cls, folder: Path) -> Background:
        """Read what `save` wrote."""
        with np.load(folder / "background.npz", allow_pickle=False) as saved:
            return cls(saved["center"], saved["bm25"], saved["tfidf"])


def digest(texts: Sequence[str]) -> str:
    """Return the hex digest of a sample, 16 characters."""
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]
