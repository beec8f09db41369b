"""How far two independent labelling passes agree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Agreement", "Votes", "cohen_kappa", "f1", "measure_agreement", "settle"]

Labels = Mapping[str, int]
Votes = Mapping[str, Labels]


@dataclass(frozen=True, slots=True)
class Agreement:
    """F1 between the passes on any label and on grade 2, and per category Cohen's kappa with the number of judgements."""

    cases: int
    f1_any: float
    f1_direct: float
    kappa: Mapping[str, tuple[float, int]]
    settled: int


def f1(one: Iterable[tuple[str, str]], other: Iterable[tuple[str, str]]) -> float:
    """Return 2 |A ∩ B| / (|A| + |B|); two empty sets agree fully (1.0)."""
    first, second = set(one), set(other)
    total = len(first) + len(second)
    return 2 * len(first & second) / total if total else 1.0


def cohen_kappa(pairs: Sequence[tuple[bool, bool]]) -> float:
    """Return (observed - expected) / (1 - expected) agreement (Cohen 1960).

    NaN without pairs; 1.0 where both always say the same one thing.
    """
    if not pairs:
        return float("nan")
    n = len(pairs)
    observed = sum(a == b for a, b in pairs) / n
    yes_a, yes_b = (sum(pair[k] for pair in pairs) / n for k in (0, 1))
    expected = yes_a * yes_b + (1 - yes_a) * (1 - yes_b)
    return 1.0 if expected == 1 else (observed - expected) / (1 - expected)


def measure_agreement(
    votes: Mapping[str, Votes], regions: Mapping[str, str], categories: Mapping[str, tuple[str, str]]
) -> Agreement:
    """Compare passes A and B over cases.

    `votes` maps a case id to its passes ("A", "B", where they differed "C"); `regions` a case id to its regulation;
    `categories` a clause id to (regulation, category). Every clause of the case's region is one judgement per pass.
    """
    grades = {key: (dict(v["A"]), dict(v["B"])) for key, v in votes.items()}
    flat = [{(key, c) for key, pair in grades.items() for c in pair[k]} for k in (0, 1)]
    direct = [{(key, c) for key, pair in grades.items() for c, g in pair[k].items() if g == 2} for k in (0, 1)]
    judged: dict[str, list[tuple[bool, bool]]] = {}
    for key, (one, other) in grades.items():
        for clause, (regulation, category) in categories.items():
            if regulation == regions[key]:
                judged.setdefault(category, []).append((clause in one, clause in other))
    kappa = {category: (cohen_kappa(pairs), len(pairs)) for category, pairs in judged.items()}
    return Agreement(len(votes), f1(*flat), f1(*direct), kappa, sum("C" in v for v in votes.values()))


def settle(votes: Votes) -> dict[str, int]:
    """Return the labels that follow from the votes: what A and B agree on, and C's word where they differ.

    A clause that C leaves out is no label. Raises ValueError where the passes differ and C did not look.
    """
    one, other = votes["A"], votes["B"]
    labels: dict[str, int] = {}
    for clause in sorted({*one, *other}):
        grade = one.get(clause, 0)
        if grade != other.get(clause, 0):
            if "C" not in votes:
                raise ValueError(f"条款 {clause} 两遍标注不同，缺少第三遍")
            grade = votes["C"].get(clause, 0)
        if grade:
            labels[clause] = grade
    return labels
