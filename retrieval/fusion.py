"""Combining the scores of several systems, and the one tie rule: score descending, then document order."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

__all__ = ["fuse_scores", "leaders", "order"]

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


def order(scores: Floats) -> Ints:
    """Return row numbers, best score first; equal scores keep document order; empty input gives shape (0,)."""
    return np.argsort(-scores, kind="stable")


def leaders(scores: Floats, count: int) -> Ints:
    """Return the row numbers of the first `count` of `order`, ascending: what a cut needs, without sorting the rest."""
    if len(scores) <= count:
        return np.arange(len(scores), dtype=np.int64)
    least = np.partition(scores, -count)[-count]
    above = np.flatnonzero(scores > least)
    level = np.flatnonzero(scores == least)[: count - len(above)]
    return np.sort(np.concatenate([above, level]))


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
