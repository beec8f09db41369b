"""The small interface behind which vectors are kept."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from models.protocols import Vectors

__all__ = ["Rows", "VectorStore"]

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
        """Write the vectors into `folder`."""

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
