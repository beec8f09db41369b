"""Combining the scores of several systems, and the one tie rule: score descending, then document order."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

__all__ = ["fuse_scores", "leaders", "order"]

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
_BLOCKS = 4  # per wanted row: more of them let fewer rows through


def order(scores: Floats) -> Ints:
    """Return row numbers, best score first; equal scores keep document order; empty input gives shape (0,)."""
    return np.argsort(-scores, kind="stable")


def leaders(scores: Floats, count: int) -> Ints:
    """Return the row numbers of the first `count` of `order`, ascending: what a cut needs, without sorting the rest."""
    if len(scores) <= count:
        return np.arange(len(scores), dtype=np.int64)
    rows = _hopeful(scores, count)
    values = scores[rows]
    least = np.partition(values, -count)[-count]
    above = rows[values > least]
    level = rows[values == least][: count - len(above)]
    return np.sort(np.concatenate([above, level]))


def _hopeful(scores: Floats, count: int) -> Ints:
    """Return the rows that may be among the best `count`, in order, at the price of two passes over `scores`.

    Of many blocks, the `count`-th largest peak cannot be more than the `count`-th largest score.
    """
    block = len(scores) // (count * _BLOCKS)
    if block < 2:
        return np.arange(len(scores), dtype=np.int64)
    peaks = scores[: len(scores) // block * block].reshape(-1, block).max(axis=1)
    return np.flatnonzero(scores >= np.partition(peaks, -count)[-count])


def fuse_scores(scores: Mapping[str, Floats], weights: Mapping[str, float]) -> Floats:
    """Return the weighted sum of z-scores over the candidates, divided by the sum of weights.

    A system that gives every candidate the same score says nothing and adds 0; no candidate gives shape (0,).
    Source: score normalisation by mean and deviation, Montague & Aslam, CIKM 2001 (ZMUV).
    """
    fused = np.zeros(_length(scores), dtype=np.float32)
    if not len(fused):
        return fused
    total = sum(weights[name] for name in scores) or 1.0
    for name, values in scores.items():
        spread = values.std()
        if spread > 1e-9:
            fused += weights[name] / total * (values - values.mean()) / spread
    return fused


def _length(scores: Mapping[str, Floats]) -> int:
    return len(next(iter(scores.values()))) if scores else 0
