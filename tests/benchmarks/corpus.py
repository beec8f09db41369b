"""The large corpora of the benchmarks: statutes, their vectors, and a million rows made of them by perturbation.

perturbed row = unit(row + 0.35 * unit(noise)), cosine to the row it came from about 0.944; its lexical weights are those of the
row, each times a number drawn from 0.9 to 1.1
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy import sparse

from data.cases import read_cases
from models.protocols import Vectors
from retrieval.backends.faiss_store import FaissStore
from retrieval.background import Background
from retrieval.index import Index
from retrieval.lexical import Bm25, TfIdf

SHARED = Path(__file__).resolve().parents[3] / "shared" / "stard"
NOISE = 0.35


def questions(corpus: Path = SHARED) -> list[str]:
    """Return the lay questions over the statutes."""
    return [case.narrative for case in read_cases(corpus / "queries.train.jsonl")]


def perturbed(vectors: Vectors, count: int, *, seed: int = 0) -> Vectors:
    """Return `count` unit rows: the given ones, then perturbed copies of them in turn."""
    out = np.empty((count, vectors.shape[1]), np.float32)
    draw = np.random.default_rng(seed)
    for start in range(0, count, len(vectors)):
        end = min(count, start + len(vectors))
        block = vectors[: end - start]
        if start:
            noise = draw.standard_normal(block.shape, np.float32)
            block = block + NOISE * noise / np.linalg.norm(noise, axis=1, keepdims=True)
            block /= np.linalg.norm(block, axis=1, keepdims=True)
        out[start:end] = block
    return out


def enlarged(index: Index, count: int) -> Index:
    """Return an index of `count` rows made of those of `index`; entries are shared, so that ids repeat."""
    rows = np.arange(count) % len(index.entries)
    vectors = perturbed(index.store.vectors(np.arange(len(index.entries))), count)
    assert isinstance(index.bm25, Bm25)
    zeros = np.zeros(count, np.float32)
    background = index.background
    return Index(
        entries=tuple(index.entries[row] for row in rows),
        bm25=Bm25(_more(index.bm25.weights, count), index.bm25.vocabulary),
        tfidf=TfIdf(
            index.tfidf.vocabulary, index.tfidf.idf, _more(index.tfidf.weights, count), index.tfidf.min_n, index.tfidf.max_n
        ),
        store=FaissStore.build(vectors),
        background=Background(background.center, zeros, zeros, background.likeness),
        manifest=index.manifest,
    )


def _more(weights: sparse.csc_matrix, count: int) -> sparse.csc_matrix:
    draw = np.random.default_rng(1)
    single = weights.tocsr()
    blocks = []
    for start in range(0, count, single.shape[0]):
        block = single[: min(count - start, single.shape[0])].copy()
        if start:
            block.data *= draw.uniform(0.9, 1.1, len(block.data)).astype(np.float32)
        blocks.append(block)
    return sparse.vstack(blocks, format="csc", dtype=np.float32)
