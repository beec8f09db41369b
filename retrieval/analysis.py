"""Numbers behind the plots of an evaluation: curves, groups, bins, and the cases that went worst with what stood above."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from data.categories import CATEGORIES
from data.entries import Entry
from data.schema import Case
from retrieval.evaluate import LENGTH_BANDS, Evaluation, SystemResult, length_band
from retrieval.measures import Interval, bootstrap, per_case, targets

__all__ = [
    "Histogram",
    "Place",
    "Reliability",
    "WorstCase",
    "by_category",
    "by_group",
    "chance_curve",
    "clause_categories",
    "confusion",
    "recall_curve",
    "reliability",
    "score_histogram",
    "worst_cases",
    "worst_measure",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Reliability:
    """Per bin of about equal size, from the least probable up: mean stated probability, share of labelled ones, count."""

    stated: Floats
    observed: Floats
    counts: Ints


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many labelled and other candidates score within each bin; `edges` is (bins + 1,), the counts are (bins,)."""

    edges: Floats
    relevant: Ints
    other: Ints


@dataclass(frozen=True, slots=True)
class Place:
    """Where a clause stands in a ranking (None: not in it), and its grade (0: no label)."""

    clause_id: str
    grade: int
    rank: int | None
    score: float | None


@dataclass(frozen=True, slots=True)
class WorstCase:
    """A case with its value of a measure: the clauses sought, best placed first, and the top of the ranking that came out."""

    case: Case
    value: float
    sought: tuple[Place, ...]
    top: tuple[Place, ...]


def recall_curve(cases: Sequence[Case], run: Mapping[str, Mapping[str, float]], *, depth: int = 30) -> Floats:
    """Return R@1 to R@`depth`, float64 (depth,), averaged over the cases with labels; NaN where there are none."""
    rows = []
    for case in cases:
        if case.labels:
            sought, hits = targets(case), np.zeros(depth)
            found = [rank for rank, clause in enumerate(run.get(case.id, {})) if clause in sought and rank < depth]
            hits[found] = 1 / len(sought)
            rows.append(hits.cumsum())
    return np.mean(rows, axis=0) if rows else np.full(depth, np.nan)


def chance_curve(sizes: Sequence[int], *, depth: int = 30) -> Floats:
    """Return the R@1 to R@`depth`, float64 (depth,), of a random order, given the number of candidates of each case."""
    if not sizes:
        return np.full(depth, np.nan)
    share: Floats = np.arange(1, depth + 1) / np.maximum(np.array(sizes, dtype=np.float64), 1)[:, None]
    means: Floats = np.minimum(share, 1.0).mean(axis=0)
    return means


def clause_categories(entries: Iterable[Entry]) -> dict[str, str]:
    """Return {clause id: category} of the entries of an index in the order of CATEGORIES, a user's own categories last."""
    place = {name: number for number, name in enumerate(CATEGORIES)}
    found = ((entry.clause.id, entry.clause.category) for entry in entries)
    return dict(sorted(found, key=lambda pair: place.get(pair[1], len(place))))


def by_group(evaluation: Evaluation, system: SystemResult, measure: str) -> dict[str, dict[str, Interval]]:
    """Return the mean of `measure` per region, per style and per length band, {kind: {value: interval}}.

    Lengths go from short to long, the others as first seen; a case without a style counts under "".
    """
    length = evaluation.groups(system, length_band, measure)
    return {
        "region": evaluation.groups(system, lambda case: case.region, measure),
        "style": evaluation.groups(system, lambda case: case.style, measure),
        "length": {band: length[band] for _, band in LENGTH_BANDS if band in length},
    }


def by_category(
    evaluation: Evaluation, system: SystemResult, categories: Mapping[str, str], measures: Sequence[str] = ("R@5", "RR")
) -> dict[str, dict[str, Interval]]:
    """Return {category: {measure: interval}}: each case as if it had only its labels of that category.

    `categories` maps clause ids to categories and sets the order of the rows; n counts the cases with such a label.
    """
    found: dict[str, dict[str, Interval]] = {}
    for category in dict.fromkeys(categories.values()):
        cut = [_only(case, category, categories) for case in evaluation.cases]
        if any(case.labels for case in cut):
            values = per_case(cut, system.run, measures)
            found[category] = {name: bootstrap(list(values[name].values())) for name in measures}
    return found


