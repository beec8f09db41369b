"""Vectors in a flat faiss index: exact inner product. The only module that imports faiss."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from data.errors import IndexBuildError
from models.protocols import Vectors
from retrieval.backends.store import Rows

__all__ = ["FaissStore"]

_FILE = "dense.faiss"


@dataclass(frozen=True, slots=True)
class FaissStore:
    """A faiss ``IndexFlatIP``; never changed after it was built, so it can be searched from several threads."""

    index: Any

    @classmethod
    def build(cls, vectors: Vectors) -> FaissStore:
        """Keep float32 (n, dim) unit rows; row numbers follow the input order."""
        index = faiss.IndexFlatIP(vectors.shape[1])
        if len(vectors):
            index.add(np.ascontiguousarray(vectors, dtype=np.float32))
        return cls(index)

    def __len__(self) -> int:
        """Return the number of rows."""
        return int(self.index.ntotal)

    def search(self, queries: Vectors, k: int, rows: Rows | None = None) -> tuple[Vectors, Rows]:
        """Return scores and row numbers (queries, min(k, candidates)); no candidate gives width 0."""
        k = min(k, self.index.ntotal if rows is None else len(rows))
        if k == 0 or len(queries) == 0:
            return np.zeros((len(queries), 0), np.float32), np.zeros((len(queries), 0), np.int64)
        parameters = None
        if rows is not None and len(rows) < self.index.ntotal:
            parameters = faiss.SearchParameters(sel=faiss.IDSelectorBatch(np.ascontiguousarray(rows, np.int64)))  # type: ignore[call-arg]
        scores, found = self.index.search(np.ascontiguousarray(queries, np.float32), k, params=parameters)
        return scores, found

    def vectors(self, rows: Rows) -> Vectors:
        """Return the vectors of these rows, float32 (len(rows), dim)."""
        found: Vectors = self.index.reconstruct_batch(np.ascontiguousarray(rows, np.int64))
        return found

    def save(self, folder: Path) -> None:
        """Write ``dense.faiss`` into `folder`; OSError says why that failed, which faiss's own writer would not."""
        (folder / _FILE).write_bytes(faiss.serialize_index(self.index).data)

    @classmethod
    def load(cls, folder: Path) -> FaissStore:
        """Read what `save` wrote; a broken or missing file raises IndexBuildError."""
        try:
            return cls(faiss.read_index(str(folder / _FILE)))
        except (RuntimeError, MemoryError) as error:
            raise IndexBuildError(f"索引文件 {folder / _FILE} 已损坏，请运行 rongcuo index build 重建。") from error
