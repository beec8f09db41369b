"""BM25 over weights that lie in Milvus: a process keeps the vocabulary only."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.backends.milvus_store import MilvusStore

__all__ = ["MilvusBm25"]

_FILE = "bm25.json"


@dataclass(frozen=True, slots=True)
class MilvusBm25:
    """The vocabulary of the weights that `store` holds; scores are those of `retrieval.lexical.Bm25`.

    A server gives the best 16,384 rows: in a larger index the others count as 0.
    """

    vocabulary: dict[str, int]
    store: MilvusStore

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and terms."""
        return len(self.store), len(self.vocabulary)

    def scores(self, query_terms: Sequence[str]) -> NDArray[np.float32]:
        """Return float32 (rows,); all zero where no term of the query is known."""
        columns = sorted({self.vocabulary[term] for term in query_terms if term in self.vocabulary})
        found = np.zeros(len(self.store), np.float32)
        scores, rows = self.store.search_terms(columns, len(self.store))
        hit = rows >= 0
        found[rows[hit]] = scores[hit]
        return found

    def weight(self, row: int, term: str) -> float:
        """Return the weight of `term` in `row`, 0 where it does not occur."""
        column = self.vocabulary.get(term)
        return 0.0 if column is None else self.store.weight(row, column)

    def save(self, folder: Path) -> None:
        """Write ``bm25.json`` into `folder`."""
        (folder / _FILE).write_text(json.dumps(self.vocabulary, ensure_ascii=False), "utf-8")

    @classmethod
    def load(cls, folder: Path, store: MilvusStore) -> MilvusBm25:
        """Read what `save` wrote."""
        return cls(json.loads((folder / _FILE).read_text("utf-8")), store)
