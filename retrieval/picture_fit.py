"""Fitting the limits of the picture on statuses that two passes gave, and counting how often it agrees with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np

from data.cases import CASES, fold_of, read_cases
from data.conditions import CHECKED, read_conditions
from data.errors import InputError
from data.logic import Group, load_logic
from data.schema import Case, Status
from retrieval.matcher import Matcher
from retrieval.picture import Clues, Painter, standing
from retrieval.picture_limits import Limits

__all__ = ["Agreed", "agreement", "fit_limits", "report"]

_SUPPORTED = (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5)
_WORD = (0.0, 0.5, 1.0, 1.5)
_CONTRARY = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
_AGAINST = (1, 2, 3, 4)
_GROUND = (0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6)


@dataclass(frozen=True, slots=True)
class Agreed:
    """How often the status is that of both passes, over the `count` conditions on which these agree, and all pairs seen."""

    share: float
    count: int
    cases: int
    passes: float
    seen: Mapping[tuple[Status, Status], int]


@dataclass(frozen=True, slots=True)
class _Example:
    """A clause of a narrative with what people said of it: the status by each pass of a condition, one by the labels else."""

    case_id: str
    clause_id: str
    clues: Clues
    group: Group
    votes: tuple[Status, ...]

    @property
    def agreed(self) -> bool:
        return len(set(self.votes)) == 1


def fit_limits(matcher: Matcher, path: Path | None = None) -> tuple[Limits, Agreed]:
    """Return the limits that agree best with the statuses in `path`, and how well limits fitted on four fifths do on the fifth.

    Those of grounds and exclusions come from the labels of the development split. Raises InputError for fewer than 20 cases.
    """
    conditions = _conditions(matcher, path or CHECKED)
    cases = sorted({one.case_id for one in conditions})
    if len(cases) < 20:
        raise InputError(f"只有 {len(cases)} 条案例，确定界限至少需要 20 条。")
    grounds = [one for case in read_cases(CASES / "dev.jsonl") for one in _grounds(matcher, case)]
    start = Limits(0.3, 0.4, 0.8, 1.0, 2, len(cases), matcher.scorer.encoder.digest)
    start = max((_f1(grounds, limits), limits) for limits in _varied(start, ground=_GROUND))[1]
    folds = fold_of(cases)
    held_out = []
    for fold in range(max(folds.values()) + 1):
        limits = _best([one for one in conditions if folds[one.case_id] != fold], start)
        held_out += [(one, _told(one, limits)) for one in conditions if folds[one.case_id] == fold]
    return _best(conditions, start), _agreed(held_out)


def agreement(matcher: Matcher, path: Path | None = None, limits: Limits | None = None) -> Agreed:
    """Return how often the picture agrees with the statuses of `path` (the checked conditions of dev cases)."""
    limits = limits or Painter(matcher.scorer).limits
    return _agreed([(one, _told(one, limits)) for one in _conditions(matcher, path or CHECKED)])


def report(limits: Limits, agreed: Agreed) -> str:
    """Return what was fitted and how well it agrees, for the terminal."""
    pairs = "".join(f"  {truth:>12} -> {said:<12} {count}\n" for (truth, said), count in sorted(agreed.seen.items()))
    return (
        f"{limits}\n"
        f"agreement {agreed.share:.3f} (n={agreed.count} conditions of {agreed.cases} cases on which both passes agree; "
        f"{agreed.passes:.3f} with single passes)\n{pairs}"
    )


def _conditions(matcher: Matcher, path: Path) -> list[_Example]:
    narratives = {case.id: case for case in read_cases(CASES / "dev.jsonl")}
    found = []
    for row in read_conditions(path):
        clues = _clues(matcher, narratives[row.case_id])
        groups = {clause: group for group in load_logic(row.region).groups for clause in group.clauses}
        found += [_Example(row.case_id, name, clues[name], groups[name], votes) for name, votes in row.votes.items()]
    return found


def _grounds(matcher: Matcher, case: Case) -> list[_Example]:
    """Return the clauses of a case that are no conditions, supported where labelled."""
    clues = _clues(matcher, case)
    return [
        _Example(case.id, name, clues[name], group, ("supported" if name in case.labels else "not_stated",))
        for group in load_logic(case.region).groups
        if group.rule != "all"
        for name in group.clauses
        if name in clues
    ]


def _clues(matcher: Matcher, case: Case) -> Mapping[str, Clues]:
    scores = matcher.scorer.score(case.narrative, matcher.scope(case.region).rows)
    return Painter(matcher.scorer, _LOOSE).clues(case.narrative, case.region, scores)


def _best(conditions: Sequence[_Example], start: Limits) -> Limits:
    step = max((_right(conditions, limits), limits) for limits in _varied(start, supported=_SUPPORTED, word=_WORD))[1]
    step = max((_right(conditions, limits), limits) for limits in _varied(step, contrary=_CONTRARY, against=_AGAINST))[1]
    return max((_right(conditions, limits), limits) for limits in _varied(step, supported=_SUPPORTED, word=_WORD))[1]


def _told(one: _Example, limits: Limits) -> Status:
    return standing(one.clause_id, one.clues, one.group, limits).status


def _agreed(told: Sequence[tuple[_Example, Status]]) -> Agreed:
    seen = Counter((one.votes[0], said) for one, said in told if one.agreed)
    each = [said == vote for one, said in told for vote in one.votes]
    right = sum(count for (truth, said), count in seen.items() if truth == said)
    cases = len({one.case_id for one, _ in told})
    return Agreed(right / max(1, sum(seen.values())), sum(seen.values()), cases, float(np.mean(each)), dict(seen))


_LOOSE = Limits(0.3, 0.05, 0.8, 1.0, 2, 0, "")  # words are looked up for every ground that some limit might support


def _varied(limits: Limits, **choices: Sequence[float]) -> list[Limits]:
    names = tuple(choices)
    return [replace(limits, **dict(zip(names, values, strict=True))) for values in product(*choices.values())]  # type: ignore[arg-type]


def _right(examples: Sequence[_Example], limits: Limits) -> float:
    """Return the share of examples on which people agree whose status is theirs."""
    return _agreed([(one, _told(one, limits)) for one in examples]).share


def _f1(examples: Sequence[_Example], limits: Limits) -> float:
    told = [_told(one, limits) == "supported" for one in examples]
    labelled = [one.votes[0] == "supported" for one in examples]
    both = sum(a and b for a, b in zip(told, labelled, strict=True))
    return 2 * both / max(1, sum(told) + sum(labelled))
