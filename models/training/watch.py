"""One figure to watch while training; the evaluator proper is `rongcuo evaluate`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from data.schema import Clause
from models.training.targets import Example

__all__ = ["mean_ndcg"]

_DEPTH = 10


def mean_ndcg(scores: NDArray[np.float32], found: Sequence[Example], clauses: Sequence[Clause]) -> float:
    """Return the mean nDCG@10 (gain 2^grade - 1) within each narrative's own regulation.

    `scores` is (narratives, clauses); narratives without a match are left out; NaN where none is left.
    """
    regulations = np.array([clause.regulation_id for clause in clauses])
    values = []
    for row, example in zip(scores, found, strict=True):
        own = regulations == example.case.region
        gains = 2.0 ** example.grades[own] - 1
        if gains.any():
            ranked = gains[np.argsort(-row[own], kind="stable")]
            values.append(_dcg(ranked) / _dcg(np.sort(gains)[::-1]))
    return float(np.mean(values)) if values else float("nan")


def _dcg(gains: NDArray[np.float64]) -> float:
    top = gains[:_DEPTH]
    return float((top / np.log2(np.arange(2, len(top) + 2))).sum())
