"""Fitting the limits of the picture on statuses that two passes gave, and counting how often it agrees with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from data.cases import CASES, read_cases
from data.conditions import CHECKED, TRAIN, read_conditions
from data.errors import InputError
from data.logic import Group, load_logic
from data.schema import Case, Status
from retrieval.matcher import Matcher
from retrieval.picture import STATUSES, Clues, Painter, features, standing
from retrieval.picture_limits import Limits, read_limits

__all__ = ["Agreed", "agreement", "fit_limits", "report"]

_GROUND = (0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6)
_AGAINST = 2


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


def fit_limits(matcher: Matcher, path: Path = TRAIN) -> Limits:
    """Return weights fitted on the statuses in `path`, and the limit that agrees best with the labels of the development split.

    Raises InputError for fewer than 20 cases.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    examples = [one for one in _conditions(matcher, path) if one.clues.odds is not None]
    cases = {one.case_id for one in examples}
    if len(cases) < 20:
        raise InputError(f"只有 {len(cases)} 条案例，确定界限至少需要 20 条。")
    values = np.stack([features(one.clues.odds or 0.0, one.clues.contrary, one.clues.words) for one in examples])
    truth = [STATUSES.index(one.votes[0]) for one in examples]
    scale, model = make_pipeline(StandardScaler(), LogisticRegression(C=0.3, max_iter=2000)).fit(values, truth)
    weights = model.coef_ / scale.scale_
    offsets = model.intercept_ - weights @ scale.mean_
    numbers = (tuple(tuple(map(float, row)) for row in weights), tuple(map(float, offsets)))
    limits = Limits(_GROUND[0], _AGAINST, *numbers, len(cases), matcher.scorer.encoder.digest)
    grounds = [one for case in read_cases(CASES / "dev.jsonl") for one in _grounds(matcher, case)]
    return max((replace(limits, ground=ground) for ground in _GROUND), key=lambda found: _f1(grounds, found))


def agreement(matcher: Matcher, path: Path = CHECKED, limits: Limits | None = None) -> Agreed:
    """Return how often the picture agrees with the statuses of `path` (the checked conditions of dev cases)."""
    limits = limits or Painter(matcher).limits
    return _agreed([(one, _told(one, limits)) for one in _conditions(matcher, path)])


def report(limits: Limits, agreed: Agreed) -> str:
    """Return what was fitted and how well it agrees, for the terminal."""
    pairs = "".join(f"  {truth:>12} -> {said:<12} {count}\n" for (truth, said), count in sorted(agreed.seen.items()))
    return (
        f"{limits}\n"
        f"agreement {agreed.share:.3f} (n={agreed.count} conditions of {agreed.cases} cases on which both passes agree; "
        f"{agreed.passes:.3f} with single passes)\n{pairs}"
    )


def _conditions(matcher: Matcher, path: Path) -> list[_Example]:
    narratives = {case.id: case for split in ("dev", "train") for case in read_cases(CASES / f"{split}.jsonl")}
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
    loose = replace(read_limits(), ground=0.05)  # words are looked up for every ground that some limit might support
    return Painter(matcher, loose).clues(case.narrative, case.region, scores)


def _told(one: _Example, limits: Limits) -> Status:
    return standing(one.clause_id, one.clues, one.group, limits).status


def _agreed(told: Sequence[tuple[_Example, Status]]) -> Agreed:
    seen = Counter((one.votes[0], said) for one, said in told if one.agreed)
    each = [said == vote for one, said in told for vote in one.votes]
    right = sum(count for (truth, said), count in seen.items() if truth == said)
    cases = len({one.case_id for one, _ in told})
    return Agreed(right / max(1, sum(seen.values())), sum(seen.values()), cases, float(np.mean(each)), dict(seen))


def _f1(examples: Sequence[_Example], limits: Limits) -> float:
    told = [_told(one, limits) == "supported" for one in examples]
    labelled = [one.votes[0] == "supported" for one in examples]
    both = sum(a and b for a, b in zip(told, labelled, strict=True))
    return 2 * both / max(1, sum(told) + sum(labelled))