def confusion(
    evaluation: Evaluation, system: SystemResult, categories: Mapping[str, str], *, depth: int = 5
) -> tuple[tuple[str, ...], Ints]:
    """Return categories (c,) and counts (c, c): per sought clause missing from the top `depth`, what stood there unlabelled.

    Row: category of the clause that was missed; column: category of a clause without label that took a place. Categories
    that occur in neither are left out.
    """
    row = {name: number for number, name in enumerate(dict.fromkeys(categories.values()))}
    counts = np.zeros((len(row), len(row)), dtype=np.int64)
    for case in evaluation.cases:
        top = list(system.run.get(case.id, {}))[:depth]
        for missed in targets(case) - set(top):
            for wrong in set(top) - set(case.labels):
                counts[row[categories[missed]], row[categories[wrong]]] += 1
    kept = np.flatnonzero(counts.any(axis=0) | counts.any(axis=1))
    return tuple(list(row)[at] for at in kept), counts[np.ix_(kept, kept)]


def reliability(evaluation: Evaluation, system: SystemResult, *, bins: int = 10) -> Reliability | None:
    """Return equal-mass bins of the stated probabilities, those that the calibration error is summed over; None without any."""
    labels = {case.id: case.labels for case in evaluation.cases}
    rows = [(p, c in labels[key]) for key, found in system.probabilities.items() for c, p in found.items()]
    if not rows:
        return None
    stated, labelled = np.array(rows, dtype=np.float64).T
    parts = [part for part in np.array_split(np.argsort(stated, kind="stable"), bins) if len(part)]
    return Reliability(
        np.array([stated[part].mean() for part in parts]),
        np.array([labelled[part].mean() for part in parts]),
        np.array([len(part) for part in parts], dtype=np.int64),
    )


def score_histogram(evaluation: Evaluation, system: SystemResult, *, bins: int = 24) -> Histogram | None:
    """Return how the scores of labelled and of other candidates spread over common bins; None where nothing was scored."""
    runs = [(case.labels, system.run[case.id]) for case in evaluation.cases if system.run.get(case.id)]
    if not runs:
        return None
    scores = np.concatenate([np.fromiter(found.values(), np.float64) for _, found in runs])
    labelled = np.concatenate([np.fromiter((clause in labels for clause in found), np.bool_) for labels, found in runs])
    edges = np.histogram_bin_edges(scores, bins)
    relevant, other = (np.histogram(scores[which], edges)[0].astype(np.int64) for which in (labelled, ~labelled))
    return Histogram(edges, relevant, other)


def worst_cases(evaluation: Evaluation, *, k: int = 10, depth: int = 5) -> tuple[WorstCase, ...]:
    """Return the `k` labelled cases in which the last system did worst by nDCG@10 (else the last measure), worst first.

    Among equal values the one whose first sought clause stands lowest goes first; `depth` is how much of the top is told.
    """
    system, values = evaluation.systems[-1], evaluation.systems[-1].per_case[worst_measure(evaluation)]
    found = [_worst(case, values[case.id], system.run.get(case.id, {}), depth) for case in evaluation.cases if case.labels]
    return tuple(sorted(found, key=lambda worst: (worst.value, -(worst.sought[0].rank or np.inf)))[:k])


def worst_measure(evaluation: Evaluation) -> str:
    """Return the measure that `worst_cases` sorts by."""
    return "nDCG@10" if "nDCG@10" in evaluation.measures else evaluation.measures[-1]


def _only(case: Case, category: str, categories: Mapping[str, str]) -> Case:
    return replace(case, labels={c: grade for c, grade in case.labels.items() if categories.get(c) == category})


def _worst(case: Case, value: float, found: Mapping[str, float], depth: int) -> WorstCase:
    rank = {clause: place for place, clause in enumerate(found, 1)}

    def place(clause: str) -> Place:
        return Place(clause, case.labels.get(clause, 0), rank.get(clause), found.get(clause))

    sought = sorted(map(place, targets(case)), key=lambda at: (at.rank or len(rank) + 1, at.clause_id))
    return WorstCase(case, value, tuple(sought), tuple(place(clause) for clause in list(found)[:depth]))
