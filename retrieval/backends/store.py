"""The small interface behind which vectors are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from data.entries import Entry
from models.protocols import Vectors

__all__ = ["Labels", "Rows", "TermWeights", "VectorStore", "best_of"]

Rows = NDArray[np.int64]


class VectorStore(Protocol):
    """Exact or approximate inner-product search over unit rows; a row number identifies a clause within one index version."""

    def __len__(self) -> int:
        """Return the number of rows."""

    def search(self, queries: Vectors, k: int, rows: Rows | None = None) -> tuple[Vectors, Rows]:
        """Return scores and row numbers, both (queries, <= k); `rows` restricts the search; a missing hit has row -1."""

    def vectors(self, rows: Rows) -> Vectors:
        """Return the vectors of these rows, float32 (len(rows), dim)."""

    def save(self, folder: Path) -> None:
        """Write the vectors, or where they are, into `folder`."""

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""


class TermWeights(Protocol):
    """BM25 weights of the terms in each row; `vocabulary` numbers the terms."""

    @property
    def vocabulary(self) -> dict[str, int]:
        """Column of each term."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and terms."""

    def scores(self, query_terms: Sequence[str]) -> NDArray[np.float32]:
        """Return float32 (rows,); all zero where no term of the query is known."""

    def weight(self, row: int, term: str) -> float:
        """Return the weight of `term` in `row`, 0 where it does not occur."""

    def save(self, folder: Path) -> None:
        """Write what is needed to open them again into `folder`."""


@dataclass(frozen=True, slots=True)
class Labels:
    """The regulation and the category of each row, which a store that filters by itself keeps beside the vectors."""

    regulations: tuple[str, ...]
    categories: tuple[str, ...]

    @classmethod
    def of(cls, entries: Sequence[Entry]) -> Labels:
        """Return the labels of `entries` in their order."""
        return cls(tuple(e.clause.regulation_id for e in entries), tuple(e.clause.category for e in entries))


def best_of(table: Vectors, rows: Rows, k: int) -> tuple[Vectors, Rows]:
    """Return the `k` best scores of each line of `table` (queries, rows) and the rows they belong to; ties in row order."""
    order = np.argsort(-table, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(table, order, axis=1), np.asarray(rows, np.int64)[order]
