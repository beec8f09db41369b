"""Measures over ranked lists, computed by ir-measures, with bootstrap intervals and paired tests.

R and RR count the grade-2 clauses of a case (all labels where none has grade 2); nDCG has the gain 2^grade - 1
(Järvelin & Kekäläinen, TOIS 2002, with the exponential gain of Burges et al., ICML 2005).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ir_measures
import numpy as np
from numpy.typing import NDArray
from scipy import stats

from data.errors import InputError
from data.schema import Case

__all__ = [
    "DEFAULT_MEASURES",
    "DEPTH",
    "Interval",
    "bootstrap",
    "compare",
    "expected_calibration_error",
    "holm",
    "parse_measures",
    "per_case",
    "targets",
]

DEFAULT_MEASURES = ("R@1", "R@3", "R@5", "R@10", "RR", "nDCG@10")
DEPTH = 1000  # clauses that are ranked per case: a measure that looks deeper would say less than its name
_NAME = re.compile(r"AP|(RR|nDCG)|(R|P|RR|nDCG)@(?P<cutoff>[1-9][0-9]{0,8})")
Run = Mapping[str, Mapping[str, float]]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over `n` cases with its 95% bootstrap interval; NaN where n is 0."""

    mean: float
    low: float
    high: float
    n: int


def parse_measures(text: str) -> tuple[str, ...]:
    """Return the measure names of a comma-separated list, each once; one that is unknown raises InputError."""
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if not names:
        raise InputError("没有给出指标，例如 --measures R@5,RR@10,nDCG@10。")
    for name in names:
        _measure(name)
    return names


def per_case(cases: Sequence[Case], run: Run, names: Sequence[str]) -> dict[str, dict[str, float]]:
    """Return {measure: {case id: value}} over the cases that have labels; a case missing from `run` scores 0.

    Raises InputError for an unknown measure.
    """
    labelled = [case for case in cases if case.labels]
    graded = {case.id: {clause: 2**grade - 1 for clause, grade in case.labels.items()} for case in labelled}
    binary = {case.id: dict.fromkeys(targets(case), 1) for case in labelled}
    # the reference implementation breaks ties by id: ranks in place of scores keep the run's own order
    scored = {case.id: {clause: -float(place) for place, clause in enumerate(run.get(case.id, {}))} for case in labelled}
    values: dict[str, dict[str, float]] = {}
    for name in names:
        measure = _measure(name)
        qrels = graded if measure.NAME == "nDCG" else binary
        found = {m.query_id: float(m.value) for m in ir_measures.iter_calc([measure], qrels, scored)}
        values[name] = {case.id: found.get(case.id, 0.0) for case in labelled}
    return values


def targets(case: Case) -> frozenset[str]:
    """Return the clauses that R and RR count: those of grade 2, all labels where there is none; no label gives none."""
    return frozenset(clause for clause, grade in case.labels.items() if grade == 2) or frozenset(case.labels)


def bootstrap(values: Sequence[float] | Floats, *, resamples: int = 2000, seed: int = 7) -> Interval:
    """Return the mean with its percentile interval over cases (Efron 1979); fixed seed, so a run repeats exactly."""
    array = np.asarray(values, dtype=np.float64)
    if len(array) == 0:
        return Interval(float("nan"), float("nan"), float("nan"), 0)
    rng = np.random.default_rng(seed)
    means = array[rng.integers(0, len(array), (resamples, len(array)))].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return Interval(float(array.mean()), float(low), float(high), len(array))


def compare(ours: Mapping[str, float], theirs: Mapping[str, float]) -> dict[str, float]:
    """Return difference of means, two-sided p of the paired permutation test, and win, tie and loss counts per case.

    The test flips the sign of each case's difference (Fisher's randomisation; Smucker et al., CIKM 2007). Both mappings
    must hold the same case ids, else KeyError; no case gives p = 1.
    """
    difference = np.array([ours[key] - theirs[key] for key in ours], dtype=np.float64)
    p = 1.0
    if difference.any():
        p = stats.permutation_test(
            (difference,),
            lambda x, axis: x.mean(axis=axis),
            permutation_type="samples",
            vectorized=True,
            n_resamples=9999,
            rng=np.random.default_rng(7),
        ).pvalue
    return {
        "difference": float(difference.mean()) if len(difference) else 0.0,
        "p": float(p),
        "win": int((difference > 1e-9).sum()),
        "tie": int((abs(difference) <= 1e-9).sum()),
        "loss": int((difference < -1e-9).sum()),
    }


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values adjusted for several comparisons (Holm 1979), in the order given; [] gives []."""
    count = len(p_values)
    adjusted = [1.0] * count
    running = 0.0
    for rank, index in enumerate(sorted(range(count), key=lambda i: p_values[i])):
        running = max(running, min(1.0, (count - rank) * p_values[index]))
        adjusted[index] = running
    return adjusted


def expected_calibration_error(probability: Floats, relevant: NDArray[np.bool_], *, bins: int = 10) -> float:
    """Return the mean gap between stated probability and share of relevant ones over equal-mass bins; NaN without values.

    Source: Naeini et al., AAAI 2015, with the equal-mass bins of Nguyen & O'Connor, EMNLP 2015.
    """
    if len(probability) == 0:
        return float("nan")
    parts = np.array_split(np.argsort(probability, kind="stable"), bins)
    gaps = [len(part) * abs(probability[part].mean() - relevant[part].mean()) for part in parts if len(part)]
    return float(sum(gaps) / len(probability))


def _measure(name: str) -> ir_measures.Measure:
    """Return the measure that `name` stands for; the library itself ends the process on some names, such as R@0."""
    matched = _NAME.fullmatch(name)
    if matched is None or int(matched["cutoff"] or 1) > DEPTH:
        raise InputError(f"不认识指标「{name}」，可用 R@k、P@k、RR、RR@k、nDCG、nDCG@k、AP，k 是 1 到 {DEPTH} 的整数。")
    return ir_measures.parse_measure(name)
