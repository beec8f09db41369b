"""Lexical scoring: BM25 over segmented terms and TF-IDF over character n-grams.

Both are a sparse matrix of clause weights times a sparse query vector, saved as plain arrays and JSON.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

__all__ = ["Bm25", "TfIdf", "bm25_idf", "bm25_weights", "tfidf_vector"]

_SPACES = re.compile(r"\s\s+")
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


def tfidf_vector(text: str, vocabulary: Mapping[str, int], idf: Floats, sizes: range) -> tuple[NDArray[np.int32], Floats]:
    """Return columns and (1 + ln tf) * idf of the known character n-grams of a text, of unit length; no known one gives ([], []).

    `idf` is by column, `sizes` are the lengths of n-grams. scikit-learn's TfidfVectorizer with sublinear_tf does the same.
    """
    text = _SPACES.sub(" ", text.lower())
    grams = (text[i : i + n] for n in sizes for i in range(len(text) - n + 1))
    counts = Counter(column for gram in grams if (column := vocabulary.get(gram)) is not None)
    columns = np.fromiter(counts, dtype=np.int32, count=len(counts))
    values = (1 + np.log(np.fromiter(counts.values(), dtype=np.float32, count=len(counts)))) * idf[columns]
    norm = float(np.linalg.norm(values)) or 1.0
    return columns, values / np.float32(norm)


@dataclass(frozen=True, slots=True)
class Bm25:
    """BM25 weights (documents, terms) with their vocabulary; a query counts each of its terms once."""

    weights: sparse.csc_matrix
    vocabulary: dict[str, int]

    @classmethod
    def build(cls, documents: Sequence[str], terms: Terms, *, k1: float, b: float) -> Bm25:
        """Weigh the terms of `documents`; a corpus without any term gives weights of width 0."""
        from sklearn.feature_extraction.text import CountVectorizer

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

    @property
    def shape(self) -> tuple[int, int]:
        """Documents and terms."""
        return int(self.weights.shape[0]), int(self.weights.shape[1])

    def weight(self, row: int, term: str) -> float:
        """Return the weight of `term` in one document, 0 where it does not occur."""
        column = self.vocabulary.get(term)
        return 0.0 if column is None else float(self.weights[row, column])

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
    """Cosine of sublinear TF-IDF vectors over character n-grams.

    scikit-learn weighs the clauses; a query is weighed here by the same arithmetic, because importing scikit-learn takes longer
    than all the rest of an answer. The weights lie by n-gram, so that a query reads those of its own n-grams only.
    """

    vocabulary: dict[str, int]
    idf: NDArray[np.float32]
    weights: sparse.csc_matrix
    min_n: int
    max_n: int

    @classmethod
    def build(cls, documents: Sequence[str], *, min_n: int, max_n: int) -> TfIdf:
        """Fit on `documents`; a corpus without any character gives scores of zero."""
        from sklearn.feature_extraction.text import TfidfVectorizer

        vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(min_n, max_n), sublinear_tf=True, dtype=np.float32)
        try:
            weights = vectorizer.fit_transform(documents).tocsc()
        except ValueError:  # scikit-learn refuses an empty vocabulary
            return cls({}, np.zeros(0, np.float32), sparse.csc_matrix((len(documents), 0), dtype=np.float32), min_n, max_n)
        vocabulary = {gram: int(column) for gram, column in vectorizer.vocabulary_.items()}
        return cls(vocabulary, vectorizer.idf_.astype(np.float32), weights, min_n, max_n)

    def scores(self, query: str) -> Floats:
        """Return cosines, float32 (documents,), for one narrative."""
        columns, values = tfidf_vector(query, self.vocabulary, self.idf, range(self.min_n, self.max_n + 1))
        found: Floats = self.weights[:, columns] @ values
        return found

    def save(self, folder: Path) -> None:
        """Write ``tfidf.npz``, ``tfidf_idf.npy`` and ``tfidf.json`` into `folder`."""
        sparse.save_npz(folder / "tfidf.npz", self.weights)
        np.save(folder / "tfidf_idf.npy", self.idf)
        grams = sorted(self.vocabulary, key=self.vocabulary.__getitem__)
        _write_json(folder / "tfidf.json", {"min_n": self.min_n, "max_n": self.max_n, "grams": grams})

    @classmethod
    def load(cls, folder: Path) -> TfIdf:
        """Read what `save` wrote."""
        saved = json.loads((folder / "tfidf.json").read_text("utf-8"))
        vocabulary = {gram: column for column, gram in enumerate(saved["grams"])}
        idf = np.load(folder / "tfidf_idf.npy", allow_pickle=False)
        return cls(vocabulary, idf, sparse.load_npz(folder / "tfidf.npz").tocsc(), saved["min_n"], saved["max_n"])


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False), "utf-8")
