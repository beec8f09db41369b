"""Vectors in a faiss index whose kind depends on how many there are. The only module that imports faiss.

    rows                kind                    search
    up to 20,000        flat float32            exact
    up to 400,000       HNSW32 over float32     approximate, efSearch tuned
    more                IVF over float16        approximate, nprobe tuned; lists = 4 * sqrt(rows)

An approximate index is tuned when it is built: its effort is doubled until, on probes drawn from the vectors themselves, it
finds 99% of the exact 20 nearest. A search among chosen rows that are few beside the whole is exact in every kind.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss as _faiss
import numpy as np

from data.errors import IndexBuildError
from models.protocols import Vectors
from retrieval.backends.store import Rows, best_of

__all__ = ["FLAT_MOST", "HNSW_MOST", "FaissStore", "kind_for"]

faiss: Any = _faiss  # its stubs know less than it does
FLAT_MOST = 20_000
HNSW_MOST = 400_000
_FILE = "dense.faiss"
_MAP_FROM = 64 << 20  # bytes: a smaller file is read at once, which also finds out at once whether it was cut off
_EXACT_SHARE = 8  # among fewer than one row in so many, multiplying just those is quicker than any index
_WRITE = 1 << 20
_NEAREST, _RECALL, _PROBES = 20, 0.99, 200
_EFFORT = (32, 64, 128, 256, 512)  # nprobe or efSearch
_PER_LIST = 64  # vectors that a centroid is learnt from


def kind_for(rows: int) -> str:
    """Return how so many rows are kept, as faiss's index factory writes it: Flat, HNSW32 or IVF<lists>,SQfp16."""
    if rows <= FLAT_MOST:
        return "Flat"
    return "HNSW32" if rows <= HNSW_MOST else f"IVF{4 * math.isqrt(rows)},SQfp16"


@dataclass(frozen=True, slots=True)
class FaissStore:
    """A faiss index by inner product; never changed after it was built, so it can be searched from several threads."""

    index: Any

    @classmethod
    def build(cls, vectors: Vectors, *, kind: str = "") -> FaissStore:
        """Keep float32 (n, dim) unit rows; row numbers follow the input order. `kind` replaces that of `kind_for`."""
        vectors = np.ascontiguousarray(vectors, dtype=np.float32)
        index = faiss.index_factory(vectors.shape[1], kind or kind_for(len(vectors)), faiss.METRIC_INNER_PRODUCT)
        if not index.is_trained:
            index.cp.max_points_per_centroid = _PER_LIST
            index.train(vectors)
        if len(vectors):
            index.add(vectors)
        if isinstance(index, faiss.IndexIVF):
            index.make_direct_map()  # rows can be looked up again
        store = cls(index)
        store._tune(vectors)
        return store

    def __len__(self) -> int:
        """Return the number of rows."""
        return int(self.index.ntotal)

    def search(self, queries: Vectors, k: int, rows: Rows | None = None) -> tuple[Vectors, Rows]:
        """Return scores and row numbers (queries, min(k, candidates)); no candidate gives width 0, a missing hit row -1."""
        count = len(self)
        k = min(k, count if rows is None else len(rows))
        if k == 0 or len(queries) == 0:
            return np.zeros((len(queries), 0), np.float32), np.zeros((len(queries), 0), np.int64)
        queries = np.ascontiguousarray(queries, np.float32)
        if rows is not None and len(rows) * _EXACT_SHARE < count:
            return best_of(queries @ self.vectors(rows).T, rows, k)
        admitted = None if rows is None or len(rows) == count else _selector(rows, count)
        scores, found = self.index.search(queries, k, params=self._parameters(admitted))
        return scores, found

    def vectors(self, rows: Rows) -> Vectors:
        """Return the vectors of these rows, float32 (len(rows), dim), in an IVF index to the precision of float16."""
        found: Vectors = self.index.reconstruct_batch(np.ascontiguousarray(rows, np.int64))
        return found

    def save(self, folder: Path) -> None:
        """Write ``dense.faiss`` into `folder`; OSError says why that failed, which faiss's own writer would not."""
        with (folder / _FILE).open("wb") as out:
            faiss.write_index(self.index, faiss.PyCallbackIOWriter(out.write, _WRITE))

    @classmethod
    def load(cls, folder: Path) -> FaissStore:
        """Open what `save` wrote, a large file memory-mapped.

        Raises IndexBuildError for a broken or missing file, PermissionError for one that may not be read.
        """
        path = folder / _FILE
        try:
            with path.open("rb") as file:  # faiss would not say why it cannot be opened
                large = file.seek(0, 2) >= _MAP_FROM
            return cls(faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC if large else 0))
        except (FileNotFoundError, RuntimeError, MemoryError) as error:
            raise IndexBuildError(f"索引文件 {path} 已损坏，请运行 rongcuo index build 重建。") from error

    def recall(self, queries: Vectors, exact: Rows) -> float:
        """Return which share of the rows in `exact` (queries, k) a search for k finds."""
        _, found = self.search(queries, exact.shape[1])
        return float(np.mean([np.isin(right, got).mean() for right, got in zip(exact, found, strict=True)]))

    def _parameters(self, admitted: Any) -> Any:  # noqa: ANN401  (faiss is not typed for us)
        if isinstance(self.index, faiss.IndexIVF):
            return faiss.SearchParametersIVF(nprobe=self.index.nprobe, sel=admitted)
        if isinstance(self.index, faiss.IndexHNSW):
            return faiss.SearchParametersHNSW(efSearch=self.index.hnsw.efSearch, sel=admitted)
        return None if admitted is None else faiss.SearchParameters(sel=admitted)

    def _tune(self, vectors: Vectors) -> None:
        """Let the index try as hard as `_RECALL` needs; an exact one has nothing to tune."""
        if not isinstance(self.index, faiss.IndexIVF | faiss.IndexHNSW) or not len(vectors):
            return
        probes = _probes(vectors)
        exact = exact_nearest(vectors, probes, _NEAREST)
        for effort in _EFFORT:
            if isinstance(self.index, faiss.IndexIVF):
                self.index.nprobe = min(effort, self.index.nlist)
            else:
                self.index.hnsw.efSearch = effort
            if self.recall(probes, exact) >= _RECALL:
                return


def exact_nearest(vectors: Vectors, queries: Vectors, k: int) -> Rows:
    """Return the row numbers of the `k` nearest by brute force, (queries, min(k, n))."""
    _, found = faiss.knn(queries, vectors, min(k, len(vectors)), metric=faiss.METRIC_INNER_PRODUCT)
    return np.asarray(found, np.int64)


def _probes(vectors: Vectors) -> Vectors:
    """Return unit vectors half way between two rows drawn by lot: harder to place than the rows themselves."""
    draw = np.random.default_rng(0)
    pairs = draw.integers(0, len(vectors), (2, _PROBES))
    middle = vectors[pairs[0]] + vectors[pairs[1]]
    lengths = np.linalg.norm(middle, axis=1, keepdims=True)
    return np.ascontiguousarray(middle / np.where(lengths > 0, lengths, 1), np.float32)


def _selector(rows: Rows, count: int) -> Any:  # noqa: ANN401
    admitted = np.zeros(count, bool)
    admitted[rows] = True
    return faiss.IDSelectorBitmap(np.packbits(admitted, bitorder="little"))
