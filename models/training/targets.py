"""What a narrative should be matched with: one grade per clause, or unknown."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from data.schema import Case, Clause, Span
from models.sentences import split_sentences

__all__ = ["UNKNOWN", "Example", "examples", "passages", "weight_of"]

UNKNOWN = -1.0
"""The grade of a clause about which nobody said anything, or the passes disagree: it is neither asked for nor pushed away."""
_ARGUABLE = 0.5  # what a clause of grade 1 weighs beside one of grade 2

Grades = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Example:
    """A narrative with its grade for each clause, float32 (clauses,): 0..2, or UNKNOWN.

    `marks` are the places that speak to a clause, by the clause's row; a clause without an entry was not marked.
    """

    case: Case
    grades: Grades
    marks: Mapping[int, Sequence[Span]] = field(default_factory=dict)


def examples(
    cases: Iterable[Case],
    clauses: Sequence[Clause],
    elsewhere: Mapping[str, Sequence[Mapping[str, int]]],
    *,
    marks: Mapping[str, Mapping[str, Sequence[Span]]] | None = None,
    without: str = "",
) -> list[Example]:
    """Return the cases with their grades over `clauses`.

    Clauses of a case's own regulation have the case's labels; those of the others what the passes of `elsewhere`
    ({case id: [labels, ...]}) gave on average, unknown below 1 and where there was no pass. `marks` are those of `read_marks`.
    `without` is a regulation left out: its cases are dropped and all its clauses unknown.
    """
    rows = {clause.id: row for row, clause in enumerate(clauses)}
    marked = marks or {}
    return [
        Example(
            case,
            _grades(case, clauses, elsewhere.get(case.id, ()), without),
            {rows[key]: places for key, places in marked.get(case.id, {}).items() if key in rows},
        )
        for case in cases
        if not without or case.region != without
    ]


def passages(example: Example) -> list[Example]:
    """Return the marked places as texts of their own, at most one per clause: what a short message would tell.

    A passage matches the clauses that have a mark inside it; what else the whole narrative matches is unknown for it, what it
    does not match the passage does not match either. Alternately the first place alone, all of them, and their sentences.
    """
    found: dict[str, Example] = {}
    for row, places in example.marks.items():
        text, spans = _passage(example.case, row, places)
        grades = np.where(example.grades > 0, UNKNOWN, example.grades).astype(np.float32)
        inside = [other for other, marks in example.marks.items() if any(_within(mark, spans) for mark in marks)]
        grades[inside] = np.maximum(example.grades[inside], 1)
        found[text] = Example(replace(example.case, narrative=text), grades)
    return list(found.values())


def _passage(case: Case, row: int, places: Sequence[Span]) -> tuple[str, list[Span]]:
    kind = int(hashlib.sha256(f"{case.id} {row}".encode()).hexdigest(), 16) % 3
    spans = sorted(places, key=lambda place: place.start) if kind else list(places[:1])
    if kind == 2:
        spans = [s for s in split_sentences(case.narrative) if any(s.start < p.end and p.start < s.end for p in spans)]
    return "，".join(span.of(case.narrative).strip("，。；") for span in spans), spans


def _within(mark: Span, spans: Sequence[Span]) -> bool:
    return any(span.start <= mark.start and mark.end <= span.end for span in spans)


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
