"""Lexical scoring: BM25 over segmented terms and TF-IDF over character n-grams.

Both are a sparse matrix of clause weights times a sparse query vector, saved as plain arrays and JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

__all__ = ["Bm25", "TfIdf", "bm25_idf", "bm25_weights"]

Floats = NDArray[np.float32]
Terms = Callable[[str], list[str]]


def bm25_idf(documents: int, frequency: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return ln(1 + (N - df + 0.5) / (df + 0.5)) per term: never negative (Robertson & Zaragoza 2009, as in Lucene)."""
    return np.log1p((documents - frequency + 0.5) / (frequency + 0.5))


def bm25_weights(counts: sparse.csr_matrix, *, k1: float, b: float) -> sparse.csr_matrix:
    """Return idf * tf * (k1 + 1) / (tf + k1 * (1 - b + b * dl / avgdl)) for each non-zero count (documents, terms).

    Source: Robertson & Zaragoza, The Probabilistic Relevance Framework, 2009, equation 3.15.
    """
    lengths = np.asarray(counts.sum(axis=1)).ravel()
    average = lengths.mean() if lengths.size and lengths.any() else 1.0
    idf = bm25_idf(counts.shape[0], np.bincount(counts.indices, minlength=counts.shape[1]))
    tf = counts.data.astype(np.float64)
    norm = np.repeat(k1 * (1 - b + b * lengths / average), np.diff(counts.indptr))
    data = (idf[counts.indices] * tf * (k1 + 1) / (tf + norm)).astype(np.float32)
    return sparse.csr_matrix((data, counts.indices, counts.indptr), shape=counts.shape)


@dataclass(frozen=True, slots=True)
class Bm25:
    """BM25 weights (documents, terms) with their vocabulary; a query counts each of its terms once."""

    weights: sparse.csc_matrix
    vocabulary: dict[str, int]

    @classmethod
    def build(cls, documents: Sequence[str], terms: Terms, *, k1: float, b: float) -> Bm25:
        """Weigh the terms of `documents`; a corpus without any term gives weights of width 0."""
        vectorizer = CountVectorizer(analyzer=terms, dtype=np.int32)
        try:
            counts = vectorizer.fit_transform(documents)
        except ValueError:  # scikit-learn refuses an empty vocabulary
            return cls(sparse.csc_matrix((len(documents), 0), dtype=np.float32), {})
        weights = bm25_weights(counts.tocsr(), k1=k1, b=b)
        return cls(weights.tocsc(), {term: int(column) for term, column in vectorizer.vocabulary_.items()})

    def scores(self, query_terms: Sequence[str]) -> Floats:
        """Return float32 (documents,); all zero where no term of the query is known."""
        columns = sorted({self.vocabulary[t] for t in query_terms if t in self.vocabulary})
        if not columns:
            return np.zeros(self.weights.shape[0], dtype=np.float32)
        return np.asarray(self.weights[:, columns].sum(axis=1), dtype=np.float32).ravel()

    def save(self, folder: Path) -> None:
        """Write ``bm25.npz`` and ``bm25.json`` into `folder`."""
        sparse.save_npz(folder / "bm25.npz", self.weights)
        _write_json(folder / "bm25.json", self.vocabulary)

    @classmethod
    def load(cls, folder: Path) -> Bm25:
        """Read what `save` wrote."""
        vocabulary = json.loads((folder / "bm25.json").read_text("utf-8"))
        return cls(sparse.load_npz(folder / "bm25.npz").tocsc(), vocabulary)


@dataclass(frozen=True, slots=True)
class TfIdf:
    """Cosine of sublinear TF-IDF vectors over character n-grams (scikit-learn)."""

    vectorizer: TfidfVectorizer
    weights: sparse.csr_matrix

    @classmethod
    def build(cls, documents: Sequence[str], *, min_n: int, max_n: int) -> TfIdf:
        """Fit on `documents`; a corpus without any character gives scores of zero."""
        vectorizer = _vectorizer(min_n, max_n)
        weights = vectorizer.fit_transform(documents if any(d.strip() for d in documents) else ["\ue000", *documents[1:]])
        return cls(vectorizer, weights.tocsr())

    def scores(self, query: str) -> Floats:
        """Return cosines, float32 (documents,), for one narrative."""
        vector = self.vectorizer.transform([query])
        return np.asarray((self.weights @ vector.T).todense(), dtype=np.float32).ravel()

    def save(self, folder: Path) -> None:
        """Write ``tfidf.npz``, ``tfidf_idf.npy`` and ``tfidf.json`` into `folder`."""
        sparse.save_npz(folder / "tfidf.npz", self.weights)
        np.save(folder / "tfidf_idf.npy", self.vectorizer.idf_)
        low, high = self.vectorizer.ngram_range
        grams = sorted(self.vectorizer.vocabulary_, key=self.vectorizer.vocabulary_.__getitem__)
        _write_json(folder / "tfidf.json", {"min_n": low, "max_n": high, "grams": grams})

    @classmethod
    def load(cls, folder: Path) -> TfIdf:
        """Read what `save` wrote."""
        saved = json.loads((folder / "tfidf.json").read_text("utf-8"))
        vectorizer = _vectorizer(saved["min_n"], saved["max_n"], saved["grams"])
        vectorizer.idf_ = np.load(folder / "tfidf_idf.npy", allow_pickle=False)
        return cls(vectorizer, sparse.load_npz(folder / "tfidf.npz").tocsr())


def _vectorizer(min_n: int, max_n: int, grams: Sequence[str] | None = None) -> TfidfVectorizer:
    return TfidfVectorizer(
        analyzer="char", ngram_range=(min_n, max_n), sublinear_tf=True, dtype=np.float32, vocabulary=grams, lowercase=True
    )


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False), "utf-8")
