"""What a narrative should be matched with: one grade per clause, or unknown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.schema import Case, Clause

__all__ = ["UNKNOWN", "Example", "examples", "weight_of"]

UNKNOWN = -1.0
"""The grade of a clause about which nobody said anything, or the passes disagree: it is neither asked for nor pushed away."""
_ARGUABLE = 0.5  # what a clause of grade 1 weighs beside one of grade 2

Grades = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Example:
    """A narrative with its grade for each clause, float32 (clauses,): 0..2, or UNKNOWN."""

    case: Case
    grades: Grades


def examples(
    cases: Iterable[Case],
    clauses: Sequence[Clause],
    elsewhere: Mapping[str, Sequence[Mapping[str, int]]],
    *,
    without: str = "",
) -> list[Example]:
    """Return the cases with their grades over `clauses`.

    Clauses of a case's own regulation have the case's labels; those of the others what the passes of `elsewhere`
    ({case id: [labels, ...]}) gave on average, unknown below 1 and where there was no pass. `without` is a regulation left
    out: its cases are dropped and all its clauses unknown.
    """
    return [
        Example(case, _grades(case, clauses, elsewhere.get(case.id, ()), without))
        for case in cases
        if not without or case.region != without
    ]


def weight_of(grades: Grades) -> Grades:
    """Return what each clause weighs as a match: 1 for grade 2, half for grade 1, between the two in between, else 0."""
    return np.where(grades >= 1, _ARGUABLE + (grades - 1) * (1 - _ARGUABLE), 0).astype(np.float32)


def _grades(case: Case, clauses: Sequence[Clause], passes: Sequence[Mapping[str, int]], without: str) -> Grades:
    found = np.zeros(len(clauses), dtype=np.float32)
    for place, clause in enumerate(clauses):
        if clause.regulation_id == case.region:
            found[place] = case.labels.get(clause.id, 0)
        elif not passes or clause.regulation_id == without:
            found[place] = UNKNOWN
        else:
            mean = sum(labels.get(clause.id, 0) for labels in passes) / len(passes)
            found[place] = UNKNOWN if 0 < mean < 1 else mean
    return found
